import json
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from lode import calendar
from lode.errors import DataError
from lode.panel import build_panel
from tests.panel.rows import AS_OF, action, bar, column, frame

CLOSES = [100, 102, 52, 51, 51]


def built(*actions, closes=CLOSES):
    return build_panel(frame([bar("A", t, c) for t, c in enumerate(closes)]), frame(list(actions)), as_of=AS_OF)


def test_split_and_dividend_reach_features_and_labels():
    panel = built(action("A", 2, "split", 2), action("A", 3, "dividend", 1.04))
    total = [100, 102, 104, 51 * 2 * 52 / 50.96, 51 * 2 * 52 / 50.96]
    assert_allclose(column(panel, "close", "A"), total, rtol=1e-6)
    assert_allclose(column(panel, "label_price", "A"), total, rtol=1e-12)
    assert_array_equal(column(panel, "raw_close", "A"), CLOSES)


def test_a_dividend_on_the_day_of_a_split_is_per_new_share():
    panel = built(action("A", 2, "split", 2), action("A", 2, "dividend", 1.02))
    # 102 is 51 new shares' price; 52 / (51 - 1.02) - 1
    assert_allclose(column(panel, "returns", "A")[2], 52 / 49.98 - 1, rtol=1e-5)


def test_an_event_known_late_counts_from_then_on_in_features_and_from_its_ex_date_in_labels():
    panel = built(action("A", 2, "split", 2, late=timedelta(hours=30)))
    assert_allclose(column(panel, "close", "A"), [100, 102, 52, 102, 102], rtol=1e-6)
    assert_allclose(column(panel, "label_price", "A"), [100, 102, 104, 102, 102])


def test_a_corrected_event_replaces_its_first_version():
    panel = built(action("A", 2, "split", 4), action("A", 2, "split", 2, late=timedelta(hours=2)))
    assert_allclose(column(panel, "close", "A"), [100, 102, 208, 102, 102], rtol=1e-6)
    assert_allclose(column(panel, "label_price", "A"), [100, 102, 104, 102, 102])


def test_events_before_the_first_price_change_nothing():
    bars = frame([bar("A", t, 10) for t in range(5)] + [bar("B", t, 10) for t in range(2, 5)])
    actions = [action("A", 0, "split", 2), action("B", 1, "split", 2), action("B", 2, "dividend", 1)]
    panel = build_panel(bars, frame(actions), as_of=AS_OF)
    assert_array_equal(panel.fields["close"][2:], np.full((3, 2), 10))


def test_a_spin_off_moves_prices_and_not_volume():
    bars = frame([bar("A", t, c, volume=10.0) for t, c in enumerate([105, 100])])
    panel = build_panel(bars, frame([action("A", 1, "spin-off", 1.05)]), as_of=AS_OF)
    assert_allclose(column(panel, "close", "A"), 105)
    assert_array_equal(column(panel, "volume", "A"), 10)


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ("dividend", 102, r"A 2019-01-04 dividend 102 after a close of 102.*below the close"),
        ("dividend", -1, "at least 0"),
        ("split", 0, "above 0"),
        ("split", float("nan"), "above 0"),
        ("merger", 1, "unknown kind of corporate action merger; allowed are split"),
    ],
)
def test_impossible_events_are_named(kind, value, message):
    with pytest.raises(DataError, match=message):
        built(action("A", 2, kind, value))


def test_dividends_give_the_adjusted_close_that_yahoo_published(shared_data):
    record = shared_data / "yahoo/chart/historical-via-chart-MSFT-dividends-2021-02-01-to-2022-01-31.csv.json"
    chart = json.loads(record.read_text())["response"]["bodyJson"]["chart"]["result"][0]
    offset = chart["meta"]["gmtoffset"]
    session = (np.array(chart["timestamp"]) + offset).astype("datetime64[s]").astype("datetime64[D]")
    events = chart["events"]["dividends"].values()
    bars = pl.DataFrame(
        {
            "instrument": "MSFT",
            "session": session,
            "close": chart["indicators"]["quote"][0]["close"],
            "adj_close": chart["indicators"]["adjclose"][0]["adjclose"],
            "knowledge_time": calendar.close_time("XNYS", session),
        }
    )
    ex_date = np.array([event["date"] + offset for event in events]).astype("datetime64[s]").astype("datetime64[D]")
    dividends = pl.DataFrame(
        {
            "instrument": "MSFT",
            "ex_date": ex_date,
            "kind": "dividend",
            "value": [event["amount"] for event in events],
            "knowledge_time": ex_date.astype("datetime64[us]"),
        }
    )
    assert len(dividends) == 4
    as_of = datetime(2026, 1, 1, tzinfo=UTC)
    for actions in (dividends, None):  # told by the events, and by adj_close / close
        panel = build_panel(bars, actions, as_of=as_of)
        quotient = column(panel, "label_price", "MSFT") / bars["adj_close"].to_numpy()
        assert_allclose(quotient, quotient[0], rtol=2e-6)
        assert_allclose(column(panel, "close", "MSFT"), column(panel, "label_price", "MSFT"), rtol=1e-6)
