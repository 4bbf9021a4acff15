"""Ten years of many stocks behind a chart endpoint, with faults at random: the replica of the long tests.

python -m tests.replicas.decade SYMBOLS SESSIONS FAULT_SHARE SEED     prints its URL, serves until its input ends;
                                                                     `today DATE`, `asked` and `reset` on the input
"""

from __future__ import annotations

import gzip
import json
import random
import sys
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np

from lode import calendar
from tests.replicas.server import Answer, Replica
from tests.replicas.yahoo import NEW_YORK, NOT_FOUND, opening

LAST = date(2024, 5, 24)
FAULTS = (
    Answer(429, b"Too Many Requests", {"Retry-After": "0.05"}),
    Answer(429, b"Too Many Requests"),
    Answer(500, b"oops"),
    Answer(503, b"oops"),
    Answer(body=b"<html>Will be right back</html>"),
    Answer(body=b'{"chart": {"result": [{"me'),
    Answer(body=b"x" * 1000, cut=100),
    Answer(body=b"no gzip", headers={"Content-Encoding": "gzip"}),
)


def session_days(count: int) -> list[date]:
    """The last `count` sessions of New York up to LAST and the twenty after it."""
    days = calendar.sessions("XNYS", "2010-01-04", "2024-06-24")
    end = int(np.searchsorted(days, np.datetime64(LAST), side="right"))
    return [date.fromisoformat(str(day)) for day in days[max(0, end - count) : end + 20]]


def symbols(count: int) -> list[str]:
    """Names of the stocks."""
    return [f"S{number:03d}" for number in range(count)]


@dataclass
class Decade:
    """Answers charts of `count` stocks as of `today`; a share of the answers is a fault instead, drawn from a seed."""

    count: int
    sessions: int
    share: float
    seed: int
    today: date = LAST
    answered: int = 0
    _charts: dict[str, tuple[list[str], list[int]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._days = session_days(self.sessions)
        self._times = [opening(day) for day in self._days]

    def __call__(self, path: str) -> Answer:
        if self._random.random() < self.share:
            return self._random.choice(FAULTS)
        symbol = unquote(urlsplit(path).path.rsplit("/", maxsplit=1)[-1])
        if symbol not in symbols(self.count):
            return NOT_FOUND
        since = datetime.fromtimestamp(int(parse_qs(urlsplit(path).query)["period1"][0]), UTC).date()
        self.answered += 1
        body = gzip.compress(chart(symbol, self._days, self._times, since, self.today), 1)
        return Answer(body=body, headers={"Content-Type": "application/json", "Content-Encoding": "gzip"})


def prices(symbol: str, count: int) -> np.ndarray:
    """Open, high, low, close, volume (count, 5) of a stock: a walk of its own, in cents."""
    rng = np.random.default_rng(int(symbol[1:]))
    close = np.round(50 * np.exp(np.cumsum(rng.normal(0, 0.015, count))), 2) + 1
    spread = np.round(np.abs(rng.normal(0, 0.3, (3, count))), 2)
    opened = np.round(close + spread[0] - 0.3, 2).clip(0.5)
    high = np.maximum(opened, close) + spread[1]
    low = (np.minimum(opened, close) - spread[2]).clip(0.25)
    volume = rng.integers(10_000, 9_000_000, count)
    return np.round(np.stack([opened, high, low, close, volume], axis=1), 2)


def chart(symbol: str, days: list[date], times: list[int], since: date, today: date) -> bytes:
    """Return the chart of a stock that pays 10 cents every 63rd session."""
    values = prices(symbol, len(days))
    chosen = [n for n, day in enumerate(days) if since <= day <= today]
    quotes = {name: values[chosen, n].tolist() for n, name in enumerate(("open", "high", "low", "close", "volume"))}
    paid = {str(times[n]): {"amount": 0.1, "date": times[n]} for n in chosen if n % 63 == 62}
    meta = {
        "currency": "USD",
        "symbol": symbol,
        "exchangeName": "NYQ",
        "instrumentType": "EQUITY",
        "longName": f"{symbol} Inc.",
        "exchangeTimezoneName": NEW_YORK,
        "firstTradeDate": times[0],
    }
    result = {
        "meta": meta,
        "timestamp": [times[n] for n in chosen],
        "indicators": {"quote": [quotes], "adjclose": [{"adjclose": quotes["close"]}]},
        "events": {"dividends": paid},
    }
    return json.dumps({"chart": {"result": [result], "error": None}}).encode()


def main(count: int, sessions: int, share: float, seed: int) -> None:
    """Serve until the input ends."""
    market = Decade(count, sessions, share, seed)
    with Replica(market) as replica:
        print(replica.url, flush=True)
        for line in sys.stdin:
            word, _, rest = line.strip().partition(" ")
            if word == "today":
                market.today = date.fromisoformat(rest)
                print("ok", flush=True)
            elif word == "asked":
                print(json.dumps({"paths": replica.asked, "times": replica.times}), flush=True)
            elif word == "reset":
                replica.asked.clear()
                replica.times.clear()
                print("ok", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
