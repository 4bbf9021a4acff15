"""A panel is of one exchange and one currency: which ones its names have, or why they do not go together."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from lode.collect.exchanges import exchanges_of
from lode.errors import UsageError
from lode.warehouse import Warehouse

_SHOWN = 5


def exchange_of_panel(warehouse: Warehouse, source: str, bars: pl.DataFrame) -> str:
    """Return the exchange of all names of a panel's bars (instrument and currency, "" where it is not known).

    Raises UsageError where they are of several exchanges or quoted in several currencies: a panel has one row a
    session, and prices, volumes and cash of two currencies (pence and pounds are two) are not compared.
    """
    quoted = bars.select("instrument", pl.col("currency").cast(pl.String)).unique().filter(pl.col("currency") != "")
    _require_one("are quoted in several currencies", "currency", quoted.iter_rows())
    exchanges = exchanges_of(warehouse, source, bars["instrument"].unique().sort().to_list())
    return _require_one("are traded on several exchanges", "exchange", exchanges.items())


def _require_one(what: str, kind: str, found: Iterable[tuple[str, str]]) -> str:
    """Return the kind that all names have; "" where nothing is known."""
    names: dict[str, list[str]] = {}
    for name, value in sorted(found):
        names.setdefault(value, []).append(name)
    if len(names) > 1:
        listed = "; ".join(f"{value}: {_some(names[value])}" for value in sorted(names))
        largest = max(sorted(names), key=lambda value: len(names[value]))
        raise UsageError(
            f"the names of this panel {what}, and a panel has one: {listed}. Choose names of one {kind} with "
            f"--universe, for example --universe {','.join(_tickers(names[largest][:_SHOWN]))}"
        )
    return next(iter(names), "")


def _tickers(instruments: list[str]) -> list[str]:
    return list(dict.fromkeys(name.partition("~")[0] for name in instruments))


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
