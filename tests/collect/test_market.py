import threading
from datetime import UTC, date, datetime

import polars as pl
import pytest
import stamina

from lode.collect import daily, identity, ingest, storing
from lode.collect.http import load_raw
from lode.collect.market import collect_market
from lode.errors import UsageError
from lode.warehouse.stores.bars import read_sectors
from lode.warehouse.stores.imports import read_quarantine, read_watermarks
from lode.warehouse.stores.instruments import read_instruments
from tests.replicas.server import Answer
from tests.replicas.world import DAYS, SINCE, evening, listing
from tests.replicas.yahoo import Listing


def test_a_market_is_collected_as_traded(world):
    split = DAYS[30]
    traded = listing().traded
    for day in DAYS[30:]:
        traded[day] = tuple(v / 4 if n < 4 else v * 4 for n, v in enumerate(traded[day]))
    world.stage.listings = {
        "AAPL": Listing(traded, splits={split: (4, 1)}, dividends={DAYS[20]: 0.8}),
        "MSFT": listing(),
    }
    report = world.collect(DAYS[-1])
    assert report.collected == {"AAPL": 40, "MSFT": 40}
    assert (report.rows, report.failed, report.unchanged, report.refused, report.behind) == (80, {}, [], {}, {})
    rows = world.bars().filter(pl.col("instrument") == "AAPL")
    stored = {
        row["session"]: tuple(row[n] for n in ("open", "high", "low", "close", "volume"))
        for row in rows.iter_rows(named=True)
    }
    assert stored == traded
    assert rows["backfilled"].all()
    assert rows["currency"].unique().to_list() == ["USD"]
    assert rows["knowledge_time"][0] == evening(DAYS[0]).replace(hour=20)
    assert world.actions().rows() == [
        ("AAPL", DAYS[20], "dividend", pytest.approx(0.8), datetime(2024, 4, 29, tzinfo=UTC)),
        ("AAPL", split, "split", 4.0, datetime(2024, 5, 13, tzinfo=UTC)),
    ]
    details = read_instruments(world.warehouse, ["AAPL"]).row(0, named=True)
    told = ("name", "exchange", "currency", "kind", "time_zone", "listed", "sector")
    assert [details[name] for name in told] == [
        "AAPL Inc.",
        "NMS",
        "USD",
        "EQUITY",
        "America/New_York",
        date(1980, 12, 12),
        "",
    ]
    assert read_sectors(world.warehouse, ["AAPL"]).is_empty()


def test_raw_answers_are_in_the_lake_and_watermarks_point_at_them(world):
    world.stage.listings = {"AAPL": listing()}
    world.collect(DAYS[-1])
    mark = read_watermarks(world.warehouse, source="yahoo")["AAPL"]
    assert (mark.collected_from, mark.collected_to) == (SINCE, DAYS[-1])
    assert mark.lake_key.startswith("raw/yahoo/chart/symbol=AAPL/fetched=2024-05-24T21:00:00Z/")
    assert load_raw(world.lake, mark.lake_key).body.startswith(b'{"chart"')


def test_a_second_collection_fetches_only_the_overlap_and_adds_what_is_new(world):
    world.stage.listings = {"AAPL": listing()}
    world.collect(DAYS[30])
    world.replica.asked.clear()
    report = world.collect(DAYS[32])
    assert report.collected == {"AAPL": 2}
    (path,) = world.replica.asked
    asked_from = int(path.split("period1=")[1].split("&")[0])
    assert datetime.fromtimestamp(asked_from, UTC).date() >= DAYS[20]
    assert world.collect(DAYS[32]).unchanged == ["AAPL"]
    assert world.bars()["session"].to_list() == list(DAYS[:33])


def test_an_earlier_since_collects_the_whole(world):
    world.stage.listings = {"AAPL": listing()}
    world.collect(DAYS[-1], since=DAYS[20])
    assert world.collect(DAYS[-1], since=DAYS[0]).collected == {"AAPL": 20}
    assert read_watermarks(world.warehouse, source="yahoo")["AAPL"].collected_from == DAYS[0]


