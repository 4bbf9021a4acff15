from datetime import timedelta

import polars as pl
import pytest

from lode.warehouse.stores.findings import read_findings
from lode.warehouse.stores.instruments import read_instruments
from tests.replicas.server import Answer
from tests.replicas.world import DAYS, evening, listing


def missing(world):
    found = read_findings(world.warehouse, source="yahoo").filter(pl.col("rule") == "missing session")
    return sorted(found.select("instrument", "session").rows())


def delisted(world, name):
    return read_instruments(world.warehouse, [name])["delisted"].item()


def test_sessions_inside_the_range_that_did_not_come_are_counted_and_recorded(world):
    gappy, late = listing(), listing(days=DAYS[10:])
    for day in (DAYS[3], DAYS[35]):
        del gappy.traded[day]
    broken = listing()
    broken.traded[DAYS[7]] = (None,) * 5
    world.stage.listings = {"GAP": gappy, "LATE": late, "NULL": broken}
    report = world.collect(DAYS[-1])
    assert report.missing == {"GAP": 2, "NULL": 1}
    assert missing(world) == [("GAP", DAYS[3]), ("GAP", DAYS[35]), ("NULL", DAYS[7])]


def test_a_session_that_comes_later_is_missing_no_more(world):
    stock = listing()
    bar = stock.traded.pop(DAYS[32])
    world.stage.listings = {"GAP": stock, "OTHER": listing(days=[*DAYS[:5], *DAYS[6:]])}
    assert world.collect(DAYS[35]).missing == {"GAP": 1, "OTHER": 1}
    stock.traded[DAYS[32]] = bar
    report = world.collect(DAYS[36], ["GAP"])
    assert report.missing == {}
    assert missing(world) == [("OTHER", DAYS[5])]
    assert report.collected == {"GAP": 2}
    came = world.bars().filter((pl.col("instrument") == "GAP") & (pl.col("session") == DAYS[32]))
    assert came.select("knowledge_time", "backfilled").rows() == [(evening(DAYS[36]), False)]  # it was not there before


@pytest.fixture
def gone(world):
    """A stock whose last session was the eleventh, and that its source forgot."""
    world.stage.listings = {"GONE": listing(days=DAYS[:11])}
    assert world.collect(DAYS[12]).behind == {"GONE": DAYS[10]}
    world.stage.listings = {}
    return world


def test_delisted_is_said_on_the_third_day_of_evidence(gone):
    for day in (DAYS[24], DAYS[25]):
        report = gone.collect(day, ["GONE"])
        assert (report.unknown, report.delisted) == (["GONE"], {})
        assert gone.collect(day, ["GONE"]).failures == 1  # the same day is the same evidence
        assert delisted(gone, "GONE") is None
    report = gone.collect(DAYS[26], ["GONE"])
    assert (report.failures, report.delisted) == (0, {"GONE": DAYS[10]})
    assert report.notes == [f"yahoo had no data of GONE on 3 days, {DAYS[24]} to {DAYS[26]}; last bar {DAYS[10]}"]
    assert delisted(gone, "GONE") == DAYS[10]


def test_a_recent_last_bar_is_no_evidence(gone):
    for day in DAYS[14:19]:
        assert gone.collect(day, ["GONE"]).delisted == {}
    assert delisted(gone, "GONE") is None


@pytest.mark.parametrize("fault", [Answer(429), Answer(503), Answer(404, b"<html>")])
def test_throttles_and_outages_are_no_evidence(gone, fault):
    for day in DAYS[24:30]:
        gone.replica.faults.extend([fault] * 3)
        report = gone.collect(day, ["GONE"])
        assert (report.unknown, report.delisted, report.failures) == ([], {}, 1)
    assert delisted(gone, "GONE") is None


def test_an_answer_in_between_begins_the_evidence_anew(gone):
    for day in (DAYS[24], DAYS[25]):
        gone.collect(day, ["GONE"])
    gone.stage.listings = {"GONE": listing(days=DAYS[:11])}
    gone.collect(DAYS[26], ["GONE"])
    gone.stage.listings = {}
    for day in (DAYS[27], DAYS[28]):
        assert gone.collect(day, ["GONE"]).delisted == {}


def test_a_symbol_that_is_traded_after_all_is_delisted_no_more(gone):
    for day in DAYS[24:27]:
        gone.collect(day, ["GONE"])
    assert delisted(gone, "GONE") == DAYS[10]
    gone.stage.listings = {"GONE": listing(days=[*DAYS[:11], DAYS[28]])}
    gone.collect(DAYS[28])
    assert delisted(gone, "GONE") is None


def test_a_symbol_that_never_had_a_bar_is_unknown_not_delisted(world):
    for day in DAYS[20:26]:
        report = world.collect(day, ["NOPE"])
        assert (report.unknown, report.delisted) == (["NOPE"], {})


def test_an_unknown_ticker_and_a_rate_limit_are_different_outcomes(world):
    world.stage.listings = {"AAPL": listing()}
    world.collect(DAYS[30], ["NOPE"])
    world.replica.faults.extend([Answer(429)] * 3)
    report = world.collect(DAYS[31], ["AAPL"])
    assert report.failed["AAPL"].startswith("ThrottledForError: Yahoo throttles (status 429)")
    assert (report.unknown, report.throttled) == ([], 3)
    report = world.collect(DAYS[31], ["NOPE"])
    assert report.failed["NOPE"].startswith("UnknownSymbolError: Yahoo knows no such symbol")
    assert (report.unknown, report.throttled) == (["NOPE"], 0)
    assert evening(DAYS[31]) - evening(DAYS[30]) == timedelta(days=1)
