"""`lode collect`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Annotated, Literal

import cyclopts
from cyclopts import Parameter

from lode.cli.output import AsJson, console, emit_json, print_table
from lode.collect.report import Report
from lode.errors import CollectError, UsageError
from lode.settings import load_settings
from lode.workflow.collectors import collect_factors, collect_registered, collect_universe, reparse_from, try_live
from lode.workflow.context import open_context

collect_app = cyclopts.App(
    name="collect", help="Collect from sources outside. Example: lode collect market --universe dow30"
)

_UNIVERSE = "dow30, nasdaq100, sp500, a file with one symbol a line, or symbols separated by commas."
Again = Annotated[
    bool,
    Parameter(
        name="--reparse", negative="", help="Parse all that was ever fetched again, from the lake; fetch nothing."
    ),
]
Universe = Annotated[str | None, Parameter(help=_UNIVERSE)]
Since = Annotated[date | None, Parameter(help="First day to collect; the collector's own beginning when absent.")]
Until = Annotated[date | None, Parameter(help="Last day to collect; the present when absent.")]


@dataclass(frozen=True)
class Asked:
    """What every collector is asked: whose rows, of which days, and from where."""

    universe: Universe = None
    since: Since = None
    until: Until = None
    reparse: Again = False
    live: Annotated[
        bool,
        Parameter(
            negative="",
            help="Try the real site: collect the first symbol into a home that is thrown away, and show what came.",
        ),
    ] = False


Options = Annotated[Asked, Parameter(name="*")]
_ALL = Asked()


@collect_app.command
def market(
    *,
    asked: Options = _ALL,
    source: Literal["yahoo", "yfinance"] = "yahoo",
    as_json: AsJson = False,
) -> None:
    """Collect daily bars, splits and dividends from Yahoo Finance. Example: lode collect market --universe AAPL,MSFT

    Parameters
    ----------
    source
        Which client asks Yahoo: our own of its chart endpoint, or the package yfinance; each is a source of its own.
    """
    collectors = ["market" if source == "yahoo" else source]
    _collect(collectors, asked, as_json=as_json)


@collect_app.command
def filings(*, asked: Options = _ALL, as_json: AsJson = False) -> None:
    """Collect filings, facts and documents from the SEC. Example: lode collect filings --universe AAPL,MSFT

    Needs LODE_SEC_CONTACT, the name and e-mail address that the SEC asks of every program. Facts are of all time;
    documents are those filed since `--since`, three years ago when absent.
    """
    _collect(["filings"], asked, as_json=as_json)


@collect_app.command
def news(*, asked: Options = _ALL, as_json: AsJson = False) -> None:
    """Search the web for news of each symbol. Example: lode collect news --universe AAPL,MSFT

    LODE_NEWS_PROVIDER says who searches: ddgs (no key), tavily (LODE_TAVILY_KEY) or searxng (LODE_SEARXNG_URL).
    """
    _collect(["news"], asked, as_json=as_json)


@collect_app.command(name="all")
def everything(*, asked: Options = _ALL, as_json: AsJson = False) -> None:
    """Collect market, filings and news, one after the other. Example: lode collect all --universe dow30"""
    _collect(["market", "filings", "news"], asked, as_json=as_json)


@collect_app.command
def own(
    name: str,
    *,
    universe: Universe = None,
    since: Since = None,
    until: Until = None,
    reparse: Again = False,
    as_json: AsJson = False,
) -> None:
    """Collect from a source of your own. Example: lode collect own house_feed --universe AAPL,MSFT

    Parameters
    ----------
    name
        Its entry point in the group lode.collectors; the package that registers it runs as your own code.
    """
    if reparse == (universe is not None):
        raise UsageError(
            f"give either --reparse, which takes everything that was ever fetched, or --universe: {_UNIVERSE}"
        )
    settings = load_settings()
    with open_context(settings) as context:
        report = collect_registered(name, universe, context, since=since, until=until)
    _show({name: report}, as_json=as_json)


@collect_app.command
def factors(*, reparse: Again = False, as_json: AsJson = False) -> None:
    """Fetch the Fama/French factors from their library. Example: lode collect factors"""
    with open_context(load_settings()) as context:
        report = reparse_from("factors", context) if reparse else collect_factors(context)
    _show({"factors": report}, as_json=as_json)


def _collect(collectors: Sequence[str], asked: Asked, *, as_json: bool) -> None:
    settings = load_settings()
    if asked.reparse:
        if asked.universe is not None or asked.live:
            raise UsageError("--reparse takes everything that was ever fetched: leave --universe and --live out")
        with open_context(settings) as context:
            reports = {name: reparse_from(name, context) for name in collectors}
    elif asked.universe is None:
        raise UsageError(f"--universe is missing: {_UNIVERSE}")
    elif asked.live:
        reports = try_live(collectors, asked.universe, settings)
    else:
        reports = collect_universe(collectors, asked.universe, settings, since=asked.since, until=asked.until)
    _show(reports, as_json=as_json)


def _show(reports: Mapping[str, Report], *, as_json: bool) -> None:
    """Print what was collected, unchanged, refused and failed; exit code 1 where a symbol failed."""
    told = {name: {**asdict(report), "failures": report.failures} for name, report in reports.items()}
    if as_json:
        emit_json(next(iter(told.values())) if len(told) == 1 else told)
    else:
        for name, report in reports.items():
            print_report(name, report)
    if stopped := [f"{name}: {report.stopped}" for name, report in reports.items() if report.stopped]:
        raise CollectError("; ".join(stopped))
    failed = {f"{name} {subject}" for name, report in reports.items() for subject in report.failed}
    if failed:
        msg = f"{len(failed)} failed, see above; run the same command again for what is missing"
        raise CollectError(msg)


def print_report(name: str, report: Report) -> None:
    """Print a report for a reader: counts, then what was refused, what failed and what to know."""
    counts = {
        "subjects": report.subjects,
        "collected": len(report.collected),
        "unchanged": len(report.unchanged),
        "nothing there": len(report.empty),
        "failed": report.failures,
        "rows": report.rows,
        "requests": report.requests,
        "throttled": report.throttled,
    }
    print_table(f"collected: {name}", ["what", "count"], counts.items())
    if report.refused:
        print_table("quarantined", ["reason", "rows"], report.refused.items())
    if report.failed and not report.stopped:  # else they failed for one reason, which the error tells
        print_table("failed", ["subject", "reason"], sorted(report.failed.items()))
    if report.behind:
        print_table("behind", ["subject", "last session"], sorted(report.behind.items()))
    for note in report.notes:
        console().print(note, markup=False)
