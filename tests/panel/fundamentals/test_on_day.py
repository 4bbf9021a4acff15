"""Items as they were known on a day; the panel's own values are the reference."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl

from lode.panel.assemble import NO_ACTIONS
from lode.panel.fundamentals.on_day import SCHEMA, items_on_day
from tests.panel.statements import fact, facts


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


GIVEN = facts(
    fact("Assets", 100, None, "2023-03-31", "2023-05-01"),
    fact("Assets", 90, None, "2023-03-31", "2023-06-01", accession="restated"),
    fact("Assets", 120, None, "2023-06-30", "2023-08-01"),
    fact("Assets", 5, None, "2023-06-30", "2023-08-01", name="B"),
    fact("Revenues", 40, "2022-01-01", "2022-12-31", "2023-02-01"),
)


def known(text: str, **more) -> list[tuple]:
    found = items_on_day(GIVEN, NO_ACTIONS, at=at(text), **more)
    return found.filter(instrument="A").select("item", "value", "period_end", "accession", "stale").rows()


def test_what_was_known_is_what_had_been_stated_by_then():
    assert known("2023-01-31") == []
    assert known("2023-05-02") == [
        ("revenue", 40.0, date(2022, 12, 31), "acc-20230201", False),
        ("assets", 100.0, date(2023, 3, 31), "acc-20230501", False),
    ]
    assert known("2023-06-02")[1][1:4] == (90.0, date(2023, 3, 31), "restated")
    assert known("2023-08-02")[1][1:3] == (120.0, date(2023, 6, 30))


def test_a_value_whose_period_is_long_past_is_stale():
    assert [row[4] for row in known("2024-08-01")] == [True, False]


def test_each_instrument_has_its_own_and_money_is_that_of_its_prices():
    found = items_on_day(GIVEN, NO_ACTIONS, at=at("2023-08-02"), currencies={"B": "EUR"})
    assert set(found["instrument"]) == {"A"}
    assert found.schema == pl.Schema(SCHEMA)
    assert items_on_day(GIVEN.clear(), NO_ACTIONS, at=at("2023-08-02")).schema == pl.Schema(SCHEMA)


def test_a_derived_value_tells_of_how_many_facts_it_is_made():
    year = [("2023-01-01", "2023-12-31", 100, "2024-02-01"), ("2023-01-01", "2023-03-31", 20, "2023-05-01"),
            ("2024-01-01", "2024-03-31", 30, "2024-05-01")]  # fmt: skip
    given = facts(*(fact("Revenues", value, start, end, day) for start, end, value, day in year))
    row = items_on_day(given, NO_ACTIONS, at=at("2024-06-01")).filter(item="revenue").row(0, named=True)
    assert (row["value"], row["facts"], row["unit"]) == (110.0, 3, "USD")
    assert row["known_at"] == at("2024-05-01").replace(hour=12)


def test_shares_are_on_the_basis_of_the_splits_until_then():
    given = facts(fact("dei/EntityCommonStockSharesOutstanding", 10, None, "2024-01-15", "2024-02-01", unit="shares"))
    split = pl.DataFrame(
        {"instrument": ["A"], "ex_date": [date(2024, 3, 1)], "kind": ["split"], "value": [4.0],
         "knowledge_time": [at("2024-02-20")]}
    )  # fmt: skip
    values = [items_on_day(given, split, at=at(day))["value"].to_list() for day in ("2024-02-25", "2024-03-02")]
    assert values == [[10.0], [40.0]]
