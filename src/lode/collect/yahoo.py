"""Yahoo's v8 chart endpoint: a thin client that returns bytes and tells failures apart.

429, 999 and a page that says so → ThrottledError; 5xx, no connection, a slow or a cut answer → SourceUnavailableError,
of a refused connection ConnectionRefusedByHostError.
A 404 (no such symbol) and 400 or 422 (nothing in this range) are answers: chart.py reads them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Self
from urllib.parse import quote, urlencode

from lode.collect.chart import parse_chart
from lode.collect.hosts import ConnectionRefusedByHostError, is_refusal
from lode.collect.http import OddAnswerError, RateLimit, RawRecord, ThrottledForError, retry_after
from lode.errors import CollectError, SourceUnavailableError, UsageError
from lode.log import get_logger
from lode.settings import Settings

if TYPE_CHECKING:
    from curl_cffi.requests import Response, Session

SOURCE = "yahoo"
PROBE_SYMBOL, PROBE_SECONDS = "AAPL", 3.0
_EVENTS = "div,splits,capitalGains"
_ANSWERS = (200, 400, 404, 422)
_THROTTLED = (429, 999)
_THROTTLED_PAGE = b"Too Many Requests"


class ChartClient:
    """Fetches daily charts. Shared by threads; one rate limit for all of them. Use as a context manager."""

    def __init__(
        self,
        settings: Settings,
        *,
        timeout: float | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._base, self._clock = settings.yahoo_url.rstrip("/"), clock
        self._timeout = settings.http_timeout if timeout is None else timeout
        self._limit = RateLimit(settings.yahoo_rate)
        self._session = _open_session()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    def fetch(self, symbol: str, *, since: date) -> RawRecord:
        """Daily quotes and events of `symbol` from `since` to the present, whatever part of it is kept.

        Quotes are split-adjusted as of the fetch, so the splits up to the present are needed to undo that.
        """
        return self.get(self.url(symbol, since=since))

    def url(self, symbol: str, *, since: date) -> str:
        """Address of the daily chart of `symbol` from `since` to the present."""
        now = self._clock()
        query = {
            "period1": _epoch(since),
            "period2": _epoch(now.astimezone(UTC).date() + timedelta(days=2)),
            "interval": "1d",
            "events": _EVENTS,
            "includeAdjustedClose": "true",
        }
        return f"{self._base}/v8/finance/chart/{quote(symbol, safe='')}?{urlencode(query)}"

    def get(self, url: str) -> RawRecord:
        """Ask once, within the rate; the whole answer has to come within the time limit."""
        from curl_cffi.requests.exceptions import RequestException  # noqa: PLC0415  see _open_session

        self._limit.wait()
        now = self._clock()
        try:
            response = self._session.get(url, timeout=self._timeout, allow_redirects=True)
        except RequestException as error:
            if is_refusal(error):
                raise ConnectionRefusedByHostError(url, "LODE_YAHOO_URL") from error
            raise SourceUnavailableError(f"no answer from {url}: {str(error).split('. See', maxsplit=1)[0]}") from error
        headers = {name.lower(): value or "" for name, value in response.headers.items()}
        record = RawRecord(url, response.status_code, headers, response.content, now)
        refuse_failure(record, self._limit)
        return record


def refuse_failure(record: RawRecord, limit: RateLimit) -> None:
    """Raise what an answer that is none stands for; a throttle holds back everyone who shares `limit`."""
    status, url = record.status, record.url
    if status in _THROTTLED or _THROTTLED_PAGE in record.body[:200]:
        wait = retry_after(record.headers, record.fetched)
        limit.pause(wait or 0.0)
        asked = f", asked to wait {wait:g} s" if wait is not None else ""
        raise ThrottledForError(
            f"Yahoo throttles (status {status}{asked}); lower LODE_YAHOO_RATE or try again later", wait
        )
    if status >= 500:
        raise SourceUnavailableError(f"Yahoo failed with status {status} for {url}; try again later")
    if status not in _ANSWERS:
        raise OddAnswerError(
            f"Yahoo refused with status {status} for {url}; allowed are 200, 400, 404 and 422: "
            "see whether LODE_YAHOO_URL is right and whether this network may use it"
        )


def probe(settings: Settings) -> bool:
    """Tell whether Yahoo answers with a chart within three seconds; why not is logged."""
    try:
        with ChartClient(settings, timeout=PROBE_SECONDS) as client:
            since = datetime.now(UTC).date() - timedelta(days=10)
            parse_chart(client.fetch(PROBE_SYMBOL, since=since))
    except CollectError as error:
        get_logger("yahoo").info("Yahoo does not answer the probe", reason=str(error))
        return False
    return True


def _open_session() -> Session[Response]:
    """Return a session that greets as a browser does; UsageError where the extra is not installed."""
    try:
        from curl_cffi import requests  # noqa: PLC0415  only collecting needs the extra that brings it
    except ImportError as error:
        raise UsageError(f"Yahoo needs {error.name}: pip install 'lode-factors[collect]'") from error
    return requests.Session(impersonate="chrome")


def _epoch(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
