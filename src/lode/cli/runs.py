"""`lode runs` and `lode workflow`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import cyclopts
import polars as pl

from lode.cli.output import AsJson, emit_json, print_table, rows_of
from lode.lake import open_lake
from lode.settings import load_settings
from lode.warehouse import open_warehouse
from lode.warehouse.stores.runs import list_runs, read_run, read_steps
from lode.workflow.alive import with_stopped
from lode.workflow.search_record import read_search_record

_SHOWN_OPERATORS = 15
runs_app = cyclopts.App(name="runs", help="What ran, how far it is, what it took. Example: lode runs list")
workflow_app = cyclopts.App(name="workflow", help="The workflow as a state machine. Example: lode workflow render")


@runs_app.command(name="list")
def list_command(*, as_json: AsJson = False) -> None:
    """List the runs, the newest first; one whose process is gone is stopped. Example: lode runs list --json"""
    settings = load_settings()
    with open_warehouse(settings, access="read") as warehouse:
        found = with_stopped(list_runs(warehouse), warehouse, open_lake(settings))
    if as_json:
        emit_json({"runs": rows_of(found)})
        return
    columns = ["run", "state", "source", "universe", "trials", "proven", "refused", "started", "message"]
    print_table(f"{found.height} runs", columns, found.select(columns).iter_rows())


@runs_app.command(name="show")
def show_command(run: str, *, as_json: AsJson = False) -> None:
    """Show a run and its steps. Example: lode runs show 3f2a0c11d2e4b5a6

    Parameters
    ----------
    run
        Id of the run.
    """
    settings = load_settings()
    with open_warehouse(settings, access="read") as warehouse:
        record, steps = asdict(read_run(warehouse, run)), read_steps(warehouse, run)
        told = pl.DataFrame({name: [record[name]] for name in ("run", "state", "message")})
        lake = open_lake(settings)
        record |= with_stopped(told, warehouse, lake).row(0, named=True)
        search = read_search_record(lake, run)
    if as_json:
        emit_json(record | {"settings": json.loads(record["settings"]), "steps": rows_of(steps), "search": search})
        return
    print_table(f"run {run}", ["what", "value"], [(k, v) for k, v in record.items() if k not in {"settings", "run"}])
    columns = ["step", "shard", "state", "attempts", "started", "ended", "rows", "cpu_seconds", "peak_memory", "error"]
    print_table("steps", columns, steps.select(columns).iter_rows())
    if search:
        _print_search(search)


def _print_search(search: dict[str, Any]) -> None:
    better = [[step["trial"], step["t"], step["expression"]] for step in search["best_over_trials"]]
    print_table("best over trials, on train", ["trial", "|t|", "expression"], better)
    made = [[row[name] for name in ("operation", "trials", "finalists", "best_t")] for row in search["operations"]]
    print_table("what made the trials", ["operation", "trials", "finalists", "best |t|"], made)
    told = search["operators"][:_SHOWN_OPERATORS]
    brought = [[row[name] for name in ("operator", "trials", "finalists", "lift")] for row in told]
    print_table("operators", ["operator", "trials", "finalists", "lift"], brought)


@workflow_app.command
def render() -> None:
    """Print the state machine in Amazon States Language, as deployed. Example: lode workflow render > machine.json"""
    from lode.workflow.machine import render as rendered  # noqa: PLC0415  needed by this command alone

    emit_json(rendered())
