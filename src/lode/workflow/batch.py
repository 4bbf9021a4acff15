"""The command of the Batch container, `python -m lode.workflow.batch`: mines one shard of an array job.

Environment: LODE_RUN and LODE_EPOCH say what, AWS_BATCH_JOB_ARRAY_INDEX (absent for a job without an array) which
shard; the settings of the lake and the warehouse are LODE_…, as everywhere. SIGTERM, which announces the end of a spot
instance or a cancelled job, is a checkpoint: the shard ends after its generation with exit code 75, on which Batch
starts it again, and goes on from there.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Mapping
from types import FrameType

from lode import log
from lode.errors import LodeError, StoppedError, UsageError
from lode.settings import load_settings
from lode.workflow.context import Event, open_context
from lode.workflow.mining import mine_recorded

STOPPED = 75  # EX_TEMPFAIL: the same again, later
_FAILED = 1


def main() -> int:
    """Mine the shard that the environment names; return the exit code."""
    asked_to_stop = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        asked_to_stop.set()

    signal.signal(signal.SIGTERM, stop)
    log.configure("info")
    try:
        settings = load_settings()
        log.configure(settings.log_level)
        event = shard_of(os.environ)
        with log.bound(step="mine", **event), open_context(settings, stopping=asked_to_stop.is_set) as context:
            log.get_logger("batch").info("shard done", **mine_recorded(event, context))
    except StoppedError as stopped:
        log.get_logger("batch").info("shard stopped", reason=str(stopped))
        return STOPPED
    except LodeError as error:
        return _failed(error.exit_code, reason=str(error), kind=type(error).__name__)
    except Exception:  # noqa: BLE001  the process's entry point
        return _failed(_FAILED, exc_info=True)
    return 0


def _failed(code: int, **told: object) -> int:
    log.get_logger("batch").error("shard failed", **told)
    return code


def shard_of(environment: Mapping[str, str]) -> Event:
    """Read the event of a shard from the job's environment; UsageError names what is missing or no number."""
    names = {"run": "LODE_RUN", "epoch": "LODE_EPOCH", "shard": "AWS_BATCH_JOB_ARRAY_INDEX"}
    found = {part: environment.get(name, "").strip() for part, name in names.items()}
    found["shard"] = found["shard"] or "0"
    faulty = [names[part] for part, text in found.items() if not text or (part != "run" and not text.isdecimal())]
    if faulty:
        given = ", ".join(f"{name}={environment.get(name)!r}" for name in faulty)
        raise UsageError(
            f"{given}: LODE_RUN is a run's id, LODE_EPOCH and AWS_BATCH_JOB_ARRAY_INDEX are numbers from 0; "
            "the state machine sets them"
        )
    return {"run": found["run"], "epoch": int(found["epoch"]), "shard": int(found["shard"])}


if __name__ == "__main__":
    sys.exit(main())
