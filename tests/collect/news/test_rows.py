from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lode.collect.news.provider import Found
from lode.collect.news.rows import Page, knowledge_time, make_rows
from lode.collect.source import Kept, Request

NOW = datetime(2025, 2, 25, 11, 12, 38, tzinfo=UTC)
KNOWN = {
    "article": pl.String,
    "title": pl.String,
    "snippet": pl.String,
    "duplicate_group": pl.String,
    "collected_at": pl.Datetime("us", "UTC"),
}
STORY = "Apple said on Monday that it will invest 500 billion dollars"
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


class Words:
    model, languages = "words 1", frozenset({"en"})

    def score(self, text: str) -> float | None:
        return 0.5 if "good" in text else None


def answer(*found: Found, at: datetime = NOW) -> Kept[Page]:
    return Kept(Request("AAPL", "u", "f", {"provider": "p", "query": "q"}), "key", at, "sha", Page(found))


def known(*rows: tuple) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=KNOWN, orient="row")


@given(st.none() | moments, moments)
def test_nothing_is_known_before_it_is_published_or_collected(published, collected):
    at = knowledge_time(published, collected)
    assert at >= collected
    assert published is None or at >= published
    assert at in {published, collected}


@given(st.lists(st.text(max_size=30), max_size=8), st.lists(st.text(max_size=20), max_size=8))
def test_every_result_is_a_row_a_refusal_or_known(addresses, titles):
    found = [Found(f"https://e.com/{a}", t) for a, t in zip(addresses, titles, strict=False)]
    made = make_rows([answer(*found)], known(), instrument="A", tone=Words())
    assert made.seen == len(found)
    assert len(made.rows) + len(made.refused) <= len(found)
    assert len({row["article"] for row in made.rows}) == len(made.rows)
    again = make_rows(
        [answer(*found)],
        known(*((r["article"], r["title"], "", r["duplicate_group"], NOW - timedelta(days=1)) for r in made.rows)),
        instrument="A",
        tone=Words(),
    )
    assert again.rows == []


@pytest.mark.parametrize(("days", "group"), [(30, "old"), (31, None)])
def test_a_copy_is_looked_for_in_thirty_days(days, group):
    earlier = known(("old", STORY, "", "old", NOW - timedelta(days=days)))
    (row,) = make_rows([answer(Found("https://e.com/a", STORY))], earlier, instrument="A", tone=Words()).rows
    assert row["duplicate_group"] == (group or row["article"])


def test_a_tone_that_is_missing_is_missing():
    found = [
        Found("https://e.com/1", "It is good for the company"),
        Found("https://e.com/2", "It is there for the company"),
        Found("https://e.com/3", "Der good Konzern und die Bank sind da"),
        Found("https://e.com/4", "good", language="de"),
    ]
    rows = make_rows([answer(*found)], known(), instrument="A", tone=Words()).rows
    assert [row["sentiment"] for row in rows] == [0.5, None, None, None]
    assert {row["sentiment_model"] for row in rows} == {"words 1"}
    assert [row["language"] for row in rows] == ["en", "en", "de", "de"]
