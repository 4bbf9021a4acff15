"""A market in the embedded warehouse, into which tests plant leaks, and the checks that a run makes of a factor."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from lode import calendar
from lode.evidence.leaks import LeakCheck, overall
from lode.language import parse
from lode.panel import load_snapshot
from lode.warehouse.stores.articles import COLUMNS, insert_articles
from lode.warehouse.stores.bars import insert_actions, insert_bars
from lode.warehouse.stores.facts import insert_facts
from lode.warehouse.stores.instruments import insert_instruments
from lode.workflow.context import Context
from lode.workflow.freezing import Selection, freeze
from lode.workflow.leaking import leak_checker
from lode.workflow.options import MiningOptions
from lode.workflow.scoring import leak_subject

SESSIONS = calendar.sessions("XNYS", "2018-01-02", "2019-08-30")
CLOSES = [close.item().replace(tzinfo=UTC) for close in calendar.close_time("XNYS", SESSIONS)]
AS_OF = datetime(2019, 9, 30, tzinfo=UTC)
NAMES = 24
SPLITS = {3: (200, 4.0), 11: (260, 5.0), 17: (150, 4.0)}
"""Column of the name that splits, the session from which on, and the ratio."""
_NUMBER = itertools.count()


@dataclass
class Market:
    """Independent walks with splits as they were traded; a test changes arrays (sessions, names) and stores them."""

    source: str = field(default_factory=lambda: f"market{next(_NUMBER)}")
    adjusted: bool = False

    def __post_init__(self) -> None:
        rng = np.random.default_rng(7)
        shape = len(SESSIONS), NAMES
        self.names = [f"{self.source.upper()}-{number:02}" for number in range(NAMES)]
        self.returns = 0.02 * rng.standard_normal(shape)
        self.split = np.ones(shape)
        for name, (row, ratio) in SPLITS.items():
            self.split[row:, name] *= ratio
        self.whole = 200 * np.exp(np.cumsum(self.returns, axis=0))
        self.columns = {"close": self.whole / self.split}
        self.columns["volume"] = 1e6 * np.exp(0.3 * rng.standard_normal(shape)) * self.split
        self.alive = np.ones(shape, bool)

    def store(self, context: Context, names: list[str] | None = None) -> None:
        kept = pl.DataFrame(self.rows()).filter(pl.col("instrument").is_in(names or self.names))
        bars = kept.with_columns(adjusted=self.adjusted, backfilled=False, currency=pl.lit("USD"))
        insert_bars(context.warehouse, bars, source=self.source, collected_at=AS_OF)
        actions = [
            {"instrument": self.names[name], "ex_date": SESSIONS[row].item(), "kind": "split", "value": ratio}
            | {"knowledge_time": CLOSES[row - 1]}
            for name, (row, ratio) in SPLITS.items()
        ]
        insert_actions(context.warehouse, pl.DataFrame(actions), source=self.source)

    def rows(self) -> list[dict[str, Any]]:
        return [
            {"instrument": name, "session": SESSIONS[t].item(), "knowledge_time": CLOSES[t]}
            | {column: float(values[t, n]) for column, values in self.columns.items()}
            for n, name in enumerate(self.names)
            for t in np.flatnonzero(self.alive[:, n])
        ]

    def ciks(self) -> list[int]:
        first = 1000 * (1 + int(self.source.removeprefix("market")))
        return [first + number for number in range(NAMES)]


def companies(market: Market, context: Context) -> None:
    """Give every name a company and a sector."""
    told = {"instrument": market.names, "cik": market.ciks(), "sector": [f"S{n % 3}" for n in range(NAMES)]}
    insert_instruments(context.warehouse, pl.DataFrame(told), source="sec", known_at=AS_OF)


def quarterly_assets(market: Market) -> list[dict[str, Any]]:
    """A balance sheet of every company a quarter, accepted 40 days after the quarter's end."""
    ends = pl.date_range(date(2017, 9, 30), date(2019, 6, 30), "1q", eager=True).to_list()
    rng = np.random.default_rng(3)
    rows = []
    for cik, (number, end) in itertools.product(market.ciks(), enumerate(ends)):
        accepted = datetime(end.year, end.month, end.day, 20, tzinfo=UTC) + timedelta(days=40)
        told = {"cik": cik, "concept": "us-gaap/Assets", "unit": "USD", "period_start": None, "period_end": end}
        told |= {"value": float(rng.lognormal(10, 1)), "form": "10-Q", "accession": f"{cik}-{number}"}
        told |= {"filed": accepted.date(), "accepted": accepted, "knowledge_time": accepted}
        rows.append(told | {"fiscal_year": end.year, "fiscal_period": "Q1", "source": "sec"})
    return rows


def store_facts(market: Market, context: Context, rows: list[dict[str, Any]]) -> None:
    companies(market, context)
    insert_facts(context.warehouse, pl.DataFrame(rows, infer_schema_length=None))


def store_news(market: Market, context: Context, *, known: str) -> None:
    """An article of every name every third session, collected two days after it was published, known at `known`."""
    rng, rows = np.random.default_rng(5), []
    for name, t in itertools.product(market.names, range(3, len(SESSIONS) - 3, 3)):
        times = {"published": CLOSES[t] - timedelta(hours=3), "collected_at": CLOSES[t] + timedelta(days=2)}
        told = dict.fromkeys(COLUMNS, "") | {"article": f"{name}-{t}", "instrument": name, "rank": 1}
        told |= {"backfilled": False, "sentiment": float(rng.normal()), "sentiment_model": "vader", **times}
        rows.append(told | {"knowledge_time": times[known]})
    insert_articles(context.warehouse, pl.DataFrame(rows, schema=list(COLUMNS), orient="row"))


def checked(
    context: Context,
    formula: str,
    market: Market,
    *,
    universe: str = "",
    instruments: list[str] | None = None,
    **options: Any,
) -> Mapping[str, LeakCheck]:
    """Freeze what the warehouse has of a market and check a factor on it, as a run does."""
    chosen = None if instruments is None else tuple(instruments)
    record = freeze(context, Selection(market.source, universe or market.source, chosen), AS_OF)
    return checked_snapshot(context, formula, record.snapshot, **options)


def checked_snapshot(context: Context, formula: str, snapshot: str, **options: Any) -> Mapping[str, LeakCheck]:
    panel = load_snapshot(snapshot, context.lake, context.settings.cache)
    subject = leak_subject(parse(formula), MiningOptions(**{"min_names": 10, **options}))
    return {check.name: check for check in leak_checker(context, snapshot, panel)(subject, 0)}


def caught(checks: Mapping[str, LeakCheck], name: str, said: str, outcome: str = "failed") -> bool:
    """Whether a check says so, and with it the whole."""
    assert (checks[name].outcome, said in checks[name].detail) == (outcome, True), checks[name]
    return overall(checks.values()) == outcome


def passed(checks: Mapping[str, LeakCheck]) -> bool:
    """Whether all do; those that do not are shown."""
    assert [c for c in checks.values() if c.outcome not in ("passed", "reported")] == []
    return overall(checks.values()) == "passed"
