"""What the money of a facts file is in where its rows name no unit."""

from __future__ import annotations

import re

import polars as pl

from lode.errors import UsageError
from lode.warehouse import Warehouse
from lode.warehouse.stores.bars import read_currencies

USD = "USD"
_CURRENCY = re.compile(r"[A-Z]{2}[A-Za-z]")  # GBp, pence, is none of ISO's and comes
_SHOWN = 3


def currency_of_facts(
    kept: pl.DataFrame, asked: str | None, warehouse: Warehouse, label: str
) -> tuple[str, tuple[str, ...]]:
    """Return the currency of a file's values without a unit, and a note where that is an assumption.

    kept: rows of `read_facts_table`. asked: what the caller says. Without it US dollars, unless a company of these rows
    has prices in another currency: a panel would leave such facts out, so that is a UsageError which asks.
    """
    if asked is not None:
        return _checked(asked), ()
    open_rows = kept.filter(pl.col("unit").is_null())
    if open_rows.is_empty():
        return USD, ()
    priced = read_currencies(
        warehouse,
        open_rows["symbol"].drop_nulls().unique().sort().to_list(),
        open_rows["cik"].drop_nulls().cast(pl.UInt64).unique().sort().to_list(),
    )
    if foreign := {name: currency for name, currency in priced.items() if currency != USD}:
        raise UsageError(_question(foreign, label))
    return USD, (f"{open_rows.height} rows name no unit: their money counts as {USD}; --unit names another currency",)


def _checked(asked: str) -> str:
    if not _CURRENCY.fullmatch(asked):
        raise UsageError(f"--unit {asked!r}: allowed is a currency as the prices name it, three letters such as EUR")
    return asked


def _question(foreign: dict[str, str], label: str) -> str:
    shown = ", ".join(f"{name} in {currency}" for name, currency in sorted(foreign.items())[:_SHOWN])
    more = f" and {len(foreign) - _SHOWN:,} more" if len(foreign) > _SHOWN else ""
    first = foreign[min(foreign)]
    return (
        f"{label} has rows without a unit, and prices of its companies are not in {USD} ({shown}{more}): say what its "
        f"money is in, with --unit {first} (or --unit {USD}), or in a column unit"
    )
