"""The currency of facts without a unit, as an import takes it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest

from lode.collect.own_facts import import_facts
from lode.errors import UsageError
from lode.warehouse.stores.bars import insert_bars
from lode.warehouse.stores.facts import read_facts
from lode.warehouse.stores.imports import read_quarantine
from lode.warehouse.stores.instruments import insert_instruments, read_instruments

NOW = datetime(2024, 7, 1, 12, tzinfo=UTC)
LATER = datetime(2030, 1, 1, tzinfo=UTC)
HEAD = "symbol,period_end,filed,assets,eps,shares_outstanding\n"


@pytest.fixture
def bring(tmp_path, warehouse, lake, source):
    def bring(text, *, unit=None):
        path = tmp_path / "facts.csv"
        path.write_text(text)
        return import_facts(path, source=source, warehouse=warehouse, lake=lake, now=NOW, unit=unit)

    return bring


def price(warehouse, source, symbol, *currencies):
    rows = [
        {"instrument": symbol, "session": date(2024, 1, 2 + day), "close": 10.0, "currency": currency}
        for day, currency in enumerate(currencies)
    ]
    known = pl.DataFrame(rows).with_columns(knowledge_time=pl.lit(NOW), adjusted=False, backfilled=False)
    insert_bars(warehouse, known, source=source, collected_at=NOW)
    insert_instruments(warehouse, pl.DataFrame({"instrument": [symbol]}), source=source, known_at=NOW)


def units(warehouse, symbol):
    ciks = read_instruments(warehouse, [symbol])["cik"].to_list()
    return sorted(read_facts(warehouse, ciks=ciks, as_of=LATER)["unit"].cast(pl.String))


@pytest.mark.parametrize("priced", [(), ("USD",), ("",)], ids=["no prices", "in dollars", "not said"])
def test_dollars_are_assumed_and_said_where_no_price_speaks_against_it(bring, warehouse, source, priced):
    symbol = f"DOL{len(priced)}{''.join(priced)}"
    if priced:
        price(warehouse, source, symbol, *priced)
    report = bring(HEAD + f"{symbol},2023-12-31,2024-02-01,7,2,5\n")
    assert report.notes == ("1 rows name no unit: their money counts as USD; --unit names another currency",)
    assert units(warehouse, symbol) == ["USD", "USD/shares", "shares"]


def test_prices_in_another_currency_make_it_ask_before_anything_is_stored(bring, warehouse, source):
    price(warehouse, source, "YEN1", "USD", "JPY")  # the latest counts
    rows = HEAD + "YEN1,2023-12-31,2024-02-01,7,2,5\n" + "YEN1,2023-12-31,2022-02-01,7,2,5\n"
    with pytest.raises(
        UsageError, match=r"not in USD \(YEN1 in JPY\): .* with --unit JPY \(or --unit USD\), or in a col"
    ):
        bring(rows)
    assert units(warehouse, "YEN1") == []
    assert read_quarantine(warehouse, source=source).is_empty()
    report = bring(rows, unit="JPY")
    assert (report.notes, report.kept) == ((), 1)
    assert units(warehouse, "YEN1") == ["JPY", "JPY/shares", "shares"]


def test_a_company_that_is_named_by_its_number_is_found_as_well(bring, warehouse, source):
    price(warehouse, source, "YEN2", "JPY")
    insert_instruments(warehouse, pl.DataFrame({"instrument": ["YEN2"], "cik": [770002]}), source=source, known_at=NOW)
    with pytest.raises(UsageError, match="YEN2 in JPY"):
        bring("cik,period_end,filed,assets\n770002,2023-12-31,2024-02-01,7\n")


def test_a_unit_of_the_file_is_kept(bring, warehouse, source):
    price(warehouse, source, "YEN3", "JPY")
    head = "symbol,concept,value,unit,period_end,filed\n"
    report = bring(head + "YEN3,assets,7,EUR,2023-12-31,2024-02-01\n")
    assert report.notes == ()
    bring(head + "YEN3,assets,7,,2023-12-31,2024-02-01\nYEN3,equity,7,EUR,2023-12-31,2024-02-01\n", unit="JPY")
    assert units(warehouse, "YEN3") == ["EUR", "EUR", "JPY"]


@pytest.mark.parametrize("unit", ["yen", "", "EURO", "USD/shares"])
def test_what_is_no_currency_is_refused(bring, unit):
    with pytest.raises(UsageError, match=f"--unit '{unit}': allowed is a currency"):
        bring(HEAD + "X,2023-12-31,2024-02-01,7,2,5\n", unit=unit)
