"""`lode collect` and `lode import`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import cyclopts
from cyclopts import Parameter

from lode.cli.output import emit_json, print_table
from lode.errors import CollectError
from lode.settings import load_settings
from lode.workflow.collecting import collect_symbols, import_file
from lode.workflow.context import open_context

AsJson = Annotated[bool, Parameter(name="--json", negative="", help="Print one JSON object.")]
collect_app = cyclopts.App(
    name="collect", help="Collect from sources outside. Example: lode collect market --universe dow30"
)
import_app = cyclopts.App(name="import", help="Bring your own files in. Example: lode import bars prices.parquet")


@collect_app.command
def market(*, universe: str, since: date | None = None, until: date | None = None, as_json: AsJson = False) -> None:
    """Collect daily bars, splits and dividends from Yahoo Finance. Example: lode collect market --universe AAPL,MSFT

    Parameters
    ----------
    universe
        dow30, sp500, a file with one symbol a line, or symbols separated by commas.
    since
        First session to keep.
    until
        Last session to keep.
    """
    with open_context(load_settings()) as context:
        report = asdict(collect_symbols(universe, context, since=since, until=until))
    if as_json:
        emit_json(report)
    else:
        print_table("collected from Yahoo Finance", ["what", "value"], report.items())
    if report["failed"]:
        msg = f"{len(report['failed'])} symbols failed, see above; run the same command again for what is missing"
        raise CollectError(msg)


@import_app.command
def bars(
    path: Path,
    *,
    source: str | None = None,
    adjusted: Annotated[bool, Parameter(negative="")] = False,
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
    """
    with open_context(load_settings()) as context:
        report = import_file(path, context, source=source, adjusted=adjusted)
    if as_json:
        emit_json(asdict(report))
    else:
        _print_import(asdict(report))


def _print_import(report: dict[str, Any]) -> None:
    flat = [(k, v) for k, v in report.items() if not isinstance(v, dict)]
    print_table("import", ["what", "value"], flat)
    for name in ("quarantined", "missing"):
        print_table(name, ["reason" if name == "quarantined" else "field", "rows"], report[name].items())
