from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from lode.app.charts import coverage_heat_map
from lode.app.charts.coverage import ORDER, step_of
from lode.app.queries.coverage import _range, coverage_cells, expected_bars
from lode.app.queries.prices import gaps_of
from lode.warehouse.stores.coverage import FIELDS

DAYS = [date(2024, 1, 30), date(2024, 1, 31), date(2024, 2, 1), date(2024, 2, 2)]


def spans(*rows):
    return pl.DataFrame(rows, schema=["instrument", "first_session", "last_session"], orient="row")


def counts(*rows):
    """Period and bars, each with a volume and nothing else."""
    given = [{"period": period, "close": bars, "volume": bars} | dict.fromkeys(set(FIELDS) - {"volume"}, 0)
             for period, bars in rows]  # fmt: skip
    return pl.DataFrame(given)


def test_a_bar_is_expected_between_a_names_first_and_last():
    found = expected_bars(spans(("A", DAYS[0], DAYS[3]), ("B", DAYS[1], DAYS[2]), ("C", DAYS[2], DAYS[2])), DAYS)
    assert found.rows() == list(zip(DAYS, [1, 2, 3, 1], strict=True))


def test_cells_are_shares_of_what_is_expected():
    expected = pl.DataFrame({"session": DAYS, "expected": [2, 2, 2, 2]})
    months = coverage_cells(counts((date(2024, 1, 1), 3)), expected, by_session=False)
    assert months.filter(field="volume").select("period", "end", "bars", "expected", "share").rows() == [
        (date(2024, 1, 1), date(2024, 2, 1), 3, 4, 0.75),
        (date(2024, 2, 1), date(2024, 3, 1), 0, 4, 0.0),
    ]
    assert months.filter(field="vwap")["share"].to_list() == [0.0, 0.0]
    sessions = coverage_cells(counts((DAYS[1], 3)), expected, by_session=True)
    assert sessions.filter(field="close").select("period", "end", "share").rows()[1] == (DAYS[1], DAYS[2], 1.0)
    assert sorted(sessions["field"].unique()) == sorted(ORDER)


def test_the_months_that_are_drawn_are_the_latest_240():
    assert _range(date(1962, 1, 2), date(2026, 11, 20), None) == (date(2006, 12, 1), date(2026, 11, 20))
    assert _range(date(2020, 5, 4), date(2026, 12, 31), None) == (date(2020, 5, 4), date(2026, 12, 31))
    assert _range(date(1962, 1, 2), date(2026, 11, 20), 1999) == (date(1999, 1, 1), date(1999, 12, 31))


@pytest.mark.parametrize(
    ("share", "name"),
    [(0.0, "none"), (0.2, "< 50 %"), (0.5, "≥ 50 %"), (0.95, "≥ 90 %"), (0.9999, "≥ 99 %"), (1.0, "all")],
)
def test_a_share_has_a_step(share, name):
    assert pl.select(step_of(pl.lit(share)))["literal"][0] == name


def test_the_heat_map_has_a_cell_for_each_field_and_period():
    expected = pl.DataFrame({"session": DAYS, "expected": [2, 2, 2, 2]})
    spec = coverage_heat_map(coverage_cells(counts((DAYS[1], 2)), expected, by_session=True), per="session").to_dict()
    (rows,) = spec["datasets"].values()
    assert len(rows) == len(DAYS) * len(ORDER)
    assert {row["step"] for row in rows} == {"none", "all"}


def test_gaps_of_one_name_are_runs_of_sessions_without_a_bar():
    days = pl.DataFrame({"session": DAYS, "close": [1.0, None, None, 1.0]})
    assert gaps_of(days).rows() == [(DAYS[0], DAYS[3], 2)]
    assert gaps_of(days.clear()).is_empty()
