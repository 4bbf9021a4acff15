"""Whose prices an answer has: which instrument a ticker stands for, decided on evidence.

- A ticker that is known goes on as the same instrument.
- Another company took over the ticker: the first trade that the source knows comes after the last session of the
  company that is known, and the answer has no session of hers. The new one gets the next id (`TICKER~2`).
- The company was renamed: the closes of the sessions that both have are equal, and either the answer carries another
  ticker than asked, or an unknown ticker has the first trade of an instrument that has stopped (five sessions of the
  answer lie after its last bar, and its ticker is not asked for any more). It goes on under its id, with the new ticker
  from then on. Two tickers that go on side by side are two instruments, however equal.
- Everything else that does not fit is refused: an answer for another ticker, other closes together with another first
  trade, another currency (GBp is not GBP). Its bytes stay in the lake, its prices reach no instrument.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from lode.collect.chart import Chart
from lode.errors import CollectError
from lode.warehouse import Warehouse
from lode.warehouse.stores.instruments import (
    insert_instruments,
    read_instruments,
    read_spells,
    rename,
    succeed,
    with_listing_days,
)

ENOUGH_EQUAL = 5  # sessions; fewer prove nothing
MOSTLY = 0.8  # share of common sessions whose closes are equal: a restatement or two may lie between
_CLOSE_ENOUGH = 1e-6
_RECENT = 30


@dataclass(frozen=True)
class Identified:
    """An answer and the instrument that its rows belong to."""

    symbol: str
    instrument: str
    note: str = ""


@dataclass(frozen=True)
class _Known:
    """What the warehouse has of an instrument: last closes by session, and their currency, from this source."""

    instrument: str
    symbol: str
    currency: str
    listed: date | None
    last: date | None
    closes: Mapping[date, float]


@dataclass(frozen=True)
class _Spell:
    """A time during which an instrument had a ticker; `last` is None while it goes on."""

    instrument: str
    first: date
    last: date | None


class Identities:
    """Decides and records which instrument each answer is about. Repeating it changes nothing.

    asked: every ticker that is asked for in the collection.
    """

    def __init__(self, warehouse: Warehouse, source: str, asked: Collection[str] = ()) -> None:
        self._warehouse, self._source, self._asked = warehouse, source, frozenset(asked)

    def identify(self, answers: Sequence[tuple[str, Chart, datetime]]) -> list[Identified | CollectError]:
        """Return the instrument of each (ticker asked, chart, time of the fetch), or why it is refused."""
        owners = self._owners([symbol for symbol, _, _ in answers])
        strangers = [chart for symbol, chart, _ in answers if symbol not in owners and chart.listed]
        suspects = with_listing_days(self._warehouse, sorted({c.listed for c in strangers if c.listed}))
        known = self._known({*(spell.instrument for spells in owners.values() for spell in spells), *suspects})
        found: list[Identified | CollectError] = []
        for symbol, chart, at in answers:
            spell = _holder(owners.get(symbol, ()), at)
            owner, ended = (known.get(spell.instrument), spell.last) if spell else (None, None)
            try:
                found.append(self._decide(symbol, chart, at, owner, ended, known.values()))
            except CollectError as error:
                found.append(error)
        self._describe([(i, c, at) for i, (_, c, at) in zip(found, answers, strict=True) if isinstance(i, Identified)])
        return found

    def _decide(
        self,
        symbol: str,
        chart: Chart,
        at: datetime,
        owner: _Known | None,
        ended: date | None,
        all_known: Iterable[_Known],
    ) -> Identified:
        if chart.symbol.upper() != symbol.upper():
            return self._renamed_by_source(symbol, chart, at, owner)
        if owner is None:
            stopped = [k for k in all_known if k.symbol not in self._asked and _has_stopped(k, chart)]
            same = [k for k in stopped if k.listed and k.listed == chart.listed and _equal(k, chart)]
            return self._renamed(symbol, chart, at, same[0]) if same else Identified(symbol, symbol)
        if _took_over(owner, ended, chart):
            return self._succeeded(symbol, chart, at, owner, ended)
        _refuse_stranger(symbol, chart, owner)
        _refuse_currency(symbol, chart, owner)
        return Identified(symbol, owner.instrument)

    def _renamed_by_source(self, symbol: str, chart: Chart, at: datetime, owner: _Known | None) -> Identified:
        if owner is None or not _equal(owner, chart):
            why = "their closes differ" if owner else f"{symbol} is not known yet"
            raise CollectError(
                f"asked for {symbol}, {self._source} answered with {chart.symbol}, and {why}: nothing is stored; "
                f"collect {chart.symbol} if that is its ticker now"
            )
        return self._renamed(chart.symbol.upper(), chart, at, owner, asked=symbol)

    def _renamed(self, symbol: str, chart: Chart, at: datetime, owner: _Known, asked: str = "") -> Identified:
        _refuse_currency(symbol, chart, owner)
        if any(spell.instrument == owner.instrument for spell in self._owners([symbol]).get(symbol, ())):
            return Identified(asked or symbol, owner.instrument)
        first = (owner.last or at.date()) + timedelta(days=1)
        evidence = f"equal closes of {symbol} and {owner.instrument}, first trade {chart.listed}"
        rename(
            self._warehouse, owner.instrument, symbol, first=first, evidence=evidence, source=self._source, known_at=at
        )
        return Identified(
            asked or symbol, owner.instrument, f"{owner.instrument} is called {symbol} from {first} on ({evidence})"
        )

    def _succeeded(self, symbol: str, chart: Chart, at: datetime, owner: _Known, ended: date | None) -> Identified:
        if chart.listed is None or (last := ended or owner.last) is None:
            raise AssertionError  # _took_over has seen both
        evidence = f"first trade {chart.listed} after {owner.instrument}'s last session {last}"
        instrument = succeed(
            self._warehouse, symbol, first=chart.listed, last=last, evidence=evidence, source=self._source, known_at=at
        )
        return Identified(symbol, instrument, f"{symbol} is another company, {instrument}: {evidence}")

    def _owners(self, symbols: Sequence[str]) -> dict[str, list[_Spell]]:
        """By ticker who had it, in the order of time."""
        found: dict[str, list[_Spell]] = {}
        for row in read_spells(self._warehouse, symbols).iter_rows(named=True):
            spell = _Spell(row["instrument"], row["first_session"], row["last_session"])
            found.setdefault(row["symbol"], []).append(spell)
        return found

    def _known(self, instruments: set[str]) -> dict[str, _Known]:
        if not instruments:
            return {}
        details = read_instruments(self._warehouse, sorted(instruments))
        recent = self._warehouse.query(
            "SELECT instrument, session, argMax(close, (knowledge_time, row_hash)) AS close, "
            "toString(argMax(currency, (knowledge_time, row_hash))) AS currency FROM bars "
            "WHERE source = {source:String} AND repairs = '' AND instrument IN {instruments:Array(String)} "
            "GROUP BY instrument, session ORDER BY instrument, session DESC LIMIT {most:UInt32} BY instrument",
            source=self._source,
            instruments=sorted(instruments),
            most=_RECENT,
        )
        last = self._warehouse.query(
            "SELECT instrument, max(session) AS last FROM bars WHERE instrument IN {instruments:Array(String)} "
            "GROUP BY instrument",
            instruments=sorted(instruments),
        )
        ends = dict(last.iter_rows())
        closes = {str(key): rows for (key,), rows in recent.group_by("instrument")}
        found = {}
        for row in details.iter_rows(named=True):
            name = row["instrument"]
            rows = closes.get(name)
            by_session = dict(rows.select("session", "close").iter_rows()) if rows is not None else {}
            currency = rows["currency"][0] if rows is not None else ""
            found[name] = _Known(name, row["symbol"], currency, row["listed"], ends.get(name), by_session)
        return found

    def _describe(self, identified: Sequence[tuple[Identified, Chart, datetime]]) -> None:
        if not identified:
            return
        rows = [
            {
                "instrument": found.instrument,
                "name": chart.name,
                "exchange": chart.exchange,
                "currency": chart.currency,
                "kind": chart.kind,
                "time_zone": chart.time_zone,
                "listed": chart.listed,
            }
            for found, chart, _ in identified
        ]
        frame = pl.DataFrame(rows, schema_overrides={"listed": pl.Date})
        insert_instruments(self._warehouse, frame, source=self._source, known_at=max(at for _, _, at in identified))


def _holder(spells: Sequence[_Spell], at: datetime) -> _Spell | None:
    """Who has a ticker, or had it last, on the day of a fetch: an old answer is of the company of its day."""
    begun = [spell for spell in spells if spell.first <= at.date()]
    return begun[-1] if begun else None


def _took_over(owner: _Known, ended: date | None, chart: Chart) -> bool:
    """Tell whether the chart is of a company that was listed after the owner's last session."""
    last = ended or owner.last
    if chart.listed is None or last is None or chart.listed <= last:
        return False
    first: date | None = chart.bars.drop_nulls("close")["session"].min()  # type: ignore[assignment]  # a day's column
    return first is None or first > last


