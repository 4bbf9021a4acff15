"""A panel is of one exchange and one currency: which ones its names have, or why they do not go together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from lode.collect.exchanges import exchanges_of
from lode.errors import UsageError
from lode.warehouse import Warehouse
from lode.warehouse.stores.instruments import read_instruments
from lode.workflow.options import MiningOptions

_SHOWN = 5
_LISTED = 40  # symbols that are still typed; of more a file is made
Market = tuple[str, str]  # exchange, currency
Markets = Mapping[Market, Sequence[str]]


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
        raise UsageError(_refusal(warehouse, source, markets))
    return next(iter(exchanges.values()))


def _refusal(warehouse: Warehouse, source: str, markets: Markets) -> str:
    listed = "; ".join(f"{_called(market)}: {_some(names)}" for market, names in sorted(markets.items()))
    largest = max(sorted(markets), key=lambda market: len(markets[market]))
    return (
        "a panel is of one exchange and one currency, and its names are of several: "
        f"{listed}. Choose names of one of these; {_remedy(warehouse, source, markets, largest)}"
    )


def _remedy(warehouse: Warehouse, source: str, markets: Markets, largest: Market) -> str:
    """Return what chooses all names of the largest market, as it is typed."""
    names, of_all = markets[largest], f"all {len(markets[largest]):,} of {_called(largest)}"
    least = MiningOptions().min_names
    if len(names) > _LISTED:
        query = _query(warehouse, source, markets, largest)
        return f'{of_all}: `lode sql "{query}" --format csv > names.txt`, then --universe names.txt'
    tickers = ",".join(dict.fromkeys(name.partition("~")[0] for name in names))
    few = f" (too few for scores, which take {least} a session: collect or import more of them)"
    return f"{of_all}: --universe {tickers}{few if len(names) < least else ''}"


def _query(warehouse: Warehouse, source: str, markets: Markets, chosen: Market) -> str:
    """Return the query for the tickers of a market, by its exchanges' names where its currency does not tell it."""
    query = (
        "SELECT DISTINCT splitByChar('~', instrument)[1] AS symbol FROM bars "  # noqa: S608  printed, not run here
        f"WHERE source = '{source}' AND currency = '{chosen[1]}'"
    )
    if [currency for _, currency in markets].count(chosen[1]) == 1:
        return query
    exchanges = read_instruments(warehouse, list(markets[chosen]))["exchange"].unique().sort()
    listed = ", ".join(f"'{name}'" for name in exchanges)
    latest = "argMaxIf(exchange, updated_at, exchange != '')"
    those = f"SELECT instrument FROM instruments FINAL GROUP BY instrument HAVING {latest} IN ({listed})"  # noqa: S608  printed as well
    return f"{query} AND instrument IN ({those})"


def _called(market: Market) -> str:
    return f"{market[0]} in {market[1] or 'an unknown currency'}"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
