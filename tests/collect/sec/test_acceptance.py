"""Acceptance times out of stamps whose zone is not what they say."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lode.calendar import close_time, sessions
from lode.collect.sec.acceptance import NEW_YORK, acceptance_time, known_by


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("stamp", "filed", "form", "expected"),
    [
        # Apple's 10-K of 2023: 18:08 in New York, so the next day's date (summer: four hours)
        ("2023-11-02T18:08:27.000Z", "2023-11-03", "10-K", "2023-11-02 22:08:27"),
        # at 06:01 New York's doors are open; read as UTC it would be 01:01 or 02:01
        ("2024-11-01T06:01:36.000Z", "2024-11-01", "10-K", "2024-11-01 10:01:36"),
        ("2026-01-30T06:01:32.000Z", "2026-01-30", "10-Q", "2026-01-30 11:01:32"),  # winter: five
        # as New York's digits 20:15 would have had the next day's date
        ("2025-08-20T20:17:19.000Z", "2025-08-20", "8-K", "2025-08-20 20:17:19"),
        # beyond 22:00 New York's doors are shut: UTC, 17:40
        ("2026-02-12T22:40:07.000Z", "2026-02-13", "10-K", "2026-02-12 22:40:07"),
        # an ownership report in the evening keeps the day; 01:47 can only be UTC
        ("2021-12-29T01:47:39.000Z", "2021-12-28", "4", "2021-12-29 01:47:39"),
        # both readings agree with the date: the later
        ("2026-02-18T12:05:14.000Z", "2026-02-18", "8-K", "2026-02-18 17:05:14"),
        # on a Friday evening before a Monday without work: Tuesday's date
        ("2025-01-17T18:30:00.000Z", "2025-01-21", "8-K", "2025-01-17 23:30:00"),
        # neither agrees: the later
        ("2015-11-24T16:28:03.000Z", "2015-11-16", "NO ACT", "2015-11-24 21:28:03"),
    ],
)
def test_zone_is_decided_by_filing_date_and_hours(stamp, filed, form, expected):
    assert acceptance_time(stamp, date.fromisoformat(filed), form) == at(expected)


@pytest.mark.parametrize("stamp", ["", "soon", "1999-02-12T05:00:00.000Z", "1996-08-07T04:00:00.000Z", "2003-01-02"])
def test_date_alone_is_no_time(stamp):
    assert acceptance_time(stamp, date(1999, 2, 12), "10-Q") is None


@pytest.mark.parametrize(
    "stamp", ["2013-11-01T15:00:00.000Z", "2015-11-10T15:00:00.000Z", "0001-01-01T03:00:00Z", "9999-12-31T23:00:00Z"]
)
def test_a_time_long_before_the_filing_date_is_of_something_else(stamp):
    """Known from then, the filing would be known before it was filed."""
    assert acceptance_time(stamp, date(2015, 11, 16), "10-Q") is None


def test_unknown_hour_counts_from_the_end_of_the_day():
    assert known_by(date(2024, 7, 1)) == at("2024-07-02 03:59:59")
    assert known_by(date(2024, 1, 2)) == at("2024-01-03 04:59:59")


def first_session(accepted):
    """The first session at whose close a filing counts: its close is not before the acceptance."""
    day = accepted.astimezone(NEW_YORK).date()
    days = sessions("XNYS", day, day + timedelta(days=10))
    closes = close_time("XNYS", days)
    return str(days[np.searchsorted(closes, np.datetime64(accepted.replace(tzinfo=None), "us"))])


@pytest.mark.parametrize(
    ("stamp", "filed", "session"),
    [
        ("2024-11-01T06:01:36.000Z", "2024-11-01", "2024-11-01"),  # before the open
        ("2023-11-02T18:08:27.000Z", "2023-11-03", "2023-11-03"),  # after the close
        ("2024-11-29T13:30:00.000Z", "2024-11-29", "2024-12-02"),  # the day after Thanksgiving closes at 13:00
        ("2024-11-27T20:30:00.000Z", "2024-11-27", "2024-11-27"),  # UTC, 15:30: half an hour before the close
        ("2024-03-08T20:59:00.000Z", "2024-03-08", "2024-03-08"),  # UTC, 15:59 in winter
        ("2024-03-11T20:01:00.000Z", "2024-03-11", "2024-03-12"),  # UTC, 16:01 in summer, one working day later
    ],
)
def test_after_the_close_counts_from_the_next_session(stamp, filed, session):
    assert first_session(acceptance_time(stamp, date.fromisoformat(filed), "8-K")) == session


@given(
    minutes=st.integers(0, 26 * 365 * 24 * 60),
    form=st.sampled_from(["10-K", "8-K", "4", "SC 13G"]),
    local=st.booleans(),
)
def test_never_earlier_than_the_truth(minutes, form, local):
    """EDGAR's own rule makes the filing date; whichever digits the record carries, the time found is not earlier."""
    true = datetime(2001, 1, 1, 0, 0, 7, tzinfo=NEW_YORK) + timedelta(minutes=minutes)
    if true.weekday() > 4 or not 6 <= true.hour < 22:
        return
    filed = true.date()
    if (true.hour, true.minute) > (17, 30) and form != "4":
        filed += timedelta(days=3 if true.weekday() == 4 else 1)
    digits = true if local else true.astimezone(UTC)
    found = acceptance_time(digits.strftime("%Y-%m-%dT%H:%M:%S.000Z"), filed, form)
    assert (found or known_by(filed)) >= true
