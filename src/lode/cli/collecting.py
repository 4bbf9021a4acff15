"""`lode collect` and `lode import`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import cyclopts
from cyclopts import Parameter

from lode.cli.output import console, emit_json, print_table
from lode.collect.ingest import Report
from lode.collect.repairs import undo_repairs
from lode.errors import CollectError, DataError, UsageError
from lode.settings import load_settings
from lode.workflow.collecting import import_file
from lode.workflow.collectors import collect_factors, collect_registered, collect_universe, reparse_from, try_live
from lode.workflow.context import open_context
from lode.workflow.own_data import import_facts_file, import_members_file

AsJson = Annotated[bool, Parameter(name="--json", negative="", help="Print one JSON object.")]
collect_app = cyclopts.App(
    name="collect", help="Collect from sources outside. Example: lode collect market --universe dow30"
)
import_app = cyclopts.App(name="import", help="Bring your own files in. Example: lode import bars prices.parquet")


Since = Annotated[date | None, Parameter(help="First day to collect; the collector's own beginning when absent.")]
Until = Annotated[date | None, Parameter(help="Last day to collect; the present when absent.")]
Again = Annotated[
    bool,
    Parameter(
        name="--reparse", negative="", help="Parse all that was ever fetched again, from the lake; fetch nothing."
    ),
]
Live = Annotated[
    bool,
    Parameter(
        negative="",
        help="Try the real site: collect the first symbol into a home that is thrown away, and show what came.",
    ),
]
_UNIVERSE = "dow30, nasdaq100, sp500, a file with one symbol a line, or symbols separated by commas."
Universe = Annotated[str | None, Parameter(help=_UNIVERSE)]


@collect_app.command
def market(
    *,
    universe: Universe = None,
    since: Since = None,
    until: Until = None,
    source: Literal["yahoo", "yfinance"] = "yahoo",
    reparse: Again = False,
    live: Live = False,
    as_json: AsJson = False,
) -> None:
    """Collect daily bars, splits and dividends from Yahoo Finance. Example: lode collect market --universe AAPL,MSFT

    Parameters
    ----------
    source
        Which client asks Yahoo: our own of its chart endpoint, or the package yfinance; each is a source of its own.
    """
    collectors = ["market" if source == "yahoo" else source]
    _collect(collectors, universe, (since, until), reparse=reparse, live=live, as_json=as_json)


@collect_app.command
def filings(
    *,
    universe: Universe = None,
    since: Since = None,
    until: Until = None,
    reparse: Again = False,
    live: Live = False,
    as_json: AsJson = False,
) -> None:
    """Collect filings, facts and documents from the SEC. Example: lode collect filings --universe AAPL,MSFT

    Needs LODE_SEC_CONTACT, the name and e-mail address that the SEC asks of every program. Facts are of all time;
    documents are those filed since `--since`, three years ago when absent.
    """
    _collect(["filings"], universe, (since, until), reparse=reparse, live=live, as_json=as_json)


@collect_app.command
def news(
    *,
    universe: Universe = None,
    since: Since = None,
    until: Until = None,
    reparse: Again = False,
    live: Live = False,
    as_json: AsJson = False,
) -> None:
    """Search the web for news of each symbol. Example: lode collect news --universe AAPL,MSFT

    LODE_NEWS_PROVIDER says who searches: ddgs (no key), tavily (LODE_TAVILY_KEY) or searxng (LODE_SEARXNG_URL).
    """
    _collect(["news"], universe, (since, until), reparse=reparse, live=live, as_json=as_json)


@collect_app.command(name="all")
def everything(
    *,
    universe: Universe = None,
    since: Since = None,
    until: Until = None,
    reparse: Again = False,
    live: Live = False,
    as_json: AsJson = False,
) -> None:
    """Collect market, filings and news, one after the other. Example: lode collect all --universe dow30"""
    _collect(["market", "filings", "news"], universe, (since, until), reparse=reparse, live=live, as_json=as_json)


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


def _collect(
    collectors: Sequence[str],
    universe: str | None,
    days: tuple[date | None, date | None],
    *,
    reparse: bool,
    live: bool,
    as_json: bool,
) -> None:
    settings = load_settings()
    if reparse:
        if universe is not None or live:
            raise UsageError("--reparse takes everything that was ever fetched: leave --universe and --live out")
        with open_context(settings) as context:
            reports = {name: reparse_from(name, context) for name in collectors}
    elif universe is None:
        raise UsageError(f"--universe is missing: {_UNIVERSE}")
    elif live:
        reports = try_live(collectors, universe, settings)
    else:
        reports = collect_universe(collectors, universe, settings, since=days[0], until=days[1])
    _show(reports, as_json=as_json)


def _show(reports: Mapping[str, Report], *, as_json: bool) -> None:
    """Print what was collected, unchanged, refused and failed; exit code 1 where a symbol failed."""
    told = {name: {**asdict(report), "failures": report.failures} for name, report in reports.items()}
    if as_json:
        emit_json(next(iter(told.values())) if len(told) == 1 else told)
    else:
        for name, report in reports.items():
            print_report(name, report)
    failed = {f"{name} {subject}" for name, report in reports.items() for subject in report.failed}
    if failed:
        msg = f"{len(failed)} failed, see above; run the same command again for what is missing"
        raise CollectError(msg)


@import_app.command
def bars(
    path: Path,
    *,
    source: str | None = None,
    adjusted: Annotated[bool, Parameter(negative="")] = False,
    known_at: datetime | None = None,
    repair: Annotated[list[str] | None, Parameter(negative="")] = None,
    as_json: AsJson = False,
) -> None:
    """Import daily bars from CSV or Parquet. Example: lode import bars prices.parquet --source mine

    Columns: symbol, date, open, high, low, close, volume, optionally adj_close and knowledge_time; close alone is
    enough. A row that breaks a rule goes to the quarantine with its reason.

    Parameters
    ----------
    path
        The file.
    source
        Name of the source; the file's name when absent.
    adjusted
        The prices were adjusted for splits and dividends before they came.
    known_at
        When the file was taken (UTC), a collector's snapshot say: rows without a knowledge time were known then.
    repair
        A repair rule to apply after the import, minor_unit or decimal_slip; may be given again. What came stays as an
        earlier version, and `lode import undo-repairs` lets it stand again.
    """
    taken = known_at.replace(tzinfo=known_at.tzinfo or UTC) if known_at else None
    with open_context(load_settings()) as context:
        report = import_file(path, context, source=source, adjusted=adjusted, known_at=taken, repairs=repair or ())
    _tell(asdict(report), as_json=as_json)


@import_app.command(name="undo-repairs")
def undo(source: str, *, as_json: AsJson = False) -> None:
    """Let what came stand again where a repair rule changed a bar. Example: lode import undo-repairs mine

    Parameters
    ----------
    source
        Name of the source.
    """
    with open_context(load_settings()) as context:
        undone = undo_repairs(context.warehouse, source=source, at=context.clock())
    _tell({"source": source, "undone": undone}, as_json=as_json)


@import_app.command
def facts(path: Path, *, source: str | None = None, as_json: AsJson = False) -> None:
    """Import fundamental facts from CSV or Parquet. Example: lode import facts fundamentals.parquet --source mine

    Columns: symbol or cik, period_end, and knowledge_time (or accepted, or filed); either concept, unit and value, a
    row a fact, or a column per statement item (revenue, net_income, …), a row a filing.

    Parameters
    ----------
    path
        The file.
    source
        Name of the source; the file's name when absent.
    """
    with open_context(load_settings()) as context:
        report = import_facts_file(path, context, source=source)
    _tell(asdict(report), as_json=as_json)


@import_app.command
def members(path: Path, *, source: str | None = None, as_json: AsJson = False) -> None:
    """Import who belonged to a universe when, from CSV or Parquet. Example: lode import members spells.csv

    Columns: symbol, first_session, last_session (empty while it goes on) and, optionally, universe; without it the
    source is the universe.

    Parameters
    ----------
    path
        The file.
    source
        Name of the source; the file's name when absent.
    """
    with open_context(load_settings()) as context:
        report = import_members_file(path, context, source=source)
    _tell(asdict(report), as_json=as_json)


def _tell(report: dict[str, Any], *, as_json: bool) -> None:
    """Print what an import did; DataError, exit code 1, where no row of the file could be kept."""
    if as_json:
        emit_json(report)
    else:
        _print_import(report)
    if report.get("rows") and not report["kept"]:
        msg = f"no row of {report['path']} was kept; correct what the quarantine says of them and import it again"
        raise DataError(msg)


def _print_import(report: dict[str, Any]) -> None:
    single = {name: value for name, value in report.items() if not isinstance(value, (dict, tuple))}
    if ignored := report.get("ignored"):
        single["ignored"] = ", ".join(name or "(no name)" for name in ignored)
    print_table("import", ["what", "value"], single.items())
    for name, entries in report.items():
        if isinstance(entries, dict) and entries:
            print_table(name, ["what", "value"], entries.items())
    for note in report.get("notes", ()):
        console().print(note, markup=False)
    if report.get("quarantined"):
        query = f"SELECT reason, row_json FROM quarantine WHERE batch = '{report['batch']}' LIMIT 10"  # noqa: S608  printed
        console().print(f'The refused rows: lode sql "{query}"', markup=False, soft_wrap=True)


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
    if report.failed:
        print_table("failed", ["subject", "reason"], sorted(report.failed.items()))
    if report.behind:
        print_table("behind", ["subject", "last session"], sorted(report.behind.items()))
    for note in report.notes:
        console().print(note, markup=False)
