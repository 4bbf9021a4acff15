"""All the outside at once: Yahoo, EDGAR and a search provider as replicas, and a home that is told of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from lode.calendar import sessions
from lode.workflow.context import Context
from tests.replicas.search import PostReplica, tavily_body
from tests.replicas.sec import Company, Edgar, fact, filed
from tests.replicas.server import Answer, Replica
from tests.replicas.world import evening
from tests.replicas.yahoo import Listing, Market
from tests.workflow.homes import Home

SYMBOLS = ("AAA", "BBB", "CCC")
DAYS: list[date] = list(sessions("XNYS", "2023-06-01", "2024-05-24").tolist())
TODAY = DAYS[-1]


@dataclass
class Outside:
    """The replicas, and a home whose settings point at them."""

    home: Home
    market: Market
    yahoo: Replica
    edgar: Edgar
    sec: Replica
    news: PostReplica

    @contextmanager
    def context(self, day: date = TODAY) -> Iterator[Context]:
        """Open the home on the evening of a day."""
        self.market.today = day
        with self.home.context() as opened:
            yield replace(opened, clock=lambda: evening(day))


@contextmanager
def outside(folder: Path, **environment: str) -> Iterator[Outside]:
    """Three companies that all three sources know; one piece of news of each on the day before the last."""
    market = Market({symbol: _listing(symbol) for symbol in SYMBOLS}, TODAY)
    edgar = Edgar([_company(n, symbol) for n, symbol in enumerate(SYMBOLS, start=1)])
    story = {"url": "https://news.example/a", "title": "All is well", "content": "Good profit and strong growth."}
    found = tavily_body([story | {"published_date": f"{DAYS[-2]:%a, %d %b %Y} 12:00:00 GMT"}])
    with Replica(market) as yahoo, Replica(edgar) as sec, PostReplica(lambda _: Answer(body=found)) as news:
        settings = {
            "LODE_COLLECTORS": "market,filings,news",
            "LODE_YAHOO_URL": yahoo.url,
            "LODE_YAHOO_RATE": "200",
            "LODE_SEC_DATA_URL": sec.url,
            "LODE_SEC_ARCHIVES_URL": sec.url,
            "LODE_SEC_CONTACT": "Jane Doe jane@example.org",
            "LODE_SEC_RATE": "10",
            "LODE_NEWS_PROVIDER": "tavily",
            "LODE_TAVILY_URL": news.url,
            "LODE_TAVILY_KEY": "a-key",
            "LODE_NEWS_RATE": "100",
        }
        home = Home(folder / "outside", tuple((settings | environment).items()))
        try:
            yield Outside(home, market, yahoo, edgar, sec, news)
        finally:
            home.stop()


def _listing(symbol: str) -> Listing:
    """A stock whose price wanders, the same way every time."""
    steps = np.random.default_rng(sum(map(ord, symbol))).normal(0, 0.02, len(DAYS))
    closes = (60.0 * np.exp(np.cumsum(steps))).round(2).tolist()
    return Listing(
        {day: (c, c + 1, c - 1, c, 1_000.0 + 10 * n) for n, (day, c) in enumerate(zip(DAYS, closes, strict=True))}
    )


def _company(number: int, symbol: str) -> Company:
    accession = f"0000000{number:03d}-24-000001"
    document = f"<html><body><p>{'Our business is strong and grows well. ' * 40}</p></body></html>".encode()
    return Company(
        cik=number,
        tickers=[symbol],
        filings=[filed(accession, "10-K", "2024-02-15", "2024-02-15T13:00:00.000Z", period="2023-12-31", xbrl=True)],
        facts={
            "us-gaap/Revenues": {
                "USD": [fact("2023-12-31", 1e6 * number, accession, "2024-02-15", start="2023-01-01")]
            },
        },
        documents={accession.replace("-", ""): document},
        name=f"{symbol} INC",
    )
