from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from lode.app.freshness import COLORS, SIGNS, Reached, state_of, state_of_schedule
from lode.app.queries.freshness import judged_schedules, judged_sources, sessions_due_since
from lode.collect.fama_french import FRENCH
from lode.workflow.schedule_history import LastTurn

# Friday 27 November 2026 closes early, at 18:00 UTC: due at 18:30, and held against from 20:30 on.
SATURDAY = datetime(2026, 11, 28, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("reached", "state"),
    [
        (Reached("yahoo", 0, collected=True), "in time"),
        (Reached("yahoo", 1, collected=True), "late"),
        (Reached("yahoo", 2, collected=True), "late"),
        (Reached("yahoo", 3, collected=True), "very late"),
        (Reached("yahoo", None, collected=True), "failed"),
        (Reached("yahoo", 0, collected=True, subjects=10, failed=5), "failed"),
        (Reached("yahoo", 0, collected=True, subjects=10, failed=4), "partly failed"),
        (Reached("yahoo", 1, collected=True, subjects=10, failed=4), "late"),
        (Reached("mine", 4000, collected=False), "not scheduled"),
        (Reached(FRENCH, 44, collected=True), "in time"),
        (Reached(FRENCH, 45, collected=True), "late"),
        (Reached(FRENCH, 135, collected=True), "very late"),
    ],
)
def test_a_source_is_judged_by_its_cadence(reached, state):
    assert state_of(reached) == state


@pytest.mark.parametrize(
    ("outcome", "behind", "recent", "state"),
    [
        ("succeeded", 0, True, "in time"),
        ("succeeded", 1, False, "late"),
        ("succeeded", 3, False, "very late"),
        ("succeeded", 20, False, "ended"),
        ("failed", 0, True, "failed"),
        ("", 0, True, "going on"),
        ("", 0, False, "failed"),  # it was killed
    ],
)
def test_a_schedule_is_judged_by_its_last_turn(outcome, behind, recent, state):
    assert state_of_schedule(outcome, behind, recent=recent) == state


def test_every_state_has_a_sign_and_a_colour():
    assert set(SIGNS) == set(COLORS)
    assert len(set(SIGNS.values())) == len(SIGNS)


@pytest.mark.parametrize(
    ("last", "now", "behind"),
    [
        (date(2026, 11, 27), SATURDAY, 0),
        (date(2026, 11, 25), SATURDAY, 1),  # not on Thanksgiving
        (date(2026, 11, 25), datetime(2026, 11, 27, 20, 29, tzinfo=UTC), 0),  # two hours for the run itself
        (date(2026, 11, 25), datetime(2026, 11, 27, 20, 31, tzinfo=UTC), 1),
        (date(2026, 11, 22), SATURDAY, 4),  # a Sunday
        (date(2026, 12, 30), SATURDAY, 0),
    ],
)
def test_sessions_that_became_due_are_counted(last, now, behind):
    assert sessions_due_since(last, now) == behind


def test_prices_are_held_against_their_last_session_and_the_rest_against_its_last_collection():
    ends = pl.DataFrame(
        {
            "source": ["mine", "yahoo"],
            "last_session": [date(2017, 1, 3), date(2026, 11, 24)],
            "collected_at": [SATURDAY, SATURDAY],
            "rows": [7, 8],
            "collected": [False, True],
            "quarantined": [0, 1],
        }
    )
    collected = pl.DataFrame(
        {
            "source": ["news", "sec", "yahoo"],
            "subjects": [3, 4, 2],
            "failed": [0, 4, 0],
            "collected_at": [SATURDAY - timedelta(days=1), None, SATURDAY],
            "failed_at": [None, SATURDAY, None],
            "message": ["", "403", ""],
        },
        schema_overrides={"collected_at": pl.Datetime("us", "UTC"), "failed_at": pl.Datetime("us", "UTC")},
    )
    found = judged_sources(ends, collected, SATURDAY)
    told = {row["source"]: (row["state"], row["behind"]) for row in found.iter_rows(named=True)}
    assert told["yahoo"] == ("late", 2)
    assert told["news"] == ("late", 1)  # collected on Friday morning, when Wednesday's was the last one due
    assert told["sec"] == ("failed", None)
    assert told["mine"][0] == "not scheduled"
    assert found.filter(pl.col("source") == "yahoo")["rows"].item() == 8


def test_nothing_stored_is_no_source():
    assert judged_sources(pl.DataFrame(), pl.DataFrame(), SATURDAY).is_empty()


def test_schedules_keep_their_own_exchange():
    turn = LastTurn(
        "XNYS-ab", "XNYS", 3, date(2026, 11, 25), SATURDAY - timedelta(days=2), "succeeded", "run", SATURDAY
    )
    (row,) = judged_schedules([turn], SATURDAY).iter_rows(named=True)
    assert (row["state"], row["behind"], row["outcome"]) == ("late", 1, "succeeded")
