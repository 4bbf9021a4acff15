"""Logs and progress, all on standard error: readable on a terminal, JSON lines otherwise.

A process that calls no `configure` uses Lode as a library: what it logs goes to the standard library's loggers under
`lode`, which show warnings on standard error unless the program says otherwise.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TYPE_CHECKING, Protocol, TextIO, cast

import structlog

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

_REPORT_SECONDS = 5.0


class Logger(Protocol):
    """The part of a structlog logger that Lode uses."""

    def debug(self, event: str, **fields: object) -> None: ...
    def info(self, event: str, **fields: object) -> None: ...
    def warning(self, event: str, **fields: object) -> None: ...
    def error(self, event: str, **fields: object) -> None: ...


class ReaderGoneError(BrokenPipeError):
    """Nobody reads standard error any more: whoever asked for the work has gone."""


class _Lines:
    """Writes lines to standard error, the stream of the moment. The first that nobody reads is a ReaderGoneError."""

    _lock = threading.Lock()

    def msg(self, message: str) -> None:
        try:
            with self._lock:
                sys.stderr.write(f"{message}\n")
                sys.stderr.flush()
        except BrokenPipeError as error:
            silence(sys.stderr)  # what ends the work has its own to say, in vain
            raise ReaderGoneError("nobody reads what is said any more") from error

    debug = info = warning = error = msg


def silence(stream: TextIO) -> None:
    """Let a stream whose reader has gone lead nowhere, so that nothing that is still written to it fails."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def configure(level: str = "info") -> None:
    """Set the process's log format and the least severe `level` that is shown."""
    terminal = sys.stderr.isatty()
    renderer = structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%H:%M:%S" if terminal else "iso", utc=not terminal),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=lambda *_: _Lines(),
    )


def get_logger(name: str) -> Logger:
    """Return a logger whose lines carry `name`."""
    if structlog.is_configured():
        return cast("Logger", structlog.get_logger(component=name))
    return _LibraryLogger(name)


class _LibraryLogger:
    """A logger of the standard library, whose lines tell their fields behind the event."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(f"lode.{name}")

    def debug(self, event: str, **fields: object) -> None:
        self._log(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: object) -> None:
        self._log(logging.INFO, event, fields)

    def warning(self, event: str, **fields: object) -> None:
        self._log(logging.WARNING, event, fields)

    def error(self, event: str, **fields: object) -> None:
        self._log(logging.ERROR, event, fields)

    def _log(self, level: int, event: str, fields: dict[str, object]) -> None:
        failed = bool(fields.pop("exc_info", False))
        told = " ".join(
            f"{name}={value!r}" for name, value in (structlog.contextvars.get_contextvars() | fields).items()
        )
        self._logger.log(level, "%s", f"{event} {told}".strip(), exc_info=failed)


def bound(**fields: object) -> AbstractContextManager[None]:
    """Give every line of the block's thread these fields, those without a value aside; a line's own come first."""
    return structlog.contextvars.bound_contextvars(
        **{name: value for name, value in fields.items() if value is not None}
    )


class Progress:
    """How far a piece of work is; `advance` is called by the worker, reports go out at most every few seconds."""

    def __init__(self, description: str, total: int) -> None:
        self.description, self.total, self.done = description, total, 0
        self.note = ""
        self._began = self._reported = time.monotonic()

    def advance(self, count: int = 1, note: str = "") -> None:
        """Count `count` more units as done; `note` is shown beside the rate."""
        self.done, self.note = self.done + count, note or self.note
        self._moved()

    def _moved(self) -> None:
        now = time.monotonic()
        if now - self._reported < _REPORT_SECONDS or not self.done:
            return
        self._reported = now
        rate = self.done / (now - self._began)
        left = round((self.total - self.done) / rate, 1)
        get_logger("progress").info(
            self.description, done=self.done, total=self.total, rate=round(rate, 1), seconds_left=left, note=self.note
        )


class _Screen:
    """The terminal's bars: one display for all that are under way at once, in whichever threads."""

    def __init__(self) -> None:
        self._lock, self._bars = threading.Lock(), 0
        self._rich: RichProgress | None = None

    def add(self, description: str, total: int) -> tuple[RichProgress, TaskID]:
        with self._lock:
            if self._rich is None:
                self._rich = _display()
                self._rich.start()
            self._bars += 1
            return self._rich, self._rich.add_task(description, total=total, rate="", note="")

    def leave(self) -> None:
        with self._lock:
            self._bars -= 1
            if self._rich is not None and not self._bars:
                self._rich.stop()
                self._rich = None


def _display() -> RichProgress:
    from rich.console import Console  # noqa: PLC0415  rich costs import time that only terminals need
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as RichProgress  # noqa: PLC0415

    return RichProgress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}", markup=False),
        console=Console(stderr=True),
    )


_SCREEN = _Screen()


class _Bar(Progress):
    """A progress bar on a terminal, with rate and time left."""

    def __init__(self, description: str, total: int) -> None:
        super().__init__(description, total)
        self._rich, self._task = _SCREEN.add(description, total)

    def _moved(self) -> None:
        rate = self.done / max(time.monotonic() - self._began, 1e-3)
        self._rich.update(self._task, completed=self.done, rate=f"{rate:,.0f}/s", note=self.note)


@contextmanager
def progress(description: str, total: int) -> Iterator[Progress]:
    """Show how far `total` units of work are, with rate and time left."""
    if not sys.stderr.isatty():
        yield Progress(description, total)
        return
    bar = _Bar(description, total)
    try:
        yield bar
    finally:
        _SCREEN.leave()
