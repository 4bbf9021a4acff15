from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import polars as pl
import pytest

from lode.warehouse import Warehouse
from lode.warehouse.migrate import migrate
from lode.warehouse.migrations import load_migrations
from lode.warehouse.stores.instruments import (
    OWN_CIKS,
    insert_instruments,
    read_instruments,
    read_spells,
    rename,
    set_delisted,
    succeed,
)

NOW = datetime(2026, 11, 20, 21, 5, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def name() -> str:
    return f"T{uuid4().hex[:8]}".upper()


def _say(warehouse: Warehouse, source: str, instrument: str, /, *, at: datetime = NOW, **details: Any) -> int:
    rows = pl.DataFrame([{"instrument": instrument, **details}])
    return insert_instruments(warehouse, rows, source=source, known_at=at)


def _known(warehouse: Warehouse, name: str) -> dict[str, Any]:
    (row,) = read_instruments(warehouse, [name]).to_dicts()
    return row


class _Overtaken:
    """A warehouse where somebody else writes just before this writer does, after it has read."""

    def __init__(self, warehouse: Warehouse, write: Any) -> None:
        self._warehouse, self._write = warehouse, write

    def query(self, *args: Any, **parameters: Any) -> pl.DataFrame:
        return self._warehouse.query(*args, **parameters)

    def insert(self, *args: Any) -> int:
        self._write()
        return self._warehouse.insert(*args)


@pytest.mark.parametrize("first", ["yahoo", "sec"])
def test_sources_that_describe_at_once_lose_nothing_of_each_other(writer: Warehouse, name: str, first: str) -> None:
    said = {
        "yahoo": {"name": "Abc Inc.", "exchange": "NMS", "listed": date(2001, 2, 3)},
        "sec": {"name": "ABC INC", "cik": 77, "sector": "Energy"},
    }
    (second,) = said.keys() - {first}
    overtaken = _Overtaken(writer, lambda: _say(writer, second, name, at=LATER, **said[second]))
    _say(overtaken, first, name, **said[first])  # type: ignore[arg-type]
    assert _known(writer, name).items() >= (said["sec"] | said["yahoo"]).items()


@pytest.mark.parametrize("order", [("yahoo", "sec"), ("sec", "yahoo")])
def test_what_the_sec_calls_a_company_counts_where_nobody_else_names_it(
    writer: Warehouse, name: str, order: tuple[str, str]
) -> None:
    called = {"yahoo": "Abc Inc.", "sec": "ABC INC"}
    for hour, source in enumerate(order):
        _say(writer, source, name, at=NOW + timedelta(hours=hour), name=called[source])
    assert _known(writer, name)["name"] == "Abc Inc."
    _say(writer, "sec", f"{name}X", name="ALONE INC")
    assert _known(writer, f"{name}X")["name"] == "ALONE INC"


def test_of_each_detail_the_statement_written_last_counts(writer: Warehouse, name: str) -> None:
    assert _say(writer, "a", name, at=LATER, sector="Energy") == 1
    assert _say(writer, "b", name, at=LATER, sector="Energy") == 0  # it is known
    assert _say(writer, "b", name, at=NOW, sector="Utilities", currency="USD") == 1
    assert _known(writer, name).items() >= {"sector": "Utilities", "currency": "USD"}.items()
    assert _say(writer, "a", name, at=LATER, exchange="NMS") == 1  # says nothing of the sector
    assert _known(writer, name).items() >= {"sector": "Utilities", "exchange": "NMS"}.items()
    assert _say(writer, "a", name, at=LATER, sector="Energy") == 1  # what it had said before
    assert _known(writer, name)["sector"] == "Energy"
    assert _say(writer, "a", name, at=LATER, sector="Energy", currency="") == 0


def test_the_sec_says_a_name_once_whatever_others_call_the_company(writer: Warehouse, name: str) -> None:
    _say(writer, "yahoo", name, name="Abc Inc.")
    assert [_say(writer, "sec", name, at=LATER, name="ABC INC") for _ in range(2)] == [1, 0]
    assert _known(writer, name)["name"] == "Abc Inc."


def test_an_invented_cik_does_not_come_back(writer: Warehouse, name: str) -> None:
    _say(writer, "mine", name, cik=OWN_CIKS + 5)
    _say(writer, "sec", name, at=LATER, cik=320193)
    _say(writer, "mine", name, at=LATER + timedelta(hours=1), sector="Energy")
    assert _known(writer, name).items() >= {"cik": 320193, "sector": "Energy"}.items()


def test_a_renamed_instrument_keeps_what_every_source_said_and_its_old_spell_ends(writer: Warehouse, name: str) -> None:
    _say(writer, "yahoo", name, name="Abc Inc.")
    _say(writer, "sec", name, at=LATER, cik=77)
    first = date(2026, 11, 1)
    rename(writer, name, f"{name}N", first=first, evidence="equal closes", source="yahoo", known_at=LATER)
    _say(writer, "sec", name, at=LATER + timedelta(hours=1), sector="Energy")
    known = _known(writer, name)
    assert (known["symbol"], known["name"], known["cik"], known["sector"]) == (f"{name}N", "Abc Inc.", 77, "Energy")
    assert [(spell["symbol"], spell["last_session"]) for spell in known["spells"]] == [
        (name, first - timedelta(days=1)),
        (f"{name}N", None),
    ]
    spells = read_spells(writer, [name, f"{name}N"])
    assert spells["last_session"].to_list() == [first - timedelta(days=1), None]


def test_a_delisting_is_taken_back_and_survives_what_others_say(writer: Warehouse, name: str) -> None:
    _say(writer, "sec", name, cik=77)
    day = date(2026, 10, 1)
    set_delisted(writer, name, day, evidence="no data", source="yahoo", known_at=LATER)
    _say(writer, "sec", name, at=LATER + timedelta(hours=1), sector="Energy")
    assert _known(writer, name).items() >= {"delisted": day, "evidence": "no data", "sector": "Energy"}.items()
    set_delisted(writer, name, None, evidence="bars again", source="stooq", known_at=LATER + timedelta(hours=2))
    assert _known(writer, name).items() >= {"delisted": None, "evidence": "bars again", "cik": 77}.items()


def test_another_cik_is_another_company_whoever_knew_the_first(writer: Warehouse, name: str) -> None:
    _say(writer, "yahoo", name, name="Old Inc.", cik=77)
    _say(writer, "sec", name, at=LATER, name="NEW INC", cik=78)
    assert _known(writer, name).items() >= {"cik": 77, "name": "Old Inc."}.items()
    assert _known(writer, f"{name}~2").items() >= {"cik": 78, "name": "NEW INC", "symbol": name}.items()
    assert _known(writer, name)["spells"][0]["last_session"] == LATER.date() - timedelta(days=1)


def test_a_ticker_is_passed_on_where_several_sources_described_its_owner(writer: Warehouse, name: str) -> None:
    _say(writer, "yahoo", name, name="Old Inc.")
    _say(writer, "sec", name, cik=77)
    second = succeed(
        writer, name, first=date(2026, 11, 2), last=date(2026, 10, 1), evidence="x", source="yahoo", known_at=LATER
    )
    assert second == f"{name}~2"
    spells = {spell["instrument"]: spell["last_session"] for spell in read_spells(writer, [name]).to_dicts()}
    assert spells == {name: date(2026, 10, 1), second: None}
    assert _known(writer, second)["cik"] is None


def test_rows_from_before_there_were_statements_count_on(writer: Warehouse, name: str) -> None:
    """The row written last, by the SEC, holds all that was known; an older spell tells what has been taken back."""
    spells = [
        {"symbol": f"{name}O", "first_session": date(1900, 1, 1), "last_session": date(2020, 1, 2), "updated_at": NOW},
        {"symbol": name, "first_session": date(2020, 1, 3), "last_session": None, "updated_at": LATER},
    ]
    details = {"instrument": name, "name": "Old Inc.", "exchange": "NMS", "cik": 77, "source": "sec"}
    details |= {"currency": "", "sector": "Energy", "statement": ""}
    rows = [spell | details | {"delisted": day} for spell, day in zip(spells, (date(2020, 1, 2), None), strict=True)]
    writer.insert("instruments", pl.DataFrame(rows, schema_overrides={"cik": pl.UInt64}))
    _say(writer, "sec", name, at=NOW, name="OLD INC", sector="Utilities")  # read anew, by a better rule
    _say(writer, "yahoo", name, at=LATER + timedelta(hours=2), currency="USD", exchange="NYQ")
    _say(writer, "sec", name, at=LATER + timedelta(hours=3), sic=1311)
    told = {"name": "Old Inc.", "exchange": "NYQ", "cik": 77, "currency": "USD", "sector": "Utilities", "sic": 1311}
    assert _known(writer, name).items() >= (told | {"symbol": name, "delisted": None}).items()
    assert len(_known(writer, name)["spells"]) == 2


def test_a_delisting_that_was_taken_back_meanwhile_stays_so(writer: Warehouse, name: str) -> None:
    _say(writer, "yahoo", name, name="Abc Inc.")
    set_delisted(writer, name, date(2026, 10, 1), evidence="no data", source="yahoo", known_at=NOW)

    def revive() -> None:
        set_delisted(writer, name, None, evidence="bars again", source="yahoo", known_at=LATER)

    overtaken = _Overtaken(writer, revive)
    rows = pl.DataFrame({"instrument": [name], "sector": ["Energy"]})
    insert_instruments(overtaken, rows, source="sec", known_at=LATER + timedelta(hours=1))  # type: ignore[arg-type]
    assert _known(writer, name).items() >= {"delisted": None, "sector": "Energy"}.items()


def test_of_two_names_from_the_same_day_the_later_one_is_the_current_one(writer: Warehouse, name: str) -> None:
    _say(writer, "yahoo", name, name="Abc Inc.")
    for hour, symbol in enumerate((f"{name}B", f"{name}A")):
        at = LATER + timedelta(hours=hour)
        rename(writer, name, symbol, first=date(2026, 11, 1), evidence="x", source="yahoo", known_at=at)
    assert {_known(writer, name)["symbol"] for _ in range(5)} == {f"{name}A"}


def test_the_key_can_be_made_longer_twice(writer: Warehouse) -> None:
    (longer,) = [each for each in load_migrations() if each.name == "0007_statements.sql"]
    for statement in (*longer.statements, *longer.statements):
        writer.command(statement)
    assert migrate(writer) == []
    found = writer.query(
        "SELECT sorting_key FROM system.tables WHERE database = currentDatabase() AND name = 'instruments'"
    )
    assert found["sorting_key"][0] == "instrument, symbol, first_session, statement"
