"""Answers of sources outside, as they came: raw records, their place in the lake, rates and retries."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, TypeVar

import zstandard

from lode.collect.hosts import MOST_REFUSALS, ConnectionRefusedByHostError
from lode.errors import CollectError, SourceUnavailableError, ThrottledError
from lode.lake import Lake
from lode.log import get_logger

if TYPE_CHECKING:
    from stamina.instrumentation import RetryDetails, RetryHook

T = TypeVar("T")
_LONGEST_WAIT = 120.0  # seconds; a source that asks for more is left alone until the next collection


@dataclass(frozen=True)
class RawRecord:
    """One answer of a source, untouched. `fetched` is UTC; header names are lower-case.

    about: what was asked, as far as parsing needs it beside the bytes.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    fetched: datetime
    about: Mapping[str, str] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """Hash of the body."""
        return hashlib.sha256(self.body).hexdigest()


def keep_raw(lake: Lake, folder: str, record: RawRecord) -> str:
    """Put the body under `folder`/fetched=…/<sha>.json.zst, its circumstances beside it; returns the body's key.

    The circumstances are written first, so that every body has them.
    """
    key = f"{folder}/fetched={record.fetched.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}/{record.sha256}"
    about = {
        "url": record.url,
        "status": record.status,
        "headers": dict(record.headers),
        "fetched": record.fetched.isoformat(),
        "about": dict(record.about),
    }
    lake.claim(f"{key}.about.json", json.dumps(about, sort_keys=True).encode())
    lake.put(f"{key}.json.zst", zstandard.compress(record.body))
    return f"{key}.json.zst"


def load_raw(lake: Lake, key: str, *, body: bool = True) -> RawRecord:
    """Return the record that keep_raw put under `key`; without its body when only its circumstances are wanted."""
    about = json.loads(lake.get(key.removesuffix(".json.zst") + ".about.json"))
    content = zstandard.decompress(lake.get(key)) if body else b""
    fetched = datetime.fromisoformat(about["fetched"])
    return RawRecord(about["url"], about["status"], about["headers"], content, fetched, about.get("about", {}))


class ThrottledForError(ThrottledError):
    """The source asked for fewer requests; `wait` is how long, in seconds, where it said so."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class OddAnswerError(CollectError):
    """An answer that is neither what was asked for nor a known failure: a refusal, another shape than the known one.

    Mostly it stays so; sometimes it is an edge server's hiccup, which is why it is asked again a few times, at once.
    """


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for (RFC 9110: a number or a date); None where there is none."""
    text = headers.get("retry-after", "").strip()
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
    except (ValueError, TypeError):
        return None


class RateLimit:
    """At most `rate` calls a second over all threads; `pause` holds everyone back."""

    def __init__(
        self, rate: float, *, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._gap, self._clock, self._sleep = 1.0 / rate, clock, sleep
        self._lock, self._free_at = threading.Lock(), clock()

    def wait(self) -> None:
        """Block until the next call is due."""
        with self._lock:
            due = max(self._free_at, self._clock())
            self._free_at = due + self._gap
        self._sleep(max(0.0, due - self._clock()))

    def pause(self, seconds: float) -> None:
        """Let no call begin for this time."""
        with self._lock:
            self._free_at = max(self._free_at, self._clock() + seconds)


def with_retries(call: Callable[[], T], *, attempts: int, wait_initial: float = 1.0) -> T:
    """Call again after throttling (as long as the source asked) and failures of the source, with growing waits.

    A refused connection is tried `MOST_REFUSALS` times. The last error is raised as it is; other errors at once.
    """
    import stamina  # noqa: PLC0415  only collecting needs the extra that brings it

    _log_in_our_words()
    for attempt in stamina.retry_context(
        on=_Patience(),
        attempts=attempts,
        timeout=None,
        wait_initial=wait_initial,
        wait_max=30.0,
        wait_jitter=wait_initial,
    ):
        with attempt:
            return call()
    raise CollectError(f"no attempt was made: attempts is {attempts}, at least 1 is needed")


class _Patience:
    """Whether, and after how long, one call is tried again."""

    def __init__(self) -> None:
        self._refusals = 0

    def __call__(self, error: Exception) -> bool | timedelta:
        if isinstance(error, ThrottledForError) and error.wait is not None:
            return timedelta(seconds=error.wait) if error.wait <= _LONGEST_WAIT else False
        if isinstance(error, ConnectionRefusedByHostError):
            self._refusals += 1
            return self._refusals < MOST_REFUSALS
        return isinstance(error, (ThrottledError, SourceUnavailableError))


def _log_in_our_words() -> None:
    """Tell of retries by Lode's own log where stamina would by structlog, which prints them in a library's process."""
    from stamina import instrumentation  # noqa: PLC0415  see with_retries

    theirs = instrumentation.StructlogOnRetryHook.hook_factory.__module__
    hooks = instrumentation.get_on_retry_hooks()
    if any(hook.__module__ == theirs for hook in hooks):
        ours: list[RetryHook] = [_say if hook.__module__ == theirs else hook for hook in hooks]
        instrumentation.set_on_retry_hooks(ours)


def _say(details: RetryDetails) -> None:
    """Log a retry; of a refused connection the error at the end tells enough."""
    if not isinstance(details.caused_by, ConnectionRefusedByHostError):
        get_logger("collect").warning(
            "asked again",
            reason=str(details.caused_by),
            attempt=details.retry_num + 1,
            wait_seconds=round(details.wait_for, 1),
        )
