"""What the warehouse knows of the symbols that are searched."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from lode.collect.news.queries import Subject
from lode.warehouse import Warehouse
from lode.warehouse.stores.instruments import read_instruments, resolve


def describe(warehouse: Warehouse, symbols: Sequence[str], *, on: date | None = None) -> dict[str, Subject]:
    """Instrument, name and sector of each symbol; a ticker stands for the company that had it `on` that day.

    A symbol that the warehouse does not know is its own instrument, without name and sector.
    """
    instruments = resolve(warehouse, symbols, on=on)
    known = {row["instrument"]: row for row in read_instruments(warehouse, list(instruments.values())).to_dicts()}
    return {
        symbol: _described(symbol, instrument, known.get(instrument, {})) for symbol, instrument in instruments.items()
    }


def _described(symbol: str, instrument: str, details: dict[str, str]) -> Subject:
    return Subject(symbol, instrument, details.get("name") or "", details.get("sector") or "")
