import subprocess
import sys
from datetime import UTC, date, datetime

import numpy as np
import pytest

from lode import calendar
from lode.errors import DataError, UsageError


def days(*texts):
    return np.array(texts, "datetime64[D]")


def test_sessions_skip_weekends_and_thanksgiving():
    found = calendar.sessions("XNYS", date(2022, 11, 23), "2022-11-28")
    assert found.dtype == np.dtype("datetime64[D]")
    assert found.tolist() == days("2022-11-23", "2022-11-25", "2022-11-28").tolist()


def test_the_calendar_knows_unscheduled_closures():
    assert not calendar.is_session("XNYS", days("2001-09-11", "2012-10-29", "2025-01-09")).any()
    assert calendar.is_session("XNYS", days("2001-09-10", "2012-10-26")).all()


def test_counts_against_the_shared_prices_span():
    assert len(calendar.sessions("XNYS", "2013-02-08", "2018-02-07")) == 1259


def test_sessions_reach_from_1962_to_a_year_ahead():
    year_ahead = np.datetime64(datetime.now(UTC).date()) + 365
    assert calendar.sessions("XNYS", "1962-01-02", "1962-01-03").tolist() == [date(1962, 1, 2), date(1962, 1, 3)]
    assert len(calendar.sessions("XNYS", year_ahead - 10, year_ahead)) >= 4


def test_a_caller_may_change_what_it_was_given():
    calendar.sessions("XNYS", "2020-01-02", "2020-01-10")[:] = np.datetime64("1999-01-01")
    assert calendar.sessions("XNYS", "2020-01-02", "2020-01-02").tolist() == [date(2020, 1, 2)]


def test_close_time_counts_daylight_saving_and_early_closes():
    closes = calendar.close_time("XNYS", days("2022-11-25", "2022-11-28", "2022-07-05"))
    assert closes.dtype == np.dtype("datetime64[us]")
    assert closes.astype(str).tolist() == [
        "2022-11-25T18:00:00.000000",
        "2022-11-28T21:00:00.000000",
        "2022-07-05T20:00:00.000000",
    ]


def test_close_time_of_no_session_names_the_day_and_the_session_before():
    with pytest.raises(DataError, match="2022-11-26 is not a session of XNYS; the session before it is 2022-11-25"):
        calendar.close_time("XNYS", days("2022-11-25", "2022-11-26"))


def test_nat_is_no_session():
    assert calendar.is_session("XNYS", days("NaT", "2022-11-25")).tolist() == [False, True]


def test_a_range_outside_of_the_calendar_is_an_error():
    with pytest.raises(DataError, match=r"1930-01-01 lies outside .* covers 1962-01-02"):
        calendar.sessions("XNYS", "1930-01-01", "1970-01-01")


def test_the_nearest_exchange_is_suggested():
    with pytest.raises(UsageError, match=r"'XNYC'.*XNYS"):
        calendar.sessions("XNYC", "2020-01-01", "2020-02-01")


@pytest.mark.parametrize(
    ("now", "session"),
    [
        ("2022-11-25T17:59:59+00:00", "2022-11-23"),
        ("2022-11-25T18:00:00+00:00", "2022-11-25"),
        ("2022-11-27T12:00:00+09:00", "2022-11-25"),
    ],
)
def test_last_closed_session(now, session):
    assert str(calendar.last_closed_session("XNYS", datetime.fromisoformat(now))) == session


def test_last_closed_session_wants_a_time_zone():
    with pytest.raises(UsageError, match="no time zone"):
        calendar.last_closed_session("XNYS", datetime(2022, 1, 1))  # noqa: DTZ001


def test_importing_the_module_leaves_the_heavy_packages_out():
    code = "import sys, lode.calendar; sys.exit('exchange_calendars' in sys.modules or 'pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_latest_sessions_up_to_a_day():
    # 2024-07-04 is a holiday, the 6th a Saturday
    days = calendar.latest_sessions("XNYS", date(2024, 7, 6), 3)
    assert days.tolist() == [date(2024, 7, 2), date(2024, 7, 3), date(2024, 7, 5)]
    assert len(calendar.latest_sessions("XNYS", date(1962, 1, 3), 10)) == 2


def test_what_lies_after_the_calendar_is_not_taken_as_its_end():
    with pytest.raises(DataError, match="2099-01-02 lies after the calendar of XNYS, which ends on 20"):
        calendar.last_closed_session("XNYS", datetime(2099, 1, 2, tzinfo=UTC))


def test_a_calendar_that_cannot_be_made_is_said(monkeypatch):
    class Broken:
        @classmethod
        def bound_min(cls):
            raise NotImplementedError("implemented by subclasses")

    monkeypatch.setattr("lode.calendar._known", lambda _exchange: Broken())
    with pytest.raises(DataError, match=r"cannot make the calendar of XBROKEN \(NotImplementedError: implemented by"):
        calendar.is_session("XBROKEN", days("2024-07-05"))