def _has_stopped(owner: _Known, chart: Chart) -> bool:
    """Tell whether the chart goes on for long after the owner's last bar."""
    after = chart.bars.filter(pl.col("session") > owner.last) if owner.last else chart.bars.clear()
    return after["close"].count() >= ENOUGH_EQUAL


def _equal(owner: _Known, chart: Chart) -> bool:
    """Tell whether the closes of the sessions that both have are equal, but for a restatement or two."""
    pairs = _common(owner, chart)
    equal = sum(abs(now - before) <= _CLOSE_ENOUGH * abs(before) for now, before in pairs)
    return equal >= ENOUGH_EQUAL and equal >= MOSTLY * len(pairs)


def _common(owner: _Known, chart: Chart) -> list[tuple[float, float]]:
    closes = chart.bars.select("session", "close").drop_nulls().iter_rows()
    return [(close, owner.closes[session]) for session, close in closes if session in owner.closes]


def _refuse_stranger(symbol: str, chart: Chart, owner: _Known) -> None:
    """Raise CollectError where first trade and every common close differ from what is known."""
    moved = chart.listed and owner.listed and chart.listed != owner.listed
    pairs = _common(owner, chart)
    differ = len(pairs) >= ENOUGH_EQUAL and all(abs(now / before - 1) > _CLOSE_ENOUGH for now, before in pairs)
    if moved and differ:
        raise CollectError(
            f"the answer for {symbol} looks like another company's: first trade {chart.listed} instead of "
            f"{owner.listed}, and none of {len(pairs)} closes is equal; nothing is stored, its bytes are in the lake"
        )


def _refuse_currency(symbol: str, chart: Chart, owner: _Known) -> None:
    if owner.currency and chart.currency != owner.currency:
        raise CollectError(
            f"{symbol} came in {chart.currency or 'no currency'}, {owner.instrument} is stored in {owner.currency}: "
            "they are not mixed, nothing is stored; its bytes are in the lake. If the currency has changed for good, "
            "collect it into a home of its own"
        )
