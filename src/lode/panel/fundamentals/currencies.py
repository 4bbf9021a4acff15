"""Which facts are in the currency of their instrument's prices, and what is left out because they are not."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from lode.panel.fundamentals.concepts import CONCEPTS

_AMOUNT = r"^[A-Z]{2}[A-Za-z](/shares)?$"
_DEFAULT = "USD"


def in_price_currency(currencies: Mapping[str, str] | None) -> pl.Expr:
    """Whether a fact's unit is shares, or money, also a share, in the currency of its instrument's prices.

    currencies: by instrument; US dollars where it says nothing.
    """
    unit, money = _unit(), _money(currencies)
    return (unit == money) | (unit == pl.concat_str(money, pl.lit("/shares"))) | (unit == "shares")


def left_out(facts: pl.DataFrame, currencies: Mapping[str, str] | None = None) -> str:
    """Say how many facts enter no field because of their currency; "" where none is left out.

    facts: instrument, concept, unit; those of concepts that no field takes do not count.
    """
    taken = pl.col("concept").cast(pl.String).is_in(CONCEPTS)
    foreign = facts.filter(taken & _unit().str.contains(_AMOUNT) & ~in_price_currency(currencies))
    if foreign.is_empty():
        return ""
    units = foreign.select(_unit().str.slice(0, 3))["unit"].unique().sort()
    names = foreign["instrument"].unique().sort()
    return (
        f"{foreign.height:,} facts in {', '.join(units)} of {len(names):,} names ({', '.join(names[:3])}"
        f"{', …' if len(names) > 3 else ''}) are in no field: money counts in the currency of a name's prices alone"
    )


def _unit() -> pl.Expr:
    return pl.col("unit").cast(pl.String)


def _money(currencies: Mapping[str, str] | None) -> pl.Expr:
    named = {name: currency for name, currency in (currencies or {}).items() if currency}
    if not named:
        return pl.lit(_DEFAULT)
    return pl.col("instrument").replace_strict(named, default=_DEFAULT, return_dtype=pl.String)
