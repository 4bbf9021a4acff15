"""One HTTP request to a plain source by httpx: bytes as they came, or an error that says which kind of failure it was.

429 → ThrottledForError; 5xx, no connection, too slow, a cut or undecodable answer → SourceUnavailableError; a status in
`refusals` → CollectError with its advice; any other status → RefusedError.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from lode.collect.hosts import ConnectionRefusedByHostError, is_refusal
from lode.collect.http import RateLimit, RawRecord, ThrottledForError, retry_after
from lode.errors import CollectError, SourceUnavailableError, UsageError

if TYPE_CHECKING:
    import httpx

_LARGEST = 64 << 20  # bytes of one answer
_DROPPED = frozenset({"set-cookie"})  # no secret reaches the lake


@dataclass(frozen=True)
class Question:
    """What is asked. url: without secrets, it is kept; headers: may hold a key, they are not kept."""

    url: str
    method: str = "GET"
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    about: Mapping[str, str] = field(default_factory=dict)


class RefusedError(CollectError):
    """An answer of another status than 200. `body` is what came with it, untouched: it may repeat a secret."""

    def __init__(self, message: str, status: int, body: bytes) -> None:
        super().__init__(message)
        self.status, self.body = status, body


class Asker:
    """Asks one source, at most `rate` times a second over all threads. Use as a context manager.

    source: its name in messages; refusals: advice by status; rate_setting: what to lower when it throttles; timeout:
    seconds until the whole answer must be there; largest: bytes of an answer; redirects: whether they are followed;
    address_setting: what says where it is.
    """

    def __init__(  # noqa: PLR0913  what a source may need
        self,
        source: str,
        *,
        rate: float,
        timeout: float,
        rate_setting: str,
        refusals: Mapping[int, str] | None = None,
        largest: int = _LARGEST,
        redirects: bool = True,
        address_setting: str = "",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._source, self._timeout, self._rate_setting, self._clock = source, timeout, rate_setting, clock
        self._refusals, self._largest, self._address_setting = refusals or {}, largest, address_setting
        self._limit = RateLimit(rate)
        self._client = _open_client(timeout, redirects=redirects)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def ask(self, question: Question) -> RawRecord:
        """Ask once; the record's fetch time is when the whole answer was there."""
        import httpx  # noqa: PLC0415  see _open_client

        self._limit.wait()
        try:
            status, headers, body = self._send(question)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            if is_refusal(error):
                raise ConnectionRefusedByHostError(question.url, self._address_setting, self._source) from error
            why = str(error) or type(error).__name__
            raise SourceUnavailableError(f"no answer from {self._source} at {question.url}: {why}") from error
        self._check(status, headers, body, question.url)
        return RawRecord(question.url, status, headers, body, self._clock(), question.about)

    def _send(self, question: Question) -> tuple[int, dict[str, str], bytes]:
        import httpx  # noqa: PLC0415  see _open_client

        ends, body = time.monotonic() + self._timeout, bytearray()
        with self._client.stream(
            question.method,
            question.url,
            params=dict(question.params) or None,
            headers=dict(question.headers),
            json=question.json,
        ) as response:
            for piece in response.iter_bytes():
                body += piece
                if time.monotonic() > ends:  # httpx limits each read, which a slow drip never exceeds
                    raise httpx.ReadTimeout(f"the answer took longer than {self._timeout:g} s")
                if len(body) > self._largest:
                    raise CollectError(f"{self._source} answered more than {self._largest:,} bytes at {question.url}")
            kept = {name.lower(): value for name, value in response.headers.items() if name.lower() not in _DROPPED}
            return response.status_code, kept, bytes(body)

    def _check(self, status: int, headers: Mapping[str, str], body: bytes, url: str) -> None:
        if status == 429:
            wait = retry_after(headers, self._clock())
            self._limit.pause(wait or 0.0)
            asked = f", asked to wait {wait:g} s" if wait is not None else ""
            raise ThrottledForError(
                f"{self._source} throttles (status 429{asked}); lower {self._rate_setting} or try again later", wait
            )
        if status in self._refusals:
            raise CollectError(f"{self._source} refused with status {status}: {self._refusals[status]}")
        if status >= 500:
            raise SourceUnavailableError(f"{self._source} failed with status {status} at {url}; try again later")
        if status != 200:
            raise RefusedError(
                f"{self._source} answered status {status} at {url}; 200 is what can be used", status, body
            )


def _open_client(timeout: float, *, redirects: bool) -> httpx.Client:
    try:
        import httpx  # noqa: PLC0415  only collecting needs the extra that brings it
    except ImportError as error:
        raise UsageError(f"collecting needs {error.name}: pip install 'lode-factors[collect]'") from error
    return httpx.Client(timeout=timeout, follow_redirects=redirects, headers={"User-Agent": "lode-factors"})
