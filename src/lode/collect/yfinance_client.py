"""yfinance as a second place that answers charts: its frames are kept raw, its failures are told apart.

yfinance has no setting for its address, one session for all tickers, a cookie and a crumb that charts do not need, and
one exception (or an empty frame) for a throttle, an outage, an unknown ticker and a ticker without prices. So it gets a
session of Lode's: charts go to `settings.yahoo_url`, nothing else leaves the machine, and what the chart's own answer
said decides what the failure was. A volume that Yahoo leaves out is 0 in yfinance's frames.
"""

from __future__ import annotations

import json
import threading
import warnings
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

from lode.collect.chart import Chart, chart_of, parse_chart
from lode.collect.hosts import ConnectionRefusedByHostError, is_refusal
from lode.collect.http import OddAnswerError, RateLimit, RawRecord
from lode.collect.yahoo import refuse_failure
from lode.errors import CollectError, SourceUnavailableError, UsageError
from lode.settings import Settings

if TYPE_CHECKING:
    import pandas as pd
    from curl_cffi.requests import Response, Session

SOURCE = "yfinance"
_CHART = "/v8/finance/chart/"
_META = ("symbol", "currency", "exchangeName", "instrumentType", "longName", "shortName", "exchangeTimezoneName")
_QUOTES = {"Open": "open", "High": "high", "Low": "low", "Close": "close", "Volume": "volume"}
_EVENTS = {"Dividends": "dividends", "Capital Gains": "capitalGains"}


