"""`lode evaluate`, `lode compute` and `lode factors`."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import cyclopts
from cyclopts import Parameter

from lode.cli.output import AsJson, console, emit_json, print_table, rows_of, write_page
from lode.errors import UsageError
from lode.evaluation import Sheet, SheetOptions
from lode.settings import load_settings
from lode.warehouse import open_warehouse
from lode.warehouse.stores.factors import list_factors, read_evidence, read_factor, record_factors
from lode.warehouse.stores.runs import read_run
from lode.workflow.context import Context, open_context
from lode.workflow.manual import compute_to_file, evaluate_by_hand
from lode.workflow.own_values import evaluate_values
from lode.workflow.sheets import make_sheet

Options = Annotated[SheetOptions, Parameter(name="*")]
_STATES = ("candidate", "proven", "refused", "retired")
factors_app = cyclopts.App(name="factors", help="Factors and what is known of them. Example: lode factors list")


def evaluate_command(
    expression: str | None = None,
    *,
    values: Path | None = None,
    snapshot: str | None = None,
    options: Options = SheetOptions(),  # noqa: B008  frozen
    as_json: AsJson = False,
    html: Path | None = None,
) -> None:
    """Print the evidence sheet of a formula on train and validation; never the vault. The try enters the ledger.

    Example: lode evaluate "rank(-ts_delta(close, 5))" --neutralize sector --html sheet.html

    Parameters
    ----------
    expression
        A formula (also in qlib's or AlphaGen's syntax), the id of a factor, or the name of one in the library.
    values
        Instead of a formula: a CSV or Parquet file of session, symbol, value that was computed elsewhere.
    snapshot
        Id of the snapshot; the latest when absent.
    html
        Also write the sheet, with pictures, to this file.
    """
    if (expression is None) == (values is None):
        raise UsageError("give either EXPRESSION or --values FILE; see `lode evaluate --help`")
    with open_context(load_settings()) as context:
        sheet = _judged(expression, values, context, snapshot, options)
    if html is not None:
        write_page(html, sheet.to_html())
    if as_json:
        emit_json(sheet.to_dict())
    else:
        console().print(str(sheet), markup=False)


def _judged(
    expression: str | None, values: Path | None, context: Context, snapshot: str | None, options: SheetOptions
) -> Sheet:
    if values is not None:
        return evaluate_values(values, context, snapshot=snapshot, options=options)
    return evaluate_by_hand(expression or "", context, snapshot=snapshot, options=options)


def compute_command(expression: str, *, snapshot: str | None = None, out: Path, memory: float | None = None) -> None:
    """Write values to a Parquet file: session, symbol, value, or of several library factors one column each.

    Example: lode compute "rank(close)" --snapshot 3f2a --out values.parquet

    Parameters
    ----------
    expression
        A formula, the id of a factor, or names of the library: `size`, `valuation.sales_to_price`, a family, `library`.
    snapshot
        Id of the snapshot; the latest when absent.
    out
        The file to write; it appears when it is complete.
    memory
        Most gigabytes that the process uses; LODE_MEMORY, 2, when absent.
    """
    settings = load_settings() if memory is None else load_settings(memory=memory)
    with open_context(settings) as context:
        rows = compute_to_file(expression, context, snapshot=snapshot, out=out)
    console().print(f"{rows:,} values written to {out}", markup=False)


@factors_app.command(name="list")
def list_command(*, state: str | None = None, run: str | None = None, as_json: AsJson = False) -> None:
    """List factors, the proven ones first. Example: lode factors list --state proven

    Parameters
    ----------
    state
        candidate, proven, refused or retired; all when absent.
    run
        Only this run's.
    """
    if state is not None and state not in _STATES:
        msg = f"--state {state!r}: allowed are {', '.join(_STATES)}"
        raise UsageError(msg)
    with open_warehouse(load_settings(), access="read") as warehouse:
        found = list_factors(warehouse, state=state, run=run)
        if run is not None and found.is_empty():
            read_run(warehouse, run)  # raises where there is no such run, rather than show that it has no factor
    if as_json:
        emit_json({"factors": rows_of(found)})
        return
    columns = [
        "factor",
        "state",
        "expression",
        "train_rank_ic",
        "train_t",
        "validation_rank_ic",
        "validation_q",
        "vault_p",
        "run",
    ]
    print_table(f"{found.height} factors", columns, found.select(columns).iter_rows())


@factors_app.command(name="show")
def show_command(factor: str, *, as_json: AsJson = False) -> None:
    """Show a factor and its evidence. Example: lode factors show 9c1e

    Parameters
    ----------
    factor
        Id of the factor, or its first characters.
    """
    with open_warehouse(load_settings(), access="read") as warehouse:
        records = read_factor(warehouse, factor)
        evidence = {record.run: read_evidence(warehouse, record.factor, record.run) for record in records}
    if as_json:
        runs = [asdict(record) | {"evidence": rows_of(evidence[record.run])} for record in records]
        emit_json({"factor": records[0].factor, "expression": records[0].expression, "runs": runs})
        return
    for record in records:
        print_table(f"factor {record.factor}", ["what", "value"], asdict(record).items())
        print_table(
            f"evidence of run {record.run}",
            ["split", "metric", "value", "low", "high"],
            evidence[record.run].iter_rows(),
        )


@factors_app.command(name="sheet")
def sheet_command(factor: str, *, run: str = "", as_json: AsJson = False) -> None:
    """Make the evidence sheet of a finalist, and keep it for the dashboard. Example: lode factors sheet 9c1e

    It covers train and validation, and the vault where that was opened for the factor. A sheet that a run kept is
    made once: again changes nothing.

    Parameters
    ----------
    factor
        Id of the factor, or its first characters.
    run
        The run that judged it; the newest when absent.
    """
    with open_context(load_settings()) as context:
        records = read_factor(context.warehouse, factor)
        record = make_sheet(context, run or records[0].run, records[0].factor)
    if as_json:
        emit_json(record)
    else:
        console().print(f"the sheet of {records[0].factor} is kept; the dashboard shows it", markup=False)


@factors_app.command
def retire(factor: str) -> None:
    """Mark a factor as retired in every run that judged it; its evidence stays. Example: lode factors retire 9c1e

    Parameters
    ----------
    factor
        Id of the factor, or its first characters.
    """
    with open_warehouse(load_settings()) as warehouse:
        records = read_factor(warehouse, factor)
        record_factors(warehouse, [replace(record, state="retired", reason="retired by hand") for record in records])
    console().print(f"retired {records[0].factor}: {records[0].expression}", markup=False)
