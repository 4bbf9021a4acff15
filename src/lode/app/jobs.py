"""Long work that the dashboard starts: `lode run` in a process of its own, which outlives the page and the server.

A job is a folder under `jobs/` of the home, named by the key of the click that started it: whoever makes the folder
starts the process, so that one click that arrives twice starts one process. What the process prints is kept there: one
JSON object, and its log, from which the id of the run is known as soon as there is one.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lode.app.roles import may_research
from lode.errors import DataError, NotFoundError, StorageError, UsageError
from lode.settings import Settings
from lode.workflow.options import MiningOptions
from lode.workflow.turns import ask_to_end, born_at, is_there

Request = Mapping[str, Any]
_KEY = re.compile(r"[0-9a-f]{16}")
_REQUEST, _PROCESS, _RESULT, _LOG = "request.json", "process.json", "result.json", "log.jsonl"
_STARTING_SECONDS = 30.0  # a process is not on record yet
_LOOKED_AT = 50  # newest jobs among which the same request is looked for
_HEAD, _TAIL = 200_000, 20_000  # bytes of a log


@dataclass(frozen=True)
class Job:
    """A process that was started, and what is known of it. run: the id of its run, None until there is one.

    said: the lines for people at the end of its log, among them the reason of a failure.
    """

    key: str
    request: Request
    is_going: bool
    run: str | None
    said: str


def start(settings: Settings, request: Request, key: str) -> Job:
    """Start `lode run` with a request, or {resume: RUN}, once per key; return its job.

    The same request that is still going is led to instead of being started beside it. Raises UsageError for a visitor
    who may not, StorageError where the home cannot be written.
    """
    require_researcher(settings)
    folder = _folder(settings, key)
    if (same := _going_with(settings, request)) is not None:
        return same
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)
    except FileExistsError:
        return read(settings, key)
    except OSError as error:
        raise StorageError(f"a job cannot be kept in {folder}: {error.strerror}; set LODE_HOME to a folder") from None
    _write(folder / _REQUEST, request)
    _spawn(command(request, settings), folder)
    return read(settings, key)


def is_known(settings: Settings, key: str) -> bool:
    """Whether a job was started with this key."""
    return _folder(settings, key).is_dir()


def read(settings: Settings, key: str) -> Job:
    """Read a job; NotFoundError where none was started with this key on this machine."""
    folder = _folder(settings, key)
    if not folder.is_dir():
        raise NotFoundError(f"no job {key!r} was started on this machine; `lode runs list` shows what ran")
    log = folder / _LOG
    return Job(key, _request(folder), _is_going(folder), _run_of(folder), _said(log))


def cancel(settings: Settings, key: str) -> None:
    """Ask a job's process to end, as Ctrl-C would; what it has recorded stays. UsageError for who may not."""
    require_researcher(settings)
    process = _process(_folder(settings, key))
    if process is None or not ask_to_end(*process):
        raise NotFoundError(f"the process of job {key} has ended already; load the page again")


def require_researcher(settings: Settings) -> None:
    """Raise UsageError where this visit may only look; what a page hides is refused here too."""
    if not may_research(settings):
        raise UsageError(
            "you may look at runs, not start or end them: ask who runs this dashboard for the role researcher"
        )


def command(request: Request, settings: Settings) -> list[str]:
    """Return the words of the process: every value is joined to its option, so that none is read as one."""
    words = [sys.executable, "-P", "-m", "lode.cli", "run", "--json"]
    if settings.state_machine_arn:
        words.append("--executor=aws")
    if resumed := request.get("resume"):
        return [*words, f"--resume={resumed}"]
    asked = {name: request.get(name) for name in ("source", "universe", "start", "end")}
    options, defaults = request.get("options") or {}, MiningOptions().to_dict()
    asked |= {name: value for name, value in options.items() if value != defaults[name]}
    return [*words, *(_word(name, value) for name, value in asked.items() if value not in (None, ""))]


def _word(name: str, value: object) -> str:
    flag = f"--{name.replace('_', '-')}"
    return flag if value is True else f"{flag}={value}"


def _spawn(words: Sequence[str], folder: Path) -> None:
    """Start the process in a session of its own, so that it outlives the server; a thread waits for its end."""
    with (folder / _RESULT).open("wb") as result, (folder / _LOG).open("wb") as log:
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=result,
            stderr=log,
            start_new_session=True,
            env={**os.environ, "LODE_LOG_LEVEL": "info"},  # the id of the run is a line of the log
        )
    _write(folder / _PROCESS, {"pid": process.pid, "born": born_at(process.pid)})
    threading.Thread(target=process.wait, name=f"job {folder.name}", daemon=True).start()


def _going_with(settings: Settings, request: Request) -> Job | None:
    """Return the job that is going with the same request."""
    jobs = settings.folder / "jobs"
    folders = sorted(jobs.iterdir(), key=lambda folder: -folder.stat().st_mtime) if jobs.is_dir() else []
    for folder in folders[:_LOOKED_AT]:
        if _KEY.fullmatch(folder.name) and _request(folder) == dict(request) and _is_going(folder):
            return read(settings, folder.name)
    return None


def _folder(settings: Settings, key: str) -> Path:
    if not _KEY.fullmatch(key):
        raise UsageError(f"a job's key is {key[:40]!r}: 16 digits of hexadecimal are allowed; open /run without it")
    return settings.folder / "jobs" / key


def _is_going(folder: Path) -> bool:
    process = _process(folder)
    if process is None:
        return time.time() - folder.stat().st_mtime < _STARTING_SECONDS
    return is_there(*process)


def _process(folder: Path) -> tuple[int, float] | None:
    told = _load(folder / _PROCESS)
    return (int(told["pid"]), float(told["born"])) if told else None


def _request(folder: Path) -> dict[str, Any]:
    return _load(folder / _REQUEST)


def _run_of(folder: Path) -> str | None:
    """Return the run that the job's log names first, or its result."""
    for line in _lines(folder / _LOG, first=True):
        if line.startswith("{") and isinstance(run := _parsed(line).get("run"), str):
            return run
    run = _load(folder / _RESULT).get("run")
    return run if isinstance(run, str) else None


def _said(log: Path) -> str:
    """Return what stands in a log beside its JSON lines."""
    return "\n".join(line for line in _lines(log, first=False) if not line.startswith("{"))


def _lines(log: Path, *, first: bool) -> Iterator[str]:
    if not log.exists():
        return
    with log.open("rb") as opened:
        if not first:
            opened.seek(max(0, log.stat().st_size - _TAIL))
        yield from opened.read(_HEAD if first else _TAIL).decode(errors="replace").splitlines()


def _parsed(line: str) -> dict[str, Any]:
    try:
        return dict(json.loads(line))
    except ValueError:  # cut off
        return {}


def _load(path: Path) -> dict[str, Any]:
    """Read a JSON object of a job; {} where it is not there yet, or is still being written."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None
    return _parsed(text)


def _write(path: Path, content: Mapping[str, Any]) -> None:
    part = path.with_suffix(".part")
    part.write_text(json.dumps(content, sort_keys=True), encoding="utf-8")
    part.replace(path)
