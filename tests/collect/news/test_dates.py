from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lode.collect.news.dates import published_time

FETCHED = datetime(2025, 2, 25, 11, 12, 38, tzinfo=UTC)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("3 hours ago", utc(2025, 2, 25, 8, 12, 38)),
        ("an hour ago", utc(2025, 2, 25, 10, 12, 38)),
        ("45m", utc(2025, 2, 25, 10, 27, 38)),
        ("2 days ago", utc(2025, 2, 23, 11, 12, 38)),
        ("vor 2 Stunden", utc(2025, 2, 25, 9, 12, 38)),
        ("vor 2 Std.", utc(2025, 2, 25, 9, 12, 38)),
        ("2 часа назад", utc(2025, 2, 25, 9, 12, 38)),
        ("3 дня назад", utc(2025, 2, 22, 11, 12, 38)),
        ("2時間前", utc(2025, 2, 25, 9, 12, 38)),
        ("3天前", utc(2025, 2, 22, 11, 12, 38)),
        ("2시간 전", utc(2025, 2, 25, 9, 12, 38)),
        ("há 2 horas", utc(2025, 2, 25, 9, 12, 38)),
        ("2 uur geleden", utc(2025, 2, 25, 9, 12, 38)),
        ("1 hour, 20 minutes ago", utc(2025, 2, 25, 10, 12, 38)),  # not before
        ("Posted 3 hours ago", utc(2025, 2, 25, 8, 12, 38)),
        ("3 hours ago · 5 min read", utc(2025, 2, 25, 8, 12, 38)),
        ("il y a 3 jours", utc(2025, 2, 22, 11, 12, 38)),
        ("1 month ago", utc(2025, 1, 26, 11, 12, 38)),
        ("just now", FETCHED),
        ("today", FETCHED),
        ("Yesterday", utc(2025, 2, 24, 23, 59, 59)),
        ("Tue, 25 Feb 2025 11:02:38 GMT", utc(2025, 2, 25, 11, 2, 38)),
        ("2025-02-25T09:00:00+01:00", utc(2025, 2, 25, 8)),
        ("2025-02-25T11:02:38Z", utc(2025, 2, 25, 11, 2, 38)),
        ("1740442800", utc(2025, 2, 25, 0, 20)),
        ("1740442800000", utc(2025, 2, 25, 0, 20)),
        ("Feb 20, 2025 4:30 PM EST", utc(2025, 2, 20, 21, 30)),
    ],
)
def test_a_time_that_is_said_is_read(shown, expected):
    assert published_time(shown, FETCHED) == expected


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("2025-02-20", utc(2025, 2, 21, 11, 59, 59)),  # the day ends last at UTC-12
        ("20250220", utc(2025, 2, 21, 11, 59, 59)),
        ("Feb 20, 2025", utc(2025, 2, 21, 11, 59, 59)),
        ("Updated: Feb. 20, 2025", utc(2025, 2, 21, 11, 59, 59)),
        ("20 February 2025", utc(2025, 2, 21, 11, 59, 59)),
        ("20.02.2025", utc(2025, 2, 21, 11, 59, 59)),
        ("02/20/2025", utc(2025, 2, 21, 11, 59, 59)),
        ("20/02/2025", utc(2025, 2, 21, 11, 59, 59)),
        ("2025-02-20T10:00:00", utc(2025, 2, 20, 22)),
        ("2025-02-25", FETCHED),  # it was found, so it was there
        ("03/02/2025", utc(2025, 2, 4, 11, 59, 59)),  # the 2nd of March is not yet, so the 3rd of February
        ("03/01/2025", utc(2025, 1, 4, 11, 59, 59)),
        ("01/02/2025", utc(2025, 2, 2, 11, 59, 59)),  # the later of 2 January and 1 February
    ],
)
def test_what_is_not_said_is_taken_at_its_latest(shown, expected):
    assert published_time(shown, FETCHED) == expected


@pytest.mark.parametrize(("shown", "expected"), [("2025-03-01", utc(2025, 3, 2, 11, 59, 59)), ("2150-01-01Z", None)])
def test_a_date_after_the_fetch_stays_as_it_is(shown, expected):
    assert published_time(shown, FETCHED) == expected


@pytest.mark.parametrize(
    "shown",
    [
        "1970-01-01",
        "1970-01-01T00:00:00Z",
        "0",
        "3 前",
        "",
        "soon",
        "in 3 hours",
        "31/31/2025",
        "9999 years ago",
        "0001-01-01",
        "2250-01-01",
        "3 parsecs ago",
        "12",
    ],
)
def test_what_cannot_be_read_is_unknown(shown):
    assert published_time(shown, FETCHED) is None


@given(st.text(max_size=40))
def test_no_text_breaks_it(shown):
    found = published_time(shown, FETCHED)
    assert found is None or found.utcoffset() == timedelta(0)


@given(st.datetimes(*(datetime(y, 1, 1) for y in (2000, 2025))))  # noqa: DTZ001  the zone is what is missing
def test_a_zone_only_ever_makes_it_earlier(moment):
    bare = published_time(moment.isoformat(), FETCHED)
    for hours in (-12, 0, 14):
        zone = f"{'-' if hours < 0 else '+'}{abs(hours):02}:00"
        assert published_time(f"{moment.isoformat()}{zone}", FETCHED) <= bare
