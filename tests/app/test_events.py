from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest

from lode.app.charts import events_chart, price_chart, volume_chart
from lode.app.events import KINDS, actions_on, events_on

DAYS = pl.DataFrame(
    {
        "session": [date(2024, 1, day) for day in (4, 5, 8, 9, 10)],
        "close": [10.0, 11.0, None, 12.0, 6.0],
        "adjusted": [10.0, 11.0, None, 12.0, 12.0],
        "volume": [1e3, None, 2e3, 3e3, 4e3],
    }
)
FRIDAY_NIGHT = datetime(2024, 1, 6, 1, tzinfo=UTC)  # still Friday in New York


def filings(*rows):
    schema = {"form": pl.String, "title": pl.String, "accession": pl.String, "knowledge_time": pl.Datetime("us", "UTC")}
    return pl.DataFrame(rows, schema=schema, orient="row")


def articles(*rows):
    schema = {"article": pl.String, "title": pl.String, "knowledge_time": pl.Datetime("us", "UTC")}
    return pl.DataFrame(rows, schema=schema, orient="row")


def actions(*rows):
    return pl.DataFrame(rows, schema={"ex_date": pl.Date, "kind": pl.String, "value": pl.Float64}, orient="row")


def test_events_stand_at_the_first_session_with_a_bar_from_the_day_they_were_known():
    found = events_on(
        DAYS,
        filings(
            ("10-Q/A", "t", "a", FRIDAY_NIGHT),
            ("8-K", "t", "b", datetime(2024, 1, 6, 12, tzinfo=UTC)),  # Saturday; Monday has no bar
            ("4", "t", "c", datetime(2024, 1, 3, tzinfo=UTC)),  # before the first bar
        ),
        articles(
            ("d", "t", datetime(2024, 1, 13, tzinfo=UTC)),  # in the week after the last
            ("e", "t", datetime(2024, 1, 20, tzinfo=UTC)),
        ),
    )
    assert found.select("id", "kind", "session", "close").rows() == [
        ("filing a", KINDS[0], date(2024, 1, 5), 11.0),
        ("filing b", "8-K", date(2024, 1, 9), 12.0),
        ("article d", "article", date(2024, 1, 10), 6.0),
    ]
    assert found["known"][0] == "2024-01-06 01:00"


def test_actions_of_the_span_are_written_with_what_they_are_worth():
    found = actions_on(
        DAYS,
        actions(
            (date(2024, 1, 4), "split", 3.0),  # nothing in the span is before it
            (date(2024, 1, 8), "dividend", 0.25),
            (date(2024, 1, 10), "split", 2.0),
            (date(2024, 1, 10), "spin-off", 1.05),
            (date(2024, 1, 11), "split", 2.0),
        ),
    )
    assert found.select("session", "kind", "day", "amount").rows() == [
        (date(2024, 1, 9), "dividend", "2024-01-08", "0.25 a share"),
        (date(2024, 1, 10), "split", "2024-01-10", "2 for 1"),
        (date(2024, 1, 10), "spin-off", "2024-01-10", "ratio 1.05"),
    ]


@pytest.mark.parametrize("is_adjusted", [True, False])
def test_prices_are_drawn_with_the_kinds_of_actions_that_are_there(is_adjusted):
    spec = price_chart(DAYS, actions((date(2024, 1, 10), "split", 2.0)), is_adjusted=is_adjusted).to_dict()
    named = spec["layer"][0]["encoding"]["color"]["scale"]["domain"]
    assert named == (["as the source adjusted it", "split"] if is_adjusted else ["adjusted", "as traded", "split"])
    assert len(price_chart(DAYS, actions(), is_adjusted=is_adjusted).to_dict()["layer"]) == 2


def test_many_sessions_of_volume_are_drawn_by_week():
    many = pl.DataFrame({"session": pl.date_range(date(2015, 1, 1), date(2019, 1, 1), eager=True), "volume": 2.0})
    spec = volume_chart(many).to_dict()
    drawn = spec["datasets"][spec["layer"][1]["data"]["name"]]
    assert 200 < len(drawn) < 215
    assert {row["volume"] for row in drawn} == {2.0}
    assert "mean of each week" in spec["title"]["subtitle"]
    assert "week" not in volume_chart(DAYS).to_dict()["title"]["subtitle"]


def test_a_mark_can_be_picked_by_its_id():
    events = events_on(DAYS, filings(("10-K", "t", "a", FRIDAY_NIGHT)), articles())
    spec = events_chart(DAYS, events, picked="picked").to_dict()
    assert [(param["name"], param["select"]["fields"]) for param in spec["params"]] == [("picked", ["id"])]
    assert spec["layer"][1]["encoding"]["color"]["scale"]["domain"] == [KINDS[0]]
