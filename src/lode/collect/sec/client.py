"""A client of EDGAR: bytes as they came, a contact in every request, failures told apart.

429, 403 and the SEC's page about request rates → ThrottledForError, and a pause for every process; 5xx, no
connection, too slow, a cut or undecodable answer → SourceUnavailableError; a 404 is an answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from lode.collect.hosts import ConnectionRefusedByHostError, is_refusal
from lode.collect.http import RawRecord, ThrottledForError, retry_after
from lode.errors import CollectError, SourceUnavailableError, UsageError
from lode.settings import Settings

if TYPE_CHECKING:
    import httpx

SOURCE = "sec"
_LARGEST = 256 << 20  # bytes of one answer
_PATIENCE = 6  # an answer may take this many times the limit of one read
_THROTTLED_PAGES = (b"Request Rate Threshold Exceeded", b"Your Request Originates from an Undeclared Automated Tool")


class Limit(Protocol):
    """What says when a request may be sent."""

    def wait(self) -> float: ...
    def succeeded(self) -> None: ...
    def pause(self, sent_at: float, asked: float | None = None) -> float: ...


class SecClient:
    """Fetches from EDGAR, when `limit` says so. Shared by threads. Use as a context manager.

    Raises UsageError where no contact is set.
    """

    def __init__(
        self, settings: Settings, limit: Limit, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._limit, self._clock, self._timeout = limit, clock, settings.http_timeout
        self._client = _open_client(f"lode-factors {contact(settings)}", settings.http_timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def get(self, url: str, about: Mapping[str, str] | None = None) -> RawRecord:
        """Ask once. The record's status is 200 or 404."""
        import httpx  # noqa: PLC0415  see _open_client

        sent_at = self._limit.wait()
        try:
            status, headers, body = self._send(url)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            if is_refusal(error):
                raise ConnectionRefusedByHostError(url, "LODE_SEC_DATA_URL or LODE_SEC_ARCHIVES_URL") from error
            why = str(error) or type(error).__name__
            raise SourceUnavailableError(f"no answer from the SEC at {url}: {why}; try again later") from error
        if status in (403, 429) or any(page in body[:4096] for page in _THROTTLED_PAGES):
            raise self._throttled(status, headers, sent_at)
        if status >= 500:
            raise SourceUnavailableError(f"the SEC failed with status {status} at {url}; try again later")
        if status not in (200, 404):
            raise CollectError(
                f"the SEC answered status {status} at {url}; 200 and 404 are what can be used: "
                "see whether LODE_SEC_DATA_URL and LODE_SEC_ARCHIVES_URL are right"
            )
        self._limit.succeeded()
        return RawRecord(url, status, headers, body, self._clock(), about or {})

    def _send(self, url: str) -> tuple[int, dict[str, str], bytes]:
        import httpx  # noqa: PLC0415  see _open_client

        ends, body = time.monotonic() + _PATIENCE * self._timeout, bytearray()
        with self._client.stream("GET", url) as response:
            for piece in response.iter_bytes():
                body += piece
                if time.monotonic() > ends:  # httpx limits each read, which a slow drip never exceeds
                    raise httpx.ReadTimeout(f"the answer took longer than {_PATIENCE * self._timeout:g} s")
                if len(body) > _LARGEST:
                    raise CollectError(f"the SEC answered more than {_LARGEST} bytes at {url}")
            headers = {name.lower(): value for name, value in response.headers.items() if name.lower() != "set-cookie"}
            return response.status_code, headers, bytes(body)

    def _throttled(self, status: int, headers: Mapping[str, str], sent_at: float) -> ThrottledForError:
        wait = self._limit.pause(sent_at, retry_after(headers, self._clock()))
        return ThrottledForError(
            f"the SEC throttles (status {status}); every process of this lake pauses for {wait:.0f} s. It allows 10 "
            "requests a second for one network and blocks it for ten minutes beyond: lower LODE_SEC_RATE, see that "
            "LODE_SEC_CONTACT is a name and an e-mail address, or try again later",
            wait,
        )


def contact(settings: Settings) -> str:
    """Return the contact; UsageError that asks for it, with the reason, where it is missing or cannot be sent."""
    given = (settings.sec_contact or "").strip()
    if "@" in given and given.isascii() and given.isprintable():
        return given
    raise UsageError(
        f"the SEC asks every program to say who runs it, and refuses others: set LODE_SEC_CONTACT to your name and "
        f'e-mail address, for example "Jane Doe jane@example.org" (plain ASCII); got {settings.sec_contact!r}'
    )


def _open_client(agent: str, timeout: float) -> httpx.Client:
    try:
        import httpx  # noqa: PLC0415  only collecting needs the extra that brings it
    except ImportError as error:
        raise UsageError(f"filings need {error.name}: pip install 'lode-factors[collect]'") from error
    headers = {"User-Agent": agent, "Accept-Encoding": "gzip, deflate"}
    return httpx.Client(timeout=timeout, follow_redirects=True, headers=headers)
