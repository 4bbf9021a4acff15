"""`lode import`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import cyclopts
from cyclopts import Parameter

from lode.cli.output import AsJson, console, emit_json, print_table
from lode.collect.repairs import undo_repairs
from lode.errors import DataError
from lode.settings import load_settings
from lode.workflow.collecting import import_file
from lode.workflow.context import open_context
from lode.workflow.own_data import import_facts_file, import_members_file

import_app = cyclopts.App(name="import", help="Bring your own files in. Example: lode import bars prices.parquet")


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
def facts(path: Path, *, source: str | None = None, unit: str | None = None, as_json: AsJson = False) -> None:
    """Import fundamental facts from CSV or Parquet. Example: lode import facts fundamentals.parquet --source mine

    Columns: symbol or cik, period_end, and knowledge_time (or accepted, or filed); either concept, unit and value, a
    row a fact, or a column per statement item (revenue, net_income, …), a row a filing.

    Parameters
    ----------
    path
        The file.
    source
        Name of the source; the file's name when absent.
    unit
        Currency of values for which the file has no unit, as the prices name it; USD when absent and no price of its
        companies is in another.
    """
    with open_context(load_settings()) as context:
        report = import_facts_file(path, context, source=source, unit=unit)
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