def test_a_split_in_between_changes_nothing_that_was_known(world):
    stock = listing(price=99.97)
    world.stage.listings = {"AAPL": stock}
    world.collect(DAYS[30])
    before = world.bars()
    stock.splits[DAYS[32]] = (7, 3)
    stock.splits[DAYS[33]] = (1, 30)
    report = world.collect(DAYS[34])
    assert report.collected == {"AAPL": 4}
    assert world.bars(as_of=evening(DAYS[30])).equals(before)
    assert world.bars().filter(pl.col("session") <= DAYS[30]).equals(before)
    assert world.actions()["value"].to_list() == [7 / 3, 1 / 30]


def test_a_restated_close_is_a_new_version_known_from_the_fetch(world):
    stock = listing()
    world.stage.listings = {"AAPL": stock}
    world.collect(DAYS[30])
    stock.traded[DAYS[29]] = (129.0, 131.0, 127.0, 130.5, 1_029.0)
    report = world.collect(DAYS[31])
    assert report.collected == {"AAPL": 2}
    versions = world.bars().filter(pl.col("session") == DAYS[29])
    assert versions["close"].to_list() == [130.0, 130.5]
    assert versions["knowledge_time"].to_list() == [evening(DAYS[29]).replace(hour=20), evening(DAYS[31])]
    assert versions["backfilled"].to_list() == [True, False]


def test_an_event_that_came_late_or_changed_is_known_from_its_fetch(world):
    stock = listing(dividends={DAYS[25]: 0.5})
    world.stage.listings = {"AAPL": stock}
    world.collect(DAYS[30])
    stock.dividends |= {DAYS[25]: 0.55, DAYS[28]: 0.1}
    world.collect(DAYS[31])
    world.collect(DAYS[32])
    assert world.actions().select("ex_date", "value", "knowledge_time").rows() == [
        (DAYS[25], 0.5, datetime(2024, 5, 6, tzinfo=UTC)),
        (DAYS[25], 0.55, evening(DAYS[31])),
        (DAYS[28], 0.1, evening(DAYS[31])),
    ]


def test_one_failure_leaves_the_others_alone(world):
    world.stage.listings = {"AAPL": listing(), "MSFT": listing()}
    report = world.collect(DAYS[-1], ["AAPL", "NOPE", "MSFT"])
    assert set(report.collected) == {"AAPL", "MSFT"}
    assert list(report.failed) == ["NOPE"]
    assert report.failed["NOPE"].startswith("UnknownSymbolError: Yahoo knows no such symbol")
    assert "NOPE" not in read_watermarks(world.warehouse, source="yahoo")
    assert world.lake.list("raw/yahoo/chart/symbol=NOPE")


def test_faults_are_asked_again(world):
    world.stage.listings = {"AAPL": listing(), "MSFT": listing()}
    world.replica.faults.extend([Answer(429, headers={"Retry-After": "0"}), Answer(503), Answer(body=b"x" * 99, cut=9)])
    world.replica.faults.append(Answer(body=b"<html>"))
    with stamina.set_testing(True, attempts=9):
        report = world.collect(DAYS[-1])
    assert (report.rows, report.failed) == (80, {})
    assert len(world.replica.asked) == 6


def test_odd_answers_are_asked_again_a_few_times(world):
    world.stage.listings = {"AAPL": listing()}
    odd = [Answer(403, b"no"), Answer(body=b'{"chart": {"result": [{"meta": {}}], "error": null}}'), Answer(401)]
    world.replica.faults.extend(odd)
    report = world.collect(DAYS[-1])
    assert (report.rows, report.failed, len(world.replica.asked)) == (40, {}, 4)
    world.replica.faults.extend([Answer(403, b"no")] * 4)
    report = world.collect(DAYS[-1])
    assert report.failed["AAPL"].startswith("OddAnswerError: Yahoo refused with status 403")
    assert len(world.replica.asked) == 8


def test_a_source_that_stays_down_is_told_as_such(world):
    world.stage.listings = {"AAPL": listing()}
    world.replica.faults.extend([Answer(503)] * 3)
    report = world.collect(DAYS[-1])
    assert report.failed["AAPL"].startswith("SourceUnavailableError: Yahoo failed with status 503")


