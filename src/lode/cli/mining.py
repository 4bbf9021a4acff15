"""`lode run` and `lode mine`."""

from __future__ import annotations

import shutil
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from lode.cli.interrupting import terminated_as_interrupted
from lode.cli.output import console, emit_json, print_table
from lode.cli.scheduling import Every, repeat
from lode.errors import UsageError
from lode.settings import Settings, load_settings
from lode.workflow.context import Context, open_context
from lode.workflow.local import LocalExecutor
from lode.workflow.options import MiningOptions
from lode.workflow.run import execute, require_same, resume

if TYPE_CHECKING:
    from lode.workflow.ray_cluster import RayExecutor

ExecutorName = Literal["local", "ray"]
RunExecutorName = Literal["local", "ray", "aws"]
Options = Annotated[MiningOptions, Parameter(name="*")]
_SHOWN_REFUSALS = 5


def run_command(
    *,
    universe: str | None = None,
    source: str = "auto",
    start: str | None = None,
    end: str | None = None,
    options: Options = MiningOptions(),  # noqa: B008  frozen
    executor: RunExecutorName = "local",
    address: str | None = None,
    resume_run: Annotated[str | None, Parameter(name="--resume")] = None,
    every: Every | None = None,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """Collect, snapshot, mine, prove and publish in one go.

    Example: lode run --source prices.parquet --candidates 5000

    Parameters
    ----------
    universe
        dow30, nasdaq100, sp500, a file with one symbol a line, or symbols separated by commas; of a stored source also
        top:N, its most traded names month by month, or a universe that was imported.
    source
        auto, yahoo, sample, a CSV or Parquet file of bars, or the name of a source that was imported.
    start
        First session, ISO date.
    end
        Last session, ISO date.
    executor
        Where it runs: processes of this machine, a Ray cluster, or the state machine that is deployed in AWS.
    address
        The Ray cluster, host:port; one of its own on this machine when absent.
    resume_run
        Go on with a run that failed or was killed, by its id; in AWS also by its execution.
    every
        daily: stay, and run half an hour after each session's close; due: run if a session is due that had no run,
        then end; cron: print the line of a crontab that does so. None starts while such a run is still going.
    as_json
        Print one JSON object (one a run with --every daily).
    """
    request = {"source": source, "universe": universe, "start": start, "end": end, "options": options.to_dict()}
    if every is None:
        _show(_carry_out(request, resume_run, (executor, address)), as_json=as_json)
        return
    if executor == "aws":
        raise UsageError("--every with --executor aws: in AWS the deployment's schedule starts runs, nothing else does")
    if resume_run is not None:
        raise UsageError("--resume goes on with one run, --every starts new ones: give one of them")
    place = ["--executor", executor] * (executor != "local") + ["--address", str(address)] * (address is not None)

    def run(asked: dict[str, Any]) -> dict[str, Any]:
        return _carry_out(asked, None, (executor, address))

    show = partial(_show, as_json=as_json)
    repeat(every, request, run, show, further=place + ["--json"] * as_json, as_json=as_json)


def mine_command(
    *,
    snapshot: str | None = None,
    options: Options = MiningOptions(),  # noqa: B008  frozen
    executor: ExecutorName = "local",
    address: str | None = None,
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
        Where shards run: processes of this machine, or a Ray cluster.
    address
        The Ray cluster, host:port; one of its own on this machine when absent.
    resume_run
        Go on with a run that failed or was killed, by its id.
    as_json
        Print one JSON object.
    """
    request = {"snapshot": snapshot or "latest", "options": options.to_dict()}
    _show(_carry_out(request, resume_run, (executor, address)), as_json=as_json)


def _carry_out(
    request: dict[str, Any], resume_run: str | None, place: tuple[RunExecutorName, str | None]
) -> dict[str, Any]:
    settings = load_settings()
    with terminated_as_interrupted(), open_context(settings) as context:
        if place[0] == "aws":
            result = _in_aws(request, resume_run, context, address=place[1])
        else:
            if resume_run:
                require_same(request, resume_run, context)
            with _executor(settings, *place) as workers:
                result = resume(resume_run, context, workers) if resume_run else execute(request, context, workers)
    return result


def _show(result: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        emit_json(result)
    else:
        print_result(result)


def _in_aws(
    request: dict[str, Any], resume_run: str | None, context: Context, *, address: str | None
) -> dict[str, Any]:
    from lode.workflow.aws import StateMachine  # noqa: PLC0415  needed by this executor alone

    _refuse_address(address)
    machine = StateMachine(context)
    return machine.resume(resume_run, asked=request) if resume_run else machine.execute(request)


def _executor(settings: Settings, name: RunExecutorName, address: str | None) -> LocalExecutor | RayExecutor:
    if name == "ray":
        from lode.workflow.ray_cluster import RayExecutor  # noqa: PLC0415  needs the extra `ray`

        return RayExecutor(settings, address=address)
    _refuse_address(address)
    return LocalExecutor(settings)


def _refuse_address(address: str | None) -> None:
    if address is not None:
        raise UsageError(f"--address {address} names a Ray cluster: give --executor ray with it, or leave it out")


def print_result(result: dict[str, Any]) -> None:
    """Print what a run proved and refused, and the command that opens the dashboard."""
    out = console()
    out.print(_summary(result), markup=False)
    if result["proven"]:
        print_table(f"{len(result['proven'])} proven", _PROVEN_COLUMNS, [_proven_row(f) for f in result["proven"]])
        if any(factor["train"].get("added_t") is not None for factor in result["proven"]):
            spanning = sum(bool(factor.get("spanning")) for factor in result["proven"])
            out.print(_SPANNING.format(spanning), markup=False)
    refused = result["refused"]
    if refused:
        more = f", the {_SHOWN_REFUSALS} strongest on train" if len(refused) > _SHOWN_REFUSALS else ""
        rows = [[f["id"], f["expression"], f["reason"]] for f in refused[:_SHOWN_REFUSALS]]
        print_table(f"{len(refused)} refused{more}", ["id", "expression", "reason"], rows)
        out.print(f"All of them: {_command()} factors list --run {result['run']}", markup=False)
    if result.get("formulas"):
        print_table("Your formulas", _FORMULA_COLUMNS, [_formula_row(told) for told in result["formulas"]])
    _print_pool(result.get("pool"))
    out.print(f"The dashboard: {_command()} app", markup=False)


_SPANS = "*"
_SPANNING = (
    f"{_SPANS} {{}} of the spanning set, which together says on train what all trials say; "
    "t added: of what a formula adds to the set's others"
)
_PROVEN_COLUMNS = ("id", "expression", "rank IC train", "t added", "validation", "vault", "q validation", "p vault")


def _proven_row(factor: dict[str, Any]) -> list[Any]:
    train, validation, vault = factor["train"], factor["validation"], factor["vault"]
    spans = f"{_SPANS} " if factor.get("spanning") else ""
    added = train.get("added_t")
    return [
        factor["id"],
        factor["expression"],
        train["rank_ic"],
        "–" if added is None else f"{spans}{added:.3g}",
        validation["rank_ic"],
        vault["rank_ic"],
        validation["q"],
        vault["p"],
    ]


_FORMULA_COLUMNS = ("id", "expression", "t train", "what became of it")


def _formula_row(told: dict[str, Any]) -> list[Any]:
    became = told["state"] if told["state"] == "proven" else told["reason"]
    return [told["id"], told["expression"], told["t_nw"], became]


_POOL_COLUMNS = ("pool", "rank IC train", "validation", "t validation", "turnover", "net Sharpe validation")


def _print_pool(pool: dict[str, Any] | None) -> None:
    """Print what the finalists are worth together; a run of earlier code has no pool."""
    if not pool or not pool["members"]:
        return
    held = sum(member["weight"] != 0 for member in pool["members"])
    rows = [_pool_row(pool["method"], pool), *(_pool_row(name, told) for name, told in pool["methods"].items())]
    print_table(f"The pool: {held} of {len(pool['members'])} finalists by {pool['method']}", _POOL_COLUMNS, rows)


def _pool_row(name: str, told: dict[str, Any]) -> list[Any]:
    train, validation = told["train"], told["validation"]
    shown = (validation[metric] for metric in ("rank_ic", "t_nw", "turnover", "net_sharpe"))
    return [name.replace("_", " "), train["rank_ic"], *shown]


def _summary(result: dict[str, Any]) -> str:
    """Return the run in a few lines: what was looked at, how often, and what came of it."""
    data = f" ({result['label']})" if result["label"] else ""
    vault = result["vault"]
    opening = "the vault stayed closed: nothing passed validation and the leak checks"
    if vault:
        opening = vault["message"] or f"the vault was opened as its number {vault['k']}, at α {vault['alpha']:.3g}"
    return (
        f"Run {result['run']} on snapshot {result['snapshot']} of {result['source']}{data}\n"
        f"{result['trials']:,} trials ({_multiplicity(result)}), {result['finalists']} finalists; "
        f"{opening}.\n{len(result['proven'])} proven, {len(result['refused'])} refused."
    )


def _multiplicity(result: dict[str, Any]) -> str:
    """Return how many tries stand beside the run's own, how many independent ones those are, and its PBO."""
    told = [f"{result['trials_on_vault']:,} on this vault"]
    if result["effective_trials"] is not None:
        told.append(f"worth {result['effective_trials']:,.0f} independent ones")
    if result["pbo"] is not None:
        told.append(f"PBO of the choice on train {result['pbo']:.2g}")
    return ", ".join(told)


def _command() -> str:
    """Return how this `lode` is called from here."""
    called = Path(sys.argv[0])
    if called.name != "lode" or shutil.which("lode") == str(called.absolute()):
        return "lode"
    absolute = called.absolute()
    return str(absolute.relative_to(Path.cwd())) if absolute.is_relative_to(Path.cwd()) else str(absolute)
