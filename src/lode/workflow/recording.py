"""What every step took: state, attempts, times, rows, processor seconds, peak memory."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

from lode.errors import LodeError, StoppedError, WarehouseError
from lode.log import ReaderGoneError
from lode.warehouse.stores.runs import StepRecord, read_attempts, record_step
from lode.workflow.context import Context
from lode.workflow.costs import step_cost
from lode.workflow.options import code_version

_NO_SHARD = -1
_STATUS = Path("/proc/self/status")


@dataclass
class Meter:
    """What a step tells of itself while it runs."""

    rows: int = 0


@contextmanager
def recorded(context: Context, run: str, step: str, *, shard: int = _NO_SHARD) -> Iterator[Meter]:
    """Record a step of a run as running, then as succeeded, stopped or failed with the reason."""
    meter, processor, started = Meter(), time.process_time(), time.monotonic()
    attempts = read_attempts(context.warehouse, run, step, shard) + 1
    began = StepRecord(run, step, shard, "running", attempts, started=context.clock())
    record_step(context.warehouse, began)

    def end(state: str, error: str = "") -> None:
        record_step(
            context.warehouse,
            replace(
                began,
                state=state,
                ended=context.clock(),
                rows=meter.rows,
                cpu_seconds=time.process_time() - processor,
                peak_memory=peak_memory(),
                cost=step_cost(time.monotonic() - started),
                error=error,
            ),
        )

    try:
        yield meter
    except (Exception, KeyboardInterrupt) as error:
        try:
            end(ended_as(error), describe(error))
        except WarehouseError as unreachable:
            error.add_note(f"That the step {step} failed could not be recorded: {unreachable}")
        raise
    end("succeeded")


class Early:
    """A step that is taken before its run has an id: measured, and written under the run once that is known."""

    def __init__(self, context: Context, step: str, *, shard: int = _NO_SHARD) -> None:
        self._context, self._step, self._shard = context, step, shard
        self._began, self._started, self._processor = context.clock(), time.monotonic(), time.process_time()

    def record(self, rows: int) -> dict[str, Any]:
        """Return the step's record, succeeded, as JSON holds it."""
        taken = StepRecord(
            "",
            self._step,
            self._shard,
            "succeeded",
            1,
            self._began,
            self._context.clock(),
            rows=rows,
            cpu_seconds=time.process_time() - self._processor,
            peak_memory=peak_memory(),
            cost=step_cost(time.monotonic() - self._started),
        )
        times = {name: value.isoformat() for name, value in asdict(taken).items() if isinstance(value, datetime)}
        return asdict(taken) | times


def write_early(context: Context, run: str, records: Sequence[Mapping[str, Any]]) -> None:
    """Write what `Early` recorded, under the run."""
    for entry in records:
        times = {name: datetime.fromisoformat(entry[name]) for name in ("started", "ended")}
        record_step(context.warehouse, StepRecord(**{**entry, **times, "run": run}))


def note_code(context: Context, run: str, first: str) -> str:
    """Keep that this code goes on with a run that `first` began; return what the run's record says of it."""
    if code_version() != first:
        context.lake.claim(f"{_codes(run)}/{code_version()}.json", b"{}")
    return read_code_note(context, run, first)


def read_code_note(context: Context, run: str, first: str) -> str:
    """Return what a run's record says of code that was not the `first`; nothing where there was none."""
    others = [key.rpartition("/")[2].removesuffix(".json") for key in context.lake.list(_codes(run))]
    return f"begun by code {first}, gone on with by {', '.join(others)}" if others else ""


def _codes(run: str) -> str:
    return f"runs/{run}/code"


def describe(error: BaseException) -> str:
    """Return an error as a record of a step or run holds it: the message, behind the kind of one that is not Lode's."""
    if isinstance(error, KeyboardInterrupt):
        return "asked to stop"
    if isinstance(error, ReaderGoneError):
        return str(error)
    return str(error) if isinstance(error, LodeError) else f"{type(error).__name__}: {error}".removesuffix(": ")


def ended_as(error: BaseException) -> str:
    """Return the state of a step or run that an error ended: `stopped` where somebody asked for it, else `failed`."""
    return "stopped" if isinstance(error, (KeyboardInterrupt, StoppedError, ReaderGoneError)) else "failed"


def peak_memory() -> int:
    """Most memory that this process has held so far, in bytes."""
    windows: int | None = getattr(psutil.Process().memory_info(), "peak_wset", None)
    if windows is not None:
        return windows
    if _STATUS.exists():  # getrusage would tell the starter's peak, which outlives exec on Linux
        peak = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1]) * 1024
    import resource  # noqa: PLC0415  POSIX only

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