def test_rows_that_break_a_rule_are_refused_and_counted(world):
    stock = listing()
    stock.traded[DAYS[3]] = (None, None, None, None, None)
    stock.traded[DAYS[4]] = (104.0, 100.0, 102.0, 105.0, 10.0)
    stock.traded[date(2024, 4, 6)] = stock.traded[DAYS[5]]
    world.stage.listings = {"AAPL": stock}
    report = world.collect(DAYS[-1])
    assert report.refused == {
        "close is not a number": 1,
        "low above open, high or close; high below open or close": 1,
        "not a session of XNYS": 1,
    }
    refused = read_quarantine(world.warehouse, source="yahoo")
    assert refused["symbol"].unique().to_list() == ["AAPL"]
    assert report.collected == {"AAPL": 38}


def test_a_session_that_has_not_closed_is_left_for_later(world):
    world.stage.listings = {"AAPL": listing()}
    world.stage.today = DAYS[10]
    noon = evening(DAYS[10]).replace(hour=16)
    collect_market(
        ["AAPL"], since=SINCE, settings=world.settings, warehouse=world.warehouse, lake=world.lake, now=lambda: noon
    )
    assert world.bars()["session"].max() == DAYS[9]


def test_a_symbol_without_the_last_session_is_named(world):
    stock = listing()
    del stock.traded[DAYS[-1]]
    world.stage.listings = {"AAPL": stock}
    assert world.collect(DAYS[-1]).behind == {"AAPL": DAYS[-2]}
    assert read_watermarks(world.warehouse, source="yahoo")["AAPL"].collected_to == DAYS[-2]


def test_no_session_at_all_is_a_failure(world):
    world.stage.listings = {"AAPL": Listing({})}
    assert "no session of AAPL" in world.collect(DAYS[-1]).failed["AAPL"]


def test_a_range_without_a_session_is_refused(world):
    with pytest.raises(UsageError, match="--since 2024-05-27 is after the last session to collect, 2024-05-24"):
        world.collect(DAYS[-1], ["AAPL"], since=date(2024, 5, 27))


def test_until_bounds_what_is_kept_and_the_request_still_runs_to_the_present(world):
    stock = listing(splits={DAYS[20]: (2, 1)})
    world.stage.listings = {"AAPL": stock}
    world.collect(DAYS[-1], until=DAYS[9])
    rows = world.bars()
    assert rows["session"].max() == DAYS[9]
    assert rows["close"].to_list() == [stock.traded[day][3] for day in DAYS[:10]]


def test_an_interrupted_collection_goes_on(world, monkeypatch):
    """The process ends at any write: what was there stays, the rest comes with the next collection, nothing twice."""
    world.stage.listings = {name: listing(dividends={DAYS[5]: 0.1}) for name in ("A", "B", "C")}
    monkeypatch.setattr(ingest, "BATCH", 1)
    writes = {
        "insert_bars": daily,
        "insert_actions": daily,
        "insert_instruments": identity,
        "insert_watermarks": storing,
        "record_collections": storing,
    }
    for name, module in writes.items():
        real, calls = getattr(module, name), []

        def broken(*args, real=real, calls=calls, **options):
            calls.append(1)
            if len(calls) == 2:
                raise KeyboardInterrupt
            return real(*args, **options)

        with monkeypatch.context() as patched:
            patched.setattr(module, name, broken)
            with pytest.raises(KeyboardInterrupt):
                world.collect(DAYS[-1])
    report = world.collect(DAYS[-1])
    assert report.failed == {}
    assert world.bars().group_by("instrument").len().sort("instrument").rows() == [("A", 40), ("B", 40), ("C", 40)]
    assert world.actions().select("instrument", "value", "knowledge_time").rows() == [
        (name, pytest.approx(0.1), datetime(2024, 4, 8, tzinfo=UTC)) for name in ("A", "B", "C")
    ]
    assert not [t for t in threading.enumerate() if t.name.startswith("yahoo")]
