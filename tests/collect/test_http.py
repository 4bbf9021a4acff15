from datetime import UTC, datetime

import pytest
import stamina

from lode.collect.http import RateLimit, RawRecord, ThrottledForError, keep_raw, load_raw, retry_after, with_retries
from lode.errors import SourceUnavailableError, UnknownSymbolError
from lode.lake import Lake

NOW = datetime(2026, 11, 20, 21, 5, tzinfo=UTC)


def test_raw_records_come_back_as_they_were(tmp_path):
    lake = Lake(tmp_path.as_uri())
    record = RawRecord("https://x.test/a?b=c", 200, {"content-type": "text/html"}, b"\x00<html>", NOW)
    key = keep_raw(lake, "raw/yahoo/chart/symbol=AAPL", record)
    assert key == f"raw/yahoo/chart/symbol=AAPL/fetched=2026-11-20T21:05:00Z/{record.sha256}.json.zst"
    assert load_raw(lake, key) == record
    assert keep_raw(lake, "raw/yahoo/chart/symbol=AAPL", record) == key


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("0.5", 0.5), ("-3", 0.0), ("Fri, 20 Nov 2026 21:06:00 GMT", 60.0), ("soon", None), ("", None)],
)
def test_retry_after(header, seconds):
    assert retry_after({"retry-after": header}, NOW) == seconds


class Clock:
    def __init__(self):
        self.now = 100.0
        self.slept = []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(round(seconds, 6))
        self.now += seconds


def test_the_rate_is_kept_without_a_burst_after_a_rest():
    clock = Clock()
    limit = RateLimit(4.0, clock=clock, sleep=clock.sleep)
    for _ in range(3):
        limit.wait()
    clock.now += 10
    limit.wait()
    limit.wait()
    assert clock.slept == [0.0, 0.25, 0.25, 0.0, 0.25]


def test_a_pause_holds_everyone_back():
    clock = Clock()
    limit = RateLimit(4.0, clock=clock, sleep=clock.sleep)
    limit.pause(3.0)
    limit.wait()
    limit.wait()
    assert clock.slept == [3.0, 0.25]


@pytest.fixture
def quick():
    with stamina.set_testing(True, attempts=3):
        yield


@pytest.mark.parametrize("error", [SourceUnavailableError("down"), ThrottledForError("slow", None)])
def test_failures_of_the_source_are_tried_again(quick, error):
    tries = iter([error, error, None])

    def call():
        if fault := next(tries):
            raise fault
        return "answer"

    assert with_retries(call, attempts=3) == "answer"


def test_the_last_failure_is_told(quick):
    def call():
        raise SourceUnavailableError("still down")

    with pytest.raises(SourceUnavailableError, match="still down"):
        with_retries(call, attempts=3)


@pytest.mark.parametrize("error", [UnknownSymbolError("no"), ThrottledForError("an hour", 3600.0)])
def test_what_waiting_does_not_help_is_told_at_once(quick, error):
    calls = []

    def call():
        calls.append(1)
        raise error

    with pytest.raises(type(error)):
        with_retries(call, attempts=3)
    assert len(calls) == 1
