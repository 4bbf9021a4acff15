"""Parse a v8 chart: quotes as they were traded, splits and dividends as events. Pure.

Yahoo's quotes and dividends are split-adjusted as of the fetch. A quote of session s was traded at quote × the product
of the ratios (new/old shares) of the splits with an ex-date after s; the volume goes the other way.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lode.collect.http import OddAnswerError, RawRecord
from lode.errors import CollectError, SourceUnavailableError, UnknownSymbolError

QUOTES = ("open", "high", "low", "close")
_EVENT_KINDS = {"dividends": "dividend", "capitalGains": "capital-gain"}
_NOT_FOUND = "Not Found"


@dataclass(frozen=True)
class Chart:
    """One symbol's chart.

    bars: session, open, high, low, close (as traded, in `currency`), volume (as traded); in the order of the body, a
        value that is missing there is null.
    listed: day of the first trade that Yahoo knows, in the exchange's time zone; None where it does not say.
    actions: ex_date, kind (split, dividend, capital-gain), value (new/old shares; cash as paid per share then), sorted.
    """

    symbol: str
    currency: str
    exchange: str
    kind: str
    name: str
    time_zone: str
    bars: pl.DataFrame
    actions: pl.DataFrame
    listed: date | None = None


def parse_chart(record: RawRecord) -> Chart:
    """Read a raw record of the chart endpoint.

    Raises UnknownSymbolError where Yahoo says that it has no such symbol, SourceUnavailableError for what is no JSON
    (an HTML page, a cut body), OddAnswerError for JSON of another shape than the known one, CollectError for a refusal.
    """
    result = _result(_document(record), record)
    try:
        return chart_of(result)
    except (
        KeyError,
        IndexError,
        TypeError,
        ValueError,
        AttributeError,
        ArithmeticError,
        ZoneInfoNotFoundError,
        pl.exceptions.PolarsError,
    ) as error:
        raise OddAnswerError(
            f"the chart from {record.url} has changed its shape ({type(error).__name__}: {error}); "
            f"its bytes are kept in the lake (sha256 {record.sha256[:16]}): report it"
        ) from error


def _document(record: RawRecord) -> Any:  # noqa: ANN401  decoded JSON
    try:
        return json.loads(record.body)
    except ValueError as error:
        start = record.body[:40].decode("utf-8", "replace")
        raise SourceUnavailableError(
            f"the answer from {record.url} is no JSON (status {record.status}, begins {start!r}); try again later"
        ) from error


def _result(document: Any, record: RawRecord) -> dict[str, Any]:  # noqa: ANN401  decoded JSON
    chart = document.get("chart") if isinstance(document, dict) else None
    if not isinstance(chart, dict):
        raise OddAnswerError(f"the answer from {record.url} has no chart; its bytes are kept in the lake: report it")
    error = chart.get("error")
    if error or record.status == 404:
        code, text = (error.get("code"), error.get("description")) if isinstance(error, dict) else (_NOT_FOUND, "")
        if code == _NOT_FOUND:
            raise UnknownSymbolError(f"Yahoo knows no such symbol: {text or record.url}")
        raise CollectError(f"Yahoo refused {record.url}: {code}: {text}")
    results = chart.get("result")
    if not isinstance(results, list) or len(results) != 1 or not isinstance(results[0], dict):
        raise OddAnswerError(
            f"the chart from {record.url} has no single result; its bytes are kept in the lake: report it"
        )
    return results[0]


def chart_of(result: dict[str, Any]) -> Chart:
    """Read one result of the chart endpoint; LookupError, TypeError or ValueError where its shape is another."""
    meta, events = result["meta"], result.get("events") or {}
    zone = meta["exchangeTimezoneName"]
    ZoneInfo(zone)
    times = result.get("timestamp") or []
    quote = result["indicators"]["quote"][0] if times else {}
    sessions = _days(times, zone)
    splits = _splits(events, zone)
    quoted = {name: _values(quote, name, len(times)) for name in (*QUOTES, "volume")}
    ratio = _later_ratio(sessions, splits)
    bars = pl.DataFrame(
        {
            "session": sessions,
            **{name: quoted[name] * ratio for name in QUOTES},
            "volume": np.round(quoted["volume"] / ratio),
        }
    ).with_columns(pl.col(*QUOTES, "volume").fill_nan(None))
    return Chart(
        symbol=str(meta["symbol"]),
        currency=str(meta.get("currency") or ""),
        exchange=str(meta.get("exchangeName") or ""),
        kind=str(meta.get("instrumentType") or ""),
        name=str(meta.get("longName") or meta.get("shortName") or ""),
        time_zone=zone,
        bars=bars,
        actions=_actions(events, splits, zone),
        listed=_days([begun], zone).item() if (begun := meta.get("firstTradeDate")) is not None else None,
    )


def _days(seconds: list[int], zone: str) -> pl.Series:
    """Days of moments (seconds since 1970) in the exchange's time zone."""
    moments = pl.Series("session", seconds, pl.Int64) * 1_000_000
    return moments.cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(zone).dt.date()


def _values(quote: dict[str, Any], name: str, count: int) -> NDArray[np.float64]:
    """One value a moment, NaN where it is missing."""
    values = np.array(quote[name] if count else [], np.float64)
    if len(values) != count:
        raise ValueError(f"{len(values)} values of {name} for {count} moments")
    return values


def _splits(events: dict[str, Any], zone: str) -> pl.DataFrame:
    """Splits as ex_date and value (new/old shares), sorted."""
    entries = list((events.get("splits") or {}).values())
    ratios = [float(entry["numerator"]) / float(entry["denominator"]) for entry in entries]
    if any(not ratio > 0 for ratio in ratios):
        raise ValueError(f"split ratios {ratios}; above 0 is allowed")
    days = _days([entry["date"] for entry in entries], zone).rename("ex_date")
    return pl.DataFrame({"ex_date": days, "value": pl.Series(ratios, dtype=pl.Float64)}).unique().sort("ex_date")


def _later_ratio(days: pl.Series, splits: pl.DataFrame) -> NDArray[np.float64]:
    """Return of each day the product of the ratios of the splits with an ex-date after it."""
    cumulative = np.concatenate([np.cumprod(splits["value"].to_numpy()[::-1])[::-1], [1.0]])
    return cumulative[np.searchsorted(splits["ex_date"].to_numpy(), days.to_numpy(), side="right")]


def _actions(events: dict[str, Any], splits: pl.DataFrame, zone: str) -> pl.DataFrame:
    frames = [splits.select("ex_date", pl.lit("split").alias("kind"), "value")]
    for theirs, ours in _EVENT_KINDS.items():
        entries = list((events.get(theirs) or {}).values())
        days = _days([entry["date"] for entry in entries], zone).rename("ex_date")
        paid = np.array([entry["amount"] for entry in entries], np.float64) * _later_ratio(days, splits)
        frames.append(
            pl.DataFrame({"ex_date": days, "kind": pl.Series([ours] * len(entries), dtype=pl.String), "value": paid})
        )
    return pl.concat(frames).unique().sort("ex_date", "kind", "value")