class YfinanceClient:
    """Fetches daily frames through yfinance. Shared by threads; one rate for all of them. A context manager."""

    def __init__(self, settings: Settings, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._base, self._clock, self._timeout = settings.yahoo_url.rstrip("/"), clock, settings.http_timeout
        self._answers = threading.local()
        self._limit = RateLimit(settings.yahoo_rate)
        self._session = _open_session(self._base, self._answers, str(settings.cache / "yfinance"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    def url(self, symbol: str, *, since: date) -> str:
        """Address of the chart that yfinance asks for, with the day from which on it is wanted."""
        return f"{self._base}{_CHART}{quote(symbol, safe='')}?{urlencode({'start': since.isoformat()})}"

    def get(self, url: str) -> RawRecord:
        """Ask yfinance once. The body is the frame as JSON, or Yahoo's own answer where there is no frame."""
        parts = urlsplit(url)
        symbol = unquote(parts.path.removeprefix(urlsplit(self._base).path + _CHART))
        self._limit.wait()
        now = self._clock()
        frame, fault = self._history(symbol, parse_qs(parts.query)["start"][0])
        answer: Response | None = self._answers.last
        if answer is None:
            if is_refusal(fault):
                raise ConnectionRefusedByHostError(url, "LODE_YAHOO_URL") from fault
            raise SourceUnavailableError(f"no answer through yfinance for {symbol}: {fault}") from fault
        raw = RawRecord(
            url, answer.status_code, {k.lower(): v or "" for k, v in answer.headers.items()}, answer.content, now
        )
        refuse_failure(raw, self._limit)
        if answer.status_code != 200:
            return raw
        return replace(raw, body=_body(frame, raw, fault))

    def _history(self, symbol: str, start: str) -> tuple[pd.DataFrame | None, Exception | None]:
        """Return yfinance's frame, or what it raised."""
        import yfinance  # type: ignore[import-untyped]  # noqa: PLC0415  slow, and only this source needs it
        from curl_cffi.requests.exceptions import RequestException  # noqa: PLC0415
        from yfinance.exceptions import YFException  # type: ignore[import-untyped]  # noqa: PLC0415

        warnings.filterwarnings("ignore", module=r"yfinance\.")  # its own use of pandas
        self._answers.last = None
        ticker = yfinance.Ticker(symbol, session=self._session)
        ticker._tz = "UTC"  # noqa: SLF001  else yfinance asks for it first, and remembers failures for ever
        options = {"auto_adjust": False, "actions": True, "keepna": True, "timeout": self._timeout}
        try:
            return ticker.history(start=start, interval="1d", **options), None
        except (YFException, RequestException, LookupError, TypeError, ValueError, AttributeError) as fault:
            return None, fault


def parse_frame(record: RawRecord) -> Chart:
    """Read a record of the client: a frame, or the answer of Yahoo that was none. Raises as parse_chart does.

    A frame whose closes are all missing raises CollectError: it is no answer of "nothing".
    """
    if record.status != 200:
        return parse_chart(record)
    document = json.loads(record.body)
    try:
        chart = chart_of(_as_result(document))
    except (LookupError, TypeError, ValueError) as error:
        raise OddAnswerError(
            f"the frame of yfinance for {record.url} has changed its shape ({type(error).__name__}: {error}); "
            f"its bytes are kept in the lake (sha256 {record.sha256[:16]}): report it"
        ) from error
    if chart.bars.height and chart.bars["close"].null_count() == chart.bars.height:
        raise CollectError(f"yfinance has only missing values of {chart.symbol} ({chart.bars.height} sessions)")
    return chart


def _body(frame: pd.DataFrame | None, raw: RawRecord, fault: Exception | None) -> bytes:
    """Serialise the frame with the answer's metadata; CollectError where there is neither frame nor metadata."""
    try:
        meta = json.loads(raw.body)["chart"]["result"][0]["meta"]
    except ValueError as error:
        raise SourceUnavailableError(f"the answer from {raw.url} is no JSON; try again later") from error
    except (LookupError, TypeError) as error:
        raise OddAnswerError(f"yfinance cannot read the answer from {raw.url}: {fault or error}") from error
    from yfinance.exceptions import YFPricesMissingError  # noqa: PLC0415

    if frame is None and not isinstance(fault, YFPricesMissingError):
        raise OddAnswerError(f"yfinance cannot read the answer from {raw.url}: {type(fault).__name__}: {fault}")
    kept = {name: meta.get(name) for name in (*_META, "firstTradeDate")}
    empty = frame is None or frame.empty
    times = [] if frame is None or empty else [int(moment.timestamp()) for moment in frame.index]
    columns = {} if frame is None or empty else {str(n): [_number(v) for v in frame[n]] for n in frame.columns}
    return json.dumps({"meta": kept, "time": times, "columns": columns}).encode()


def _number(value: float) -> float | None:
    return None if value != value else float(value)  # noqa: PLR0124  NaN alone differs from itself


def _as_result(document: dict[str, Any]) -> dict[str, Any]:
    """The frame in the shape of the chart endpoint's result."""
    times, columns = document["time"], document["columns"]
    events: dict[str, dict[str, Any]] = {}
    for theirs, ours in _EVENTS.items():
        paid = zip(times, columns.get(theirs, []), strict=False)
        events[ours] = {str(at): {"date": at, "amount": value} for at, value in paid if value}
    ratios = zip(times, columns.get("Stock Splits", []), strict=False)
    events["splits"] = {str(at): {"date": at, "numerator": value, "denominator": 1} for at, value in ratios if value}
    quotes = {ours: columns[theirs] for theirs, ours in _QUOTES.items()} if times else {}
    return {"meta": document["meta"], "timestamp": times, "indicators": {"quote": [quotes]}, "events": events}


def _open_session(base: str, answers: threading.local, cache: str) -> Session[Response]:
    """Return a session for yfinance; UsageError where the extra is not installed."""
    try:
        import yfinance  # noqa: PLC0415  slow, and only this source needs it
        from curl_cffi import requests  # noqa: PLC0415
    except ImportError as error:
        raise UsageError(f"yfinance needs {error.name}: pip install 'lode-factors[collect]'") from error
    yfinance.set_tz_cache_location(cache)
    yfinance.config.debug.hide_exceptions = False

    class Charts(requests.Session):  # type: ignore[type-arg]  # the class is made where its base is imported
        """Sends charts to `base`, once each; answers everything else (cookies, crumbs) itself, with nothing."""

        def request(self, method: str, url: str, *args: Any, **options: Any) -> Any:  # noqa: ANN401  curl_cffi's options
            path = urlsplit(url).path
            if not path.startswith(_CHART):
                return _nothing(requests.Response(), url)
            if answers.last is None:
                answers.last = super().request(cast("Any", method), base + path, *args, **options)
            return answers.last

    return Charts(impersonate="chrome")


def _nothing(response: Any, url: str) -> Any:  # noqa: ANN401  a response of whichever session
    response.url, response.status_code, response.content = url, 200, b""
    return response
