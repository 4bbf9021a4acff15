from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from lode.collect.own_files import import_bars
from lode.collect.repairs import repair_bars, undo_repairs
from lode.errors import UsageError
from lode.warehouse.stores.bars import insert_actions, read_bars, repaired_bars

NOW = datetime(2024, 7, 1, 12, tzinfo=UTC)
HEADER = "symbol,date,open,high,low,close,volume,currency\n"
DAYS = ("2024-06-10", "2024-06-11", "2024-06-12", "2024-06-13", "2024-06-14")


def lines(factors, symbol="VOD.L"):
    rows = []
    for day, level, factor in zip(DAYS, (70, 71, 72, 71, 70), factors, strict=True):
        prices = [level * factor, (level + 2) * factor, (level - 2) * factor, (level + 1) * factor]
        rows.append(f"{symbol},{day},{','.join(f'{x:.6g}' for x in prices)},1000,GBp\n")
    return "".join(rows)


@pytest.fixture
def bring(tmp_path, warehouse, lake, source):
    def bring(text, *, now=NOW, repairs=()):
        path = tmp_path / "bars.csv"
        path.write_text(HEADER + text)
        return import_bars(
            path, source=source, adjusted=False, warehouse=warehouse, lake=lake, now=now, repairs=repairs
        )

    return bring


@pytest.fixture
def closes(warehouse, source):
    def closes(as_of=datetime(2030, 1, 1, tzinfo=UTC)):
        rows = read_bars(warehouse, source=source, as_of=as_of)
        return rows.unique(["instrument", "session"], keep="last", maintain_order=True)["close"].round(6).to_list()

    return closes


def test_nothing_is_repaired_unless_asked_for(bring, closes):
    report = bring(lines([1, 1, 0.01, 1, 1]))
    assert report.repaired == {}
    assert closes() == [71, 72, 0.73, 72, 71]


@pytest.mark.parametrize(
    ("rule", "factor"), [("minor_unit", 0.01), ("minor_unit", 100), ("decimal_slip", 10), ("decimal_slip", 0.1)]
)
def test_a_slip_of_one_session_is_repaired_and_undone(bring, closes, warehouse, source, rule, factor):
    report = bring(lines([1, 1, factor, 1, 1]), repairs=[rule])
    assert report.repaired == {rule: 1}
    assert closes() == [71, 72, 73, 72, 71]
    repaired = repaired_bars(warehouse, source=source)
    assert repaired.select("instrument", "session", "repairs").rows() == [("VOD.L", date(2024, 6, 12), rule)]
    # the knowledge time of the bar is assumed, so the repair is known from the next session's close, not before
    assert repaired["knowledge_time"].to_list() == [datetime(2024, 6, 13, 20, tzinfo=UTC)]
    assert closes(datetime(2024, 6, 13, 19, 59, tzinfo=UTC)) == [71, 72, round(73 * factor, 6)]
    row = read_bars(warehouse, source=source, as_of=NOW).filter(pl.col("session") == date(2024, 6, 12))
    assert row["volume"].to_list() == [1000, 1000]
    assert row["high"].round(6).to_list() == [round(74 * factor, 6), 74]
    assert repair_bars(warehouse, source=source, rules=[rule], at=NOW).rows == 0
    assert undo_repairs(warehouse, source=source, at=NOW) == 1
    assert closes() == [71, 72, round(73 * factor, 6), 72, 71]
    assert undo_repairs(warehouse, source=source, at=NOW) == 0
    assert repair_bars(warehouse, source=source, rules=[rule], at=NOW).rows == 1
    assert closes() == [71, 72, 73, 72, 71]


def test_the_same_file_again_leaves_a_repair_alone(bring, closes):
    text = lines([1, 1, 0.01, 1, 1])
    bring(text, repairs=["minor_unit"])
    again = bring(text, now=NOW + timedelta(1))
    assert (again.fresh, again.changed, again.unchanged) == (0, 0, 5)
    assert closes() == [71, 72, 73, 72, 71]


@pytest.mark.parametrize(
    "factors",
    [
        [1, 1, 0.01, 0.01, 1],  # two sessions
        [1, 1, 0.01, 0.01, 0.01],  # it stays so
        [1, 1, 0.5, 1, 1],  # no unit
        [0.01, 1, 1, 1, 1],  # no session before
        [1, 1, 1, 1, 100],  # not known yet whether it comes back
    ],
)
def test_what_is_no_slip_is_left(bring, closes, warehouse, source, factors):
    report = bring(lines(factors), repairs=["minor_unit", "decimal_slip"])
    assert report.repaired == {"minor_unit": 0, "decimal_slip": 0}
    assert repaired_bars(warehouse, source=source).is_empty()


def test_a_split_near_it_forbids_a_repair(bring, warehouse, source):
    bring(lines([1, 1, 10, 1, 1]))
    action = {"instrument": "VOD.L", "ex_date": date(2024, 6, 12), "kind": "split", "value": 0.1, "knowledge_time": NOW}
    insert_actions(warehouse, pl.DataFrame([action]), source=source)
    assert repair_bars(warehouse, source=source, rules=["decimal_slip"], at=NOW).rows == 0


def test_one_price_that_disagrees_forbids_a_repair(bring):
    slipped = lines([1, 1, 0.01, 1, 1]).replace("0.72,0.74,0.7,0.73", "0.72,74,0.7,0.73")
    assert bring(slipped, repairs=["minor_unit"]).repaired == {"minor_unit": 0}


def test_a_recorded_knowledge_time_is_repaired_from_the_repair_on(tmp_path, warehouse, lake, source):
    path = tmp_path / "bars.csv"
    path.write_text(HEADER + lines([1, 1, 0.01, 1, 1]))
    import_bars(
        path, source=source, adjusted=False, warehouse=warehouse, lake=lake, now=NOW, repairs=["minor_unit"],
        known_at=datetime(2024, 6, 15, tzinfo=UTC),
    )  # fmt: skip
    assert repaired_bars(warehouse, source=source)["knowledge_time"].to_list() == [NOW]


def test_an_unknown_rule_is_refused_before_anything_is_stored(bring, warehouse, source):
    with pytest.raises(UsageError, match="no repair rule 'guess'; there are: minor_unit, decimal_slip"):
        bring(lines([1, 1, 1, 1, 1]), repairs=["guess"])
