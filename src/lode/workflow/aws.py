"""The executor of AWS: starts an execution of the deployed state machine, follows it, goes on with one that failed.

An execution is never redriven: it ends in the state that says why, from which a redrive could only fail again. Every
step can be taken twice to the same effect, so that a new execution goes on where the last one ended: with the run
where there is one, else with the same input.
"""

from __future__ import annotations

import getpass
import json
import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lode.errors import LodeError, NotFoundError, SettingsError, StepError, StorageError, UsageError, WarehouseError
from lode.log import get_logger, progress
from lode.warehouse.stores.ledger import count_trials
from lode.warehouse.stores.runs import read_run
from lode.workflow.context import Context, Event
from lode.workflow.execution import record_failed, request_of, run_of
from lode.workflow.options import MiningOptions
from lode.workflow.plan import load_plan
from lode.workflow.publishing import result_key
from lode.workflow.run import require_same
from lode.workflow.steps import request_id

_RUNNING, _SUCCEEDED, _FAILED = "RUNNING", "SUCCEEDED", "FAILED"
_POLL_SECONDS = 5.0
_TRIES = 5


@dataclass(frozen=True)
class StateMachine:
    """The deployed machine, whose lake and warehouse are the context's. Every method raises LodeError."""

    context: Context

    def execute(self, request: Event) -> Event:
        """Take a request to its result; the message of a failure ends with what goes on with it."""
        asked = request_of(request)
        return self.follow(self._start(asked))

    def resume(self, name: str, *, asked: Event | None = None) -> Event:
        """Go on with an execution (its ARN or name) or a run (its id); one that is still going is followed.

        asked: what came with it, which may not differ from what the run was asked.
        """
        found = self._describe(name.rpartition(":")[2]) or self._going(name)
        run = run_of(self.context, found["name"]) if found else name
        if asked is not None and run is not None:
            require_same(asked, run, self.context)
        if found is not None and found["status"] in {_RUNNING, _SUCCEEDED}:
            return self.follow(found["name"])
        if run:
            return self.follow(self._start({"run": run}))
        given = json.loads(found["input"] if found else "{}")
        request_of(given)
        return self.follow(self._start(given))

    def stop(self, run: str) -> None:
        """End the execution of a run that is going; NotFoundError where none is. The machine records the end."""
        found = self._going(run)
        if found is None:
            raise NotFoundError(f"no execution of run {run} is going; `lode runs show {run}` tells what became of it")
        self._ask("stop_execution", executionArn=found["executionArn"], cause="asked to stop")

    def follow(self, execution: str) -> Event:
        """Wait for an execution's end with the progress of its run; return its result."""
        try:
            end = self._wait(execution)
        except KeyboardInterrupt as error:
            error.add_note(f"The execution goes on; `{_again(execution)}` follows it")
            raise
        run = run_of(self.context, execution)
        if end["status"] != _SUCCEEDED or run is None:
            raise self._failure(execution, run, end)
        try:
            return self.context.load(result_key(load_plan(self.context, run)))
        except NotFoundError:
            raise self._elsewhere(execution) from None

    def _start(self, event: Event) -> str:
        name = f"lode-{request_id(event)}-{self.context.clock():%Y%m%dT%H%M%S%f}"
        given = event | {"share": self.context.settings.share or _user()}
        self._ask("start_execution", stateMachineArn=self._arn, name=name, input=json.dumps(given))
        get_logger("aws").info("execution started", execution=name)
        return name

    def _wait(self, execution: str) -> Event:
        """Ask until the execution has ended; what the ledger counts is how far it is."""
        found = self._soon(execution)
        run, counted = None, 0
        with progress(f"execution {execution}", _candidates(json.loads(found["input"]))) as bar:
            while found["status"] == _RUNNING:
                time.sleep(_POLL_SECONDS)
                if run is None and (run := run_of(self.context, execution)):
                    get_logger("aws").info("run begun", run=run, execution=execution)
                if run:
                    bar.total = load_plan(self.context, run).options.candidates
                    trials = self._counted(run, counted)
                    bar.advance(trials - counted)
                    counted = trials
                found = self._described(execution)
        return found

    def _counted(self, run: str, before: int) -> int:
        """Return how many trials the ledger has; a warehouse that is gone for a while ends nothing."""
        try:
            return count_trials(self.context.warehouse, [run])
        except WarehouseError as error:
            get_logger("aws").warning("the ledger cannot be read", reason=str(error))
            return before

    def _failure(self, execution: str, run: str | None, end: Event) -> LodeError:
        """Return the error of an execution's end; what the machine could not record itself is recorded here."""
        status, cause = end["status"], end.get("cause") or end.get("error") or "no reason was given"
        if status == _SUCCEEDED:
            return self._elsewhere(execution)
        if status != _FAILED or (run and read_run(self.context.warehouse, run).state == "running"):
            self._record({"run": run} if run else json.loads(end["input"]), {"Error": status, "Cause": cause})
        return StepError(
            f"execution {execution} ended {status}: {cause}. "
            f"Nothing is lost; it goes on with `{_again(run or execution)}`"
        )

    def _record(self, given: Event, failure: Event) -> None:
        """Record the end of an execution; who may only read leaves that to the deployment's rule for such ends."""
        try:
            record_failed(given, failure, self.context)
        except StorageError as error:
            get_logger("aws").warning("the end cannot be recorded from here", reason=str(error))

    @staticmethod
    def _elsewhere(execution: str) -> LodeError:
        return SettingsError(
            f"execution {execution} succeeded, but its run is not in this lake: set LODE_LAKE_URL and "
            f"LODE_WAREHOUSE_URL to the deployment's, then `{_again(execution)}` shows the result"
        )

    def _going(self, run: str) -> Event | None:
        """Return the execution of a run that is still going, if any."""
        answer = self._ask("list_executions", stateMachineArn=self._arn, statusFilter=_RUNNING)
        return next((e for e in answer["executions"] if run_of(self.context, e["name"]) == run), None)

    def _describe(self, execution: str) -> Event | None:
        try:
            return self._described(execution)
        except NotFoundError:
            return None

    def _soon(self, execution: str) -> Event:
        """Describe an execution that was just started: the service may not know it at once."""
        for _ in range(_TRIES):
            if (found := self._describe(execution)) is not None:
                return found
            time.sleep(_POLL_SECONDS)
        return self._described(execution)

    def _described(self, execution: str) -> Event:
        """Describe an execution; NotFoundError for one that does not exist."""
        arn = f"{self._arn.replace(':stateMachine:', ':execution:')}:{execution}"
        return self._ask("describe_execution", executionArn=arn)

    @property
    def _arn(self) -> str:
        arn = self.context.settings.state_machine_arn
        if arn is None:
            raise SettingsError(
                "LODE_STATE_MACHINE_ARN is not set (looked in the environment, .env and lode.toml): it is the state "
                "machine that --executor aws starts; the deployment's output has it"
            )
        if len(arn.split(":")) != 7 or ":stateMachine:" not in arn:
            raise SettingsError(
                f"LODE_STATE_MACHINE_ARN is {arn!r}: allowed is arn:aws:states:REGION:ACCOUNT:stateMachine:NAME"
            )
        return arn

    @cached_property
    def _states(self) -> Any:  # noqa: ANN401  boto3's clients have no type
        try:
            import boto3  # noqa: PLC0415  needs the extra `aws`
        except ImportError:
            raise UsageError("--executor aws needs `pip install 'lode-factors[aws]'`") from None
        return boto3.client("stepfunctions", region_name=self._arn.split(":")[3])

    def _ask(self, action: str, **parameters: Any) -> Event:  # noqa: ANN401  of the API
        """Call Step Functions; its errors become Lode's here."""
        states = self._states
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  comes with boto3

        try:
            return dict(getattr(states, action)(**parameters))
        except ClientError as error:
            told = error.response["Error"]
            kind = NotFoundError if told["Code"] == "ExecutionDoesNotExist" else StepError
            raise kind(f"Step Functions refused {action}: {told['Code']}: {told['Message']}") from None
        except BotoCoreError as error:
            raise StepError(f"Step Functions cannot be asked for {action}: {error}") from None


def _user() -> str | None:
    """Return this computer's user as the name of a share; None where there is no such name."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # a user without a name, as in a container
        return None
    return "".join(letter for letter in name if letter.isascii() and letter.isalnum())[:64] or None


def _again(name: str) -> str:
    return f"lode run --executor aws --resume {name}"


def _candidates(given: Any) -> int:  # noqa: ANN401  whatever an execution was started with
    options = given.get("options") if isinstance(given, dict) else None
    number = (options if isinstance(options, dict) else {}).get("candidates")
    return number if isinstance(number, int) else MiningOptions().candidates
