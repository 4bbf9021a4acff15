from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from lode import calendar
from lode.errors import DataError, UsageError
from lode.panel import build_panel, rebuild_panel
from tests.panel.rows import AS_OF, CLOSES, SESSIONS, action, bar, column, frame

NAN = np.nan
DAY = timedelta(days=1)


def test_features_take_the_version_known_at_the_close_and_labels_the_last_one():
    rows = [bar("A", 0, 10), bar("A", 1, 11), bar("A", 1, 99, late=DAY), bar("A", 2, 12)]
    panel = build_panel(frame(rows), as_of=AS_OF)
    assert_array_equal(column(panel, "close", "A"), [10, 11, 12])
    assert_array_equal(column(panel, "label_price", "A"), [10, 99, 12])


def test_a_late_bar_is_missing_for_features_and_there_for_labels():
    rows = [bar("A", 0, 10), bar("A", 1, 11, late=timedelta(microseconds=1)), bar("A", 2, 12)]
    panel = build_panel(frame(rows), as_of=AS_OF)
    assert_array_equal(column(panel, "close", "A"), [10, NAN, 12])
    assert_array_equal(panel.tradable[:, 0], [True, False, True])
    assert_array_equal(column(panel, "returns", "A"), [NAN, NAN, NAN])
    assert_array_equal(column(panel, "label_price", "A"), [10, 11, 12])


def test_rows_known_after_the_as_of_do_not_exist():
    rows = [bar("A", 0, 10), bar("A", 1, 11), bar("A", 0, 99, late=5 * DAY)]
    panel = build_panel(frame(rows), as_of=CLOSES[1].replace(tzinfo=UTC))
    assert_array_equal(column(panel, "label_price", "A"), [10, 11])


def test_every_session_between_the_first_and_the_last_bar_is_a_row():
    panel = build_panel(frame([bar("A", 0, 10), bar("A", 4, 11)]), as_of=AS_OF)
    assert_array_equal(panel.sessions, SESSIONS[:5])
    assert_array_equal(column(panel, "close", "A"), [10, NAN, NAN, NAN, 11])


def test_vwap_is_the_sources_where_it_has_one_and_says_so():
    prices = {"high": 12.0, "low": 9.0}
    given = frame([bar("A", 0, 9, vwap=10.5, **prices), bar("A", 1, 9, vwap=None, **prices)])
    mixed = build_panel(given, as_of=AS_OF)
    assert_array_equal(column(mixed, "vwap", "A"), [10.5, 10])
    assert mixed.meta.vwap == "mixed"
    assert build_panel(given.drop("vwap"), as_of=AS_OF).meta.vwap == "typical price"
    bare = build_panel(given.select("instrument", "session", "knowledge_time", "close"), as_of=AS_OF)
    assert sorted(bare.fields) == ["close", "raw_close", "returns"]
    assert bare.meta.vwap == ""


def test_adj_close_gives_dividends_only_where_no_actions_are_known():
    bars = frame([bar("A", 0, 10, adj_close=9.5), bar("A", 1, 10, adj_close=10.0)])
    panel = build_panel(bars, as_of=AS_OF)
    assert panel.meta.dividends == "adj_close"
    assert_allclose(column(panel, "close", "A"), [10, 10 / 0.95], rtol=1e-6)
    assert_allclose(column(panel, "label_price", "A"), [10, 10 / 0.95])
    other = build_panel(bars, frame([action("A", 1, "dividend", 1)]), as_of=AS_OF)
    assert other.meta.dividends == "actions"
    assert_allclose(column(other, "close", "A"), [10, 10 / 0.9], rtol=1e-6)


def test_knowledge_is_told_field_by_field():
    rows = frame([bar("A", 0, 10, score=1.5, backfilled=False), bar("B", 0, 10, score=None, backfilled=False)])
    sectors = pl.DataFrame({"instrument": ["B", "A", "C"], "sector": ["Energy", "Banks", "Other"]})
    panel = build_panel(rows, as_of=AS_OF, extra=["score"], sectors=sectors)
    assert panel.meta.knowledge["close"] == "recorded"
    assert panel.meta.knowledge["score"] == panel.meta.knowledge["sector"] == "absent"
    assert_array_equal(panel.fields["score"], [[1.5, NAN]])
    assert_array_equal(panel.groups["sector"], [[0, 1]])
    assert panel.group_labels["sector"] == ("Banks", "Energy")
    assumed = build_panel(rows.with_columns(backfilled=True), as_of=AS_OF)
    assert assumed.meta.knowledge["close"] == "assumed"


