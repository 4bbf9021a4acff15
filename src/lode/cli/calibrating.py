"""`lode calibrate`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from lode.cli.output import console, emit_json, print_table, write_page
from lode.evaluation.page.calibration import calibration_page, points
from lode.settings import load_settings
from lode.workflow.calibration import PLANTED, Calibration, calibrate
from lode.workflow.context import open_context
from lode.workflow.local import LocalExecutor
from lode.workflow.options import MiningOptions, Neutralize


def calibrate_command(
    *,
    snapshot: str | None = None,
    markets: int = 50,
    candidates: int = 500,
    planted: Annotated[bool, Parameter(negative="")] = False,
    plant: str = PLANTED,
    seed: int = 0,
    searcher: str = "genetic",
    horizon: int = 1,
    delay: int = 1,
    splits: str = "60/20/20",
    alpha: float = 0.05,
    neutralize: Neutralize = "none",
    min_names: int = 10,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
    html: Path | None = None,
) -> None:
    """Measure how often the whole procedure finds a factor on markets that have none. Ledger and vault are untouched.

    Example: lode calibrate --markets 100 --planted --html calibration.html

    Parameters
    ----------
    snapshot
        Id of the snapshot that the markets are made of; the latest when absent.
    markets
        Number of markets without a factor, and with --planted of each strength.
    candidates
        Expressions that the search of each market scores.
    planted
        Also measure the power: how often a factor of a mean daily rank IC of .01 to .08 is found.
    plant
        The formula that is planted.
    seed
        The same seed gives the same report.
    searcher
        As of `lode mine`, and so are the six below.
    horizon
        Sessions over which a forward return runs.
    delay
        Sessions from a value to its trade.
    splits
        Shares of train, validation and vault, in per cent.
    alpha
        Chance of a false discovery that the procedure states.
    neutralize
        What is taken out of every value before it is scored.
    min_names
        Fewest names of a session that counts.
    as_json
        Print one JSON object.
    html
        Also write the report as a page with its picture to this file.
    """
    options = MiningOptions(
        candidates=candidates,
        searcher=searcher,
        shards=1,
        seed=seed,
        horizon=horizon,
        delay=delay,
        splits=splits,
        alpha=alpha,
        neutralize=neutralize,
        min_names=min_names,
    )
    asked, settings = Calibration(markets, options, plant if planted else ""), load_settings()
    with open_context(settings) as context, LocalExecutor(settings) as workers:
        report = calibrate(context, workers, asked, snapshot=snapshot)
    _tell(report, html, as_json=as_json)


def _tell(report: dict[str, Any], html: Path | None, *, as_json: bool) -> None:
    if html is not None:
        write_page(html, calibration_page(report))
    if as_json:
        emit_json(report)
    else:
        _print(report)


def _print(report: dict[str, Any]) -> None:
    false = report["false_discoveries"]
    console().print(
        f"{report['markets']:,} markets without a factor, made of snapshot {report['snapshot']} "
        f"({report['sessions']:,} sessions × {report['names']:,} names), {report['candidates']:,} candidates each.\n"
        f"{false['hits']} of them report a discovery: {false['rate']:.1%}, 95 % interval {_span(false)}; "
        f"stated is at most {report['stated_rate']:.1%}.",
        markup=False,
    )
    checks = [[name, *_check(check)] for name, check in report["checks"].items()]
    print_table("factors without content", ["factor", "median |t|", "largest |t|", "|t| > 1.96", "null"], checks)
    if report["power"]:
        rows = [[f"{p['rank_ic']:g}", p["daily_std"], f"{p['rate']:.1%}", _span(p)] for p in points(report)[1:]]
        print_table(f"power: {report['planted']}", ["rank IC", "daily deviation", "found", "95 % interval"], rows)


def _check(check: dict[str, Any]) -> list[object]:
    above = check["above_1.96"]
    words = {True: "yes", False: "no", None: "not known"}[check["passed"]]
    share = f"{above['rate']:.1%} ({_span(above)})" if above else None
    return [check["median_abs_t"], check["largest_abs_t"], share, words]


def _span(rate: Mapping[str, Any]) -> str:
    low, high = rate["interval"]
    return f"{low:.1%} to {high:.1%}"
