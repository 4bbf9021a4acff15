"""Yahoo's chart endpoint as a replica: recorded bodies, or a market made by the test."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo

from lode.collect.http import RawRecord
from tests.replicas.server import Answer

NEW_YORK = "America/New_York"
NOT_FOUND = Answer(
    404,
    b'{"chart":{"result":null,"error":{"code":"Not Found","description":"No data found, symbol may be delisted"}}}',
)


@dataclass
class Listing:
    """A stock as it was traded: {day: (open, high, low, close, volume)}, splits {day: new/old}, cash {day: amount}."""

    traded: dict[date, tuple[float | None, ...]]
    splits: dict[date, tuple[float, float]] = field(default_factory=dict)
    dividends: dict[date, float] = field(default_factory=dict)
    capital_gains: dict[date, float] = field(default_factory=dict)
    listed: date | None = date(1980, 12, 12)
    currency: str = "USD"
    answers_as: str = ""  # the symbol that the answer carries, where it is another than asked
    exchange: str = "NMS"
    zone: str = NEW_YORK


def chart_body(symbol: str, listing: Listing, *, since: date, today: date, currency: str | None = None) -> bytes:
    """What Yahoo would answer on `today`: everything split-adjusted as of then, events from `since` on."""
    known = {day: new / old for day, (new, old) in listing.splits.items() if day <= today}

    def later(day: date) -> float:
        product = 1.0
        for split, ratio in known.items():
            product *= ratio if split > day else 1.0
        return product

    at = partial(opening, zone=listing.zone)
    days = [day for day in sorted(listing.traded) if since <= day <= today]
    quotes = {name: [] for name in ("open", "high", "low", "close", "volume")}
    for day in days:
        for name, value in zip(quotes, listing.traded[day], strict=True):
            adjusted = None if value is None else value * later(day) if name == "volume" else value / later(day)
            quotes[name].append(adjusted)
    events: dict[str, object] = {}
    for kind, paid in {"dividends": listing.dividends, "capitalGains": listing.capital_gains}.items():
        cash = {d: a / later(d) for d, a in paid.items() if since <= d <= today}
        if cash:
            events[kind] = {str(at(d)): {"amount": a, "date": at(d)} for d, a in cash.items()}
    splits = {d: r for d, r in listing.splits.items() if since <= d <= today}
    if splits:
        events["splits"] = {
            str(at(d)): {"date": at(d), "numerator": n, "denominator": o, "splitRatio": f"{n}:{o}"}
            for d, (n, o) in splits.items()
        }
    result = {
        "meta": {
            "currency": currency or listing.currency,
            "symbol": listing.answers_as or symbol,
            "exchangeName": listing.exchange,
            "instrumentType": "EQUITY",
            "longName": f"{symbol} Inc.",
            "exchangeTimezoneName": listing.zone,
            "firstTradeDate": at(listing.listed) if listing.listed else None,
        },
        "indicators": {"quote": [quotes if days else {}], "adjclose": [{"adjclose": quotes["close"]}]},
    }
    if days:
        result["timestamp"] = [at(day) for day in days]
    if events:
        result["events"] = events
    return json.dumps({"chart": {"result": [result], "error": None}}).encode()


def opening(day: date, zone: str = NEW_YORK) -> int:
    """Seconds since 1970 at 9:30 in New York, or elsewhere."""
    return int(datetime(day.year, day.month, day.day, 9, 30, tzinfo=ZoneInfo(zone)).timestamp())


@dataclass
class Market:
    """Answers charts of its listings as of `today`."""

    listings: Mapping[str, Listing]
    today: date

    def __call__(self, path: str) -> Answer:
        symbol = unquote(urlsplit(path).path.rsplit("/", maxsplit=1)[-1])
        if symbol not in self.listings:
            return NOT_FOUND
        since = datetime.fromtimestamp(int(parse_qs(urlsplit(path).query)["period1"][0]), UTC).date()
        return Answer(body=chart_body(symbol, self.listings[symbol], since=since, today=self.today))


def recorded(folder: Path, name: str) -> RawRecord:
    """A recorded answer of the shared data."""
    kept = json.loads((folder / "yahoo" / "chart" / name).read_text())
    response = kept["response"]
    return RawRecord(
        kept["request"]["url"],
        response["status"],
        response["headers"],
        json.dumps(response["bodyJson"]).encode(),
        datetime(2025, 2, 20, tzinfo=UTC),
    )


def weekdays(first: date, count: int) -> Sequence[date]:
    """`count` weekdays from `first` on; choose a range without holidays."""
    days = (first + timedelta(days=n) for n in range(2 * count + 7))
    return [day for day in days if day.weekday() < 5][:count]
