from __future__ import annotations

import polars as pl

from lode.panel.fundamentals.currencies import in_price_currency, left_out

ASSETS = "us-gaap/Assets"


def facts(*rows):
    return pl.DataFrame(rows, schema=["instrument", "concept", "unit"], orient="row")


def test_money_in_the_prices_currency_and_shares_are_taken():
    rows = facts(("A", ASSETS, "EUR"), ("A", ASSETS, "EUR/shares"), ("A", ASSETS, "USD"), ("B", ASSETS, "USD"))
    rows = rows.extend(facts(("B", ASSETS, "shares"), ("B", ASSETS, "EUR"), ("B", ASSETS, "pure")))
    assert rows.filter(in_price_currency({"A": "EUR", "B": ""})).rows() == [rows.row(at) for at in (0, 1, 3, 4)]
    assert rows.filter(in_price_currency(None)).height == 3


def test_what_is_left_out_is_counted_by_currency_and_name():
    rows = facts(*((name, ASSETS, unit) for name in "ABCD" for unit in ("JPY", "EUR/shares", "USD", "shares", "pure")))
    assert left_out(rows, {"D": "JPY"}) == (
        "8 facts in EUR, JPY, USD of 4 names (A, B, C, …) are in no field: money counts in the currency of a name's "
        "prices alone"
    )
    assert left_out(rows.filter(pl.col("unit") == "USD")) == ""
    assert left_out(facts(("A", "own/Anything", "JPY"))) == ""  # no field takes it, whatever it is in