@pytest.mark.parametrize(("owner", "present"), [("C", False), ("B", True)])
def test_a_sector_that_no_name_has_is_not_present(owner, present):
    known = pl.DataFrame({"instrument": [owner], "sector": ["Other"]})
    panel = build_panel(frame([bar("A", 0, 10), bar("B", 0, 10)]), as_of=AS_OF, sectors=known)
    assert ("sector" in panel.present) is present
    assert (panel.group("sector") is not None) is present
    assert "sector" in panel.groups  # as in every panel, so that its snapshot stays the same
    assert panel.present >= {"close", "returns"}
    assert panel.group("country") is None


def test_an_adjusted_source_keeps_its_prices():
    bars = frame([bar("A", t, 10 + t, volume=5.0) for t in range(3)])
    panel = build_panel(bars, frame([action("A", 1, "split", 2)]), as_of=AS_OF, adjusted=True)
    assert sorted(panel.fields) == ["close", "returns", "volume"]
    assert_array_equal(column(panel, "close", "A"), [10, 11, 12])


def test_refusals_name_what_is_wrong():
    with pytest.raises(DataError, match="no bars"):
        build_panel(frame([bar("A", 0, 10)]), as_of=datetime(2018, 1, 1, tzinfo=UTC))
    saturday = frame([{**bar("A", 0, 10), "session": date(2019, 1, 5)}])
    with pytest.raises(DataError, match="1 days that are no sessions of XNYS, first 2019-01-05"):
        build_panel(saturday, as_of=AS_OF)
    with pytest.raises(UsageError, match="no time zone"):
        build_panel(frame([bar("A", 0, 10)]), as_of=AS_OF.replace(tzinfo=None))


def test_a_rebuilt_panel_takes_over_what_the_rows_do_not_have():
    rows = frame([bar("A", t, 10, score=1.0 + t, sector="X") for t in range(3)])
    panel = build_panel(rows, as_of=AS_OF, extra=["score", "sector"])
    known = rebuild_panel(panel, rows.drop("score", "sector"), cut=CLOSES[1].replace(tzinfo=UTC))
    assert_array_equal(known.fields["score"], [[1], [2]])
    assert_array_equal(known.groups["sector"], [[0], [0]])
    assert known.meta.knowledge["score"] == "absent"
    with pytest.raises(DataError, match="no session of this panel had closed"):
        rebuild_panel(panel, rows, cut=datetime(2019, 1, 1, tzinfo=UTC))


LATE = st.sampled_from([timedelta(0)] * 4 + [-timedelta(hours=2), timedelta(hours=1), DAY, 4 * DAY, 9 * DAY])
PRICE = st.floats(5, 50, width=32)


@st.composite
def markets(draw):
    bars = [
        bar(name, t, draw(PRICE), late=draw(LATE), volume=draw(PRICE), high=50.0, low=draw(PRICE), score=draw(PRICE))
        for name in "ABC"
        for t in range(12)
        for _ in range(draw(st.integers(0, 2)))
    ]
    kinds = st.sampled_from([("split", 2.0), ("split", 0.3), ("dividend", 0.7), ("spin-off", 1.1)])
    actions = [
        action(draw(st.sampled_from("ABC")), draw(st.integers(0, 11)), *draw(kinds), late=draw(LATE))
        for _ in range(draw(st.integers(0, 6)))
    ]
    if draw(st.booleans()):
        bars = [{**row, "adj_close": draw(PRICE)} for row in bars]
    return [bar("A", 0, 10, volume=1.0, high=50.0, low=9.0, score=1.0), bar("A", 11, 10), *bars], actions


@given(markets(), st.integers(0, 11), st.sampled_from([timedelta(0), timedelta(hours=5)]))
def test_what_was_known_at_a_cut_gives_the_same_past_bit_for_bit(market, t, after):
    bars = frame(market[0])
    actions = frame(market[1]) if market[1] else None
    panel = build_panel(bars, actions, as_of=AS_OF, extra=["score"])
    cut = (CLOSES[t] + after).replace(tzinfo=UTC)
    known = rebuild_panel(panel, bars, actions, cut=cut)
    past = panel.slice(0, known.shape[0])
    assert known.shape[0] == int(
        (calendar.close_time("XNYS", panel.sessions) <= np.datetime64(cut.replace(tzinfo=None))).sum()
    )
    assert_array_equal(known.sessions, past.sessions)
    assert known.fields.keys() == past.fields.keys()
    for name, values in past.fields.items():
        assert known.fields[name].tobytes() == values.tobytes(), name
    assert_array_equal(known.tradable, past.tradable)
