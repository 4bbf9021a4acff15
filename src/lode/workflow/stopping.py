"""Stopping a run that another process has in hand: that process is asked to end, and records so itself."""

from __future__ import annotations

from lode.errors import NotFoundError, UsageError
from lode.lake import open_lake
from lode.settings import Settings
from lode.workflow.alive import find_holder
from lode.workflow.aws import StateMachine
from lode.workflow.context import open_context
from lode.workflow.turns import ask_to_end, machine


def ask_to_stop(run: str, settings: Settings) -> None:
    """Ask the process of this machine that has a run in hand, or its execution in AWS, to end.

    It is on record as stopped within moments, and resuming it goes on where it was. Raises NotFoundError where nobody
    has it in hand, UsageError where a process of another machine has.
    """
    holder = find_holder(run, open_lake(settings))
    if holder is None and settings.state_machine_arn:
        with open_context(settings) as context:
            StateMachine(context).stop(run)
        return
    if holder is not None and holder.machine != machine():
        raise UsageError(
            f"run {run} is in the hands of process {holder.pid} of {holder.machine}: end it there, for example with "
            f"`kill {holder.pid}`"
        )
    if holder is None or not ask_to_end(holder.pid, holder.born):
        raise NotFoundError(f"no process has run {run} in hand; `lode runs show {run}` tells what became of it")
