"""`lode run` and `lode mine`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from cyclopts import Parameter

from lode.cli.output import console, emit_json, print_table
from lode.log import get_logger
from lode.settings import load_settings
from lode.workflow.context import open_context
from lode.workflow.local import LocalExecutor
from lode.workflow.options import MiningOptions
from lode.workflow.run import execute, resume

Options = Annotated[MiningOptions, Parameter(name="*")]
_SHOWN_REFUSALS = 5


def run_command(
    *,
    universe: str | None = None,
    source: str = "auto",
    start: str | None = None,
    end: str | None = None,
    options: Options = MiningOptions(),  # noqa: B008  frozen
    executor: Literal["local"] = "local",
    resume_run: Annotated[str | None, Parameter(name="--resume")] = None,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """Collect, snapshot, mine, prove and publish in one go.

    Example: lode run --source prices.parquet --candidates 5000

    Parameters
    ----------
    universe
        dow30, sp500, a file with one symbol a line, or symbols separated by commas.
    source
        auto, yahoo, sample, a CSV or Parquet file of bars, or the name of a source that was imported.
    start
        First session, ISO date.
    end
        Last session, ISO date.
    executor
        Where shards run.
    resume_run
        Go on with a run that failed or was killed, by its id.
    as_json
        Print one JSON object.
    """
    request = {"source": source, "universe": universe, "start": start, "end": end, "options": options.to_dict()}
    _carry_out(request, resume_run, as_json=as_json)
    get_logger("run").debug("executor", name=executor)


def mine_command(
    *,
    snapshot: str | None = None,
    options: Options = MiningOptions(),  # noqa: B008  frozen
    executor: Literal["local"] = "local",
    resume_run: Annotated[str | None, Parameter(name="--resume")] = None,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """Mine a snapshot, prove or refuse what was found.

    Example: lode mine --snapshot 3f2a --candidates 20000 --seed 7

    Parameters
    ----------
    snapshot
        Id of the snapshot; the latest when absent.
    executor
        Where shards run.
    resume_run
        Go on with a run that failed or was killed, by its id.
    as_json
        Print one JSON object.
    """
    _carry_out({"snapshot": snapshot or "latest", "options": options.to_dict()}, resume_run, as_json=as_json)
    get_logger("mine").debug("executor", name=executor)


def _carry_out(request: dict[str, Any], resume_run: str | None, *, as_json: bool) -> None:
    settings = load_settings()
    with open_context(settings) as context, LocalExecutor(settings) as workers:
        result = resume(resume_run, context, workers) if resume_run else execute(request, context, workers)
    if as_json:
        emit_json(result)
    else:
        print_result(result)


def print_result(result: dict[str, Any]) -> None:
    """Print what a run proved and refused, and the command that opens the dashboard."""
    out = console()
    out.print(
        f"run {result['run']} on snapshot {result['snapshot']}: {result['trials']:,} trials "
        f"({result['trials_on_vault']:,} on this vault), {result['finalists']} finalists",
        markup=False,
    )
    print_table(
        f"{len(result['proven'])} proven",
        ["id", "expression", "rank IC train", "validation", "vault", "q validation", "p vault"],
        [
            [
                f["id"],
                f["expression"],
                f["train"]["rank_ic"],
                f["validation"]["rank_ic"],
                f["vault"]["rank_ic"],
                f["validation"]["q"],
                f["vault"]["p"],
            ]
            for f in result["proven"]
        ],
    )
    refused = result["refused"]
    rows = [[f["id"], f["expression"], f["reason"]] for f in refused[:_SHOWN_REFUSALS]]
    more = f" (the first {_SHOWN_REFUSALS}; `lode factors list` shows all)" if len(refused) > _SHOWN_REFUSALS else ""
    print_table(f"{len(refused)} refused{more}", ["id", "expression", "reason"], rows)
    if result.get("label"):
        out.print(f"Data: {result['label']}", markup=False)
    out.print("Open the dashboard with: lode app", markup=False)
