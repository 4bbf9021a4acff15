"""Who belongs when."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from lode import calendar
from lode.errors import UsageError
from lode.panel import Observations, build_panel
from lode.panel.membership import member_mask, spells_of, top_mask, top_members
from tests.panel.rows import AS_OF, SESSIONS, bar, column, frame

LONG = calendar.sessions("XNYS", "2018-09-04", "2019-02-15")


def spells(*rows):
    schema = {"instrument": pl.String, "first_session": pl.Date, "last_session": pl.Date}
    return pl.DataFrame(rows, schema=schema, orient="row")


def test_a_name_is_tradable_only_as_a_member_and_keeps_its_fields():
    bars = frame([bar(name, t, 10 + t) for name in ("A", "B") for t in range(6)])
    first, last = SESSIONS[2].item(), SESSIONS[3].item()
    panel = build_panel(bars, as_of=AS_OF, observed=Observations(members=spells(("A", first, last))))
    assert panel.tradable[:, 0].tolist() == [False, False, True, True, False, False]
    assert not panel.tradable[:, 1].any()
    assert np.isfinite(column(panel, "close", "A")).all()


def test_spells_include_their_days_and_may_be_open_or_of_others():
    mask = member_mask(
        spells(("A", date(2019, 1, 5), None), ("Z", date(2000, 1, 3), None), ("B", date(2018, 1, 2), date(2019, 1, 6))),
        ("A", "B"),
        SESSIONS[:5],
    )
    assert SESSIONS[3] == np.datetime64("2019-01-07")
    assert mask.T.tolist() == [[False, False, False, True, True], [True, True, True, False, False]]


def test_a_mask_becomes_spells_again():
    mask = np.array([[1, 0], [1, 1], [0, 1], [1, 1]], bool)
    found = spells_of(mask, ("A", "B"), SESSIONS[:4])
    days = [day.item() for day in SESSIONS[:4]]
    assert found.rows() == [("A", days[0], days[1]), ("A", days[3], None), ("B", days[1], None)]
    assert (member_mask(found, ("A", "B"), SESSIONS[:4]) == mask).all()


def test_the_most_traded_are_chosen_at_each_month_by_what_was_before():
    traded = np.full((len(LONG), 3), 10.0)
    traded[:, 1] = 20.0
    december = int(np.searchsorted(LONG, np.datetime64("2018-12-03")))
    january = int(np.searchsorted(LONG, np.datetime64("2019-01-02")))
    traded[december:, 2] = 1000.0  # from December's first session on: chosen in January
    mask = top_mask(traded, LONG, 1)
    assert december == 63
    assert not mask[:december].any()
    assert mask[december:january].tolist() == [[False, True, False]] * (january - december)
    assert mask[january:].tolist() == [[False, False, True]] * (len(LONG) - january)


def test_a_name_with_few_sessions_is_not_ranked():
    traded = np.full((len(LONG), 2), 10.0)
    traded[:22, 1] = np.nan  # 41 of the 63 before December
    traded[22:, 1] = 99.0
    assert top_mask(traded, LONG, 1)[63].tolist() == [True, False]
    traded[21, 1] = 99.0
    assert top_mask(traded, LONG, 1)[63].tolist() == [False, True]


def test_what_comes_later_does_not_change_who_belonged():
    traded = np.random.default_rng(1).lognormal(size=(len(LONG), 9))
    whole = top_mask(traded, LONG, 3)
    for stop in (70, 84, 90, 104):
        assert (top_mask(traded[:stop], LONG[:stop], 3) == whole[:stop]).all()


def test_the_most_traded_of_bars():
    closes = calendar.close_time("XNYS", LONG)
    bars = pl.concat(
        pl.DataFrame({"session": LONG, "knowledge_time": closes}).with_columns(
            instrument=pl.lit(name), close=pl.lit(price), volume=pl.lit(100.0)
        )
        for name, price in (("A", 5.0), ("B", 50.0))
    )
    found = top_members(bars, 1, as_of=AS_OF, exchange="XNYS")
    assert found.rows() == [("B", date(2018, 12, 3), None)]
    with pytest.raises(UsageError, match="as they were traded"):
        top_members(bars.with_columns(adjusted=True), 1, as_of=AS_OF, exchange="XNYS")
    with pytest.raises(UsageError, match="volumes"):
        top_members(bars.drop("volume"), 1, as_of=AS_OF, exchange="XNYS")
