"""`lode snapshot` and `lode sql`."""

from __future__ import annotations

import re
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Literal

from cyclopts import Parameter

from lode.cli.output import AsJson, console, emit_json, print_table
from lode.errors import UsageError
from lode.settings import load_settings
from lode.warehouse import open_warehouse
from lode.workflow.collecting import collect, validate
from lode.workflow.context import open_context
from lode.workflow.freezing import Selection, freeze

_FORMAT = re.compile(r"\bFORMAT\s+\w+\s*;?\s*$", re.IGNORECASE)


def snapshot_command(
    *,
    source: str | None = None,
    universe: str | None = None,
    start: str | None = None,
    end: str | None = None,
    as_of: datetime | None = None,
    as_json: AsJson = False,
) -> None:
    """Freeze what the warehouse knew at a time into a panel. Example: lode snapshot --source mine --start 2013-01-01

    Parameters
    ----------
    source
        Name of an imported or collected source; the only one when absent.
    universe
        dow30, nasdaq100, sp500, top:N (the most traded names, month by month), a universe that was imported, a file
        with one symbol a line, or symbols separated by commas; the whole source when absent.
    start
        First session, ISO date.
    end
        Last session, ISO date.
    as_of
        Only what was known at this time (UTC); now when absent.
    """
    with open_context(load_settings()) as context:
        request = {"source": source, "universe": universe, "start": start, "end": end, "stored": True}
        event = collect(validate(request, context), context)
        moment = as_of.replace(tzinfo=as_of.tzinfo or UTC) if as_of else context.clock()
        record = freeze(context, Selection.from_event(event["selection"]), moment)
    shown = asdict(record) | {"meta": record.details}
    if as_json:
        emit_json(shown)
    else:
        print_table(f"snapshot {record.snapshot}", ["what", "value"], [(k, v) for k, v in shown.items() if k != "meta"])
        for note in record.details.get("notes", ()):
            console().print(note, markup=False)


def sql_command(
    query: str, *, output: Annotated[Literal["table", "csv", "json"], Parameter(name="--format")] = "table"
) -> None:
    """Run a read-only query on the warehouse. Example: lode sql "SELECT count() FROM trials"

    Parameters
    ----------
    query
        One ClickHouse statement.
    output
        table, csv or json.
    """
    if found := _FORMAT.search(query):
        msg = f"the query ends with `{found[0].strip()}`: leave that out and give --format table, csv or json"
        raise UsageError(msg)
    with open_warehouse(load_settings(), access="read") as warehouse:
        text = warehouse.query_text(query, output)
    sys.stdout.write(text if text.endswith("\n") or not text else text + "\n")
