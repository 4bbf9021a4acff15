"""A panel is of one exchange and one currency: which ones its names have, or why they do not go together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from lode.collect.exchanges import exchanges_of
from lode.errors import UsageError
from lode.warehouse import Warehouse

_SHOWN = 5


def exchange_of_panel(warehouse: Warehouse, source: str, bars: pl.DataFrame) -> str:
    """Return the exchange of all names of a panel's bars: instrument, currency ("" where it is not known).

    Raises UsageError where they are of several exchanges or quoted in several currencies: a panel has one row a
    session, and prices, volumes and cash of two currencies (pence and pounds are two) are not compared.
    """
    quoted = bars.select("instrument", pl.col("currency").cast(pl.String)).unique().sort("instrument", "currency")
    exchanges = exchanges_of(warehouse, source, quoted["instrument"].to_list())
    markets: dict[tuple[str, str], list[str]] = {}
    for name, currency in quoted.iter_rows():
        markets.setdefault((exchanges[name], currency), []).append(name)
    currencies = {currency for _, currency in markets if currency}
    if len(set(exchanges.values())) > 1 or len(currencies) > 1:
        raise UsageError(_refusal(markets))
    return next(iter(exchanges.values()))


def _refusal(markets: Mapping[tuple[str, str], Sequence[str]]) -> str:
    listed = "; ".join(
        f"{exchange} in {currency or 'an unknown currency'}: {_some(names)}"
        for (exchange, currency), names in sorted(markets.items())
    )
    largest = markets[max(sorted(markets), key=lambda market: len(markets[market]))]
    tickers = dict.fromkeys(name.partition("~")[0] for name in largest[:_SHOWN])
    return (
        "a panel is of one exchange and one currency, and its names are of several: "
        f"{listed}. Choose names of one of these with --universe, for example --universe {','.join(tickers)}"
    )


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
