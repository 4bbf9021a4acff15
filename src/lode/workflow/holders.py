"""Which instruments the tickers of a universe stand for: a ticker that was reused never joins two companies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from lode.collect.exchanges import COLLECTED
from lode.warehouse import Warehouse
from lode.warehouse.stores.bars import list_instruments
from lode.warehouse.stores.instruments import read_spells, resolve


@dataclass(frozen=True)
class Holders:
    """Instruments of a universe, sorted, and what a person should know of tickers that several companies had."""

    instruments: tuple[str, ...]
    notes: tuple[str, ...] = ()


def holders(
    warehouse: Warehouse, source: str, symbols: Sequence[str], *, start: date | None, end: date | None
) -> Holders:
    """Return who had each ticker at the end of the range `start` to `end` (None: open), among a source's instruments.

    Own files are read by the names in them, which are their ids, as far as they have them. A note tells of every ticker
    that another company with bars had before in the range.
    """
    there = set(list_instruments(warehouse, source=source)["instrument"])
    had = resolve(warehouse, symbols, on=end)
    if source not in COLLECTED:
        had |= {symbol: symbol for symbol in symbols if symbol in there}
    notes = []
    spells = read_spells(warehouse, [symbol for symbol in symbols if had[symbol] in there])
    for symbol, name, first, last in spells.select("symbol", "instrument", "first_session", "last_session").iter_rows():
        before = last is not None and (start is None or last >= start) and (end is None or first <= end)
        if name != had[symbol] and name in there and before and source in COLLECTED:
            notes.append(
                f"{symbol} was another company until {last}: the panel has {had[symbol]}, which has the ticker since "
                f"then, and not {name}; for that one choose --end {last} or an earlier day"
            )
    return Holders(tuple(sorted(set(had.values()))), tuple(notes))
