"""Every instrument keeps the sessions of its own exchange: recorded answers of ten of them, and made ones."""

import json
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import unquote, urlsplit

import polars as pl
import pytest

from lode import calendar
from lode.collect import daily, market
from lode.collect.exchanges import EXCHANGES, exchange_of, exchanges_of
from lode.collect.market import collect_market, reparse_market
from lode.errors import CollectError, DataError, UsageError
from lode.warehouse.stores.findings import read_findings
from lode.warehouse.stores.imports import read_quarantine, read_watermarks
from lode.warehouse.stores.instruments import read_instruments
from tests.replicas.server import Answer, Replica
from tests.replicas.world import DAYS, SINCE, evening, listing
from tests.replicas.yahoo import Listing

NUMBERS = ("open", "high", "low", "close", "volume")
SECOND = date(2020, 1, 2)
# as in the recorded answers; the close is that of the exchange's own session, in UTC
TRADED = {
    "0P000071W8.TO": (73.72, 73.72, 73.72, 73.72, 0, "CAD", "XTSE", "21:00"),
    "AFRAF": (11.27, 11.27, 11.27, 11.27, 0, "USD", "XNYS", "21:00"),
    "AZT.OL": (4.94, 5.36, 4.88, 4.99, 151_382, "NOK", "XOSL", "15:20"),
    "EPAC": (26.19, 26.34, 25.75, 26.16, 407_900, "USD", "XNYS", "21:00"),
    "GC=F": (1518.1, 1528.7, 1518.0, 1524.5, 214, "USD", "CMES", "23:00"),
    "OCDO.L": (1279.5, 1286.57, 1258.0, 1259.5, 728_520, "GBp", "XLON", "16:30"),
    "QQQ": (214.4, 216.16, 213.98, 216.16, 30_969_400, "USD", "XNYS", "21:00"),
    "WSKT.JK": (1485.0, 1515.0, 1480.0, 1505.0, 23_547_100, "IDR", "XIDX", "08:50"),
}
BITCOIN = {  # a holiday among them
    date(2020, 1, 1): (7194.89, 7254.33, 7174.94, 7200.17, 18_565_664_997),
    date(2020, 1, 2): (7202.55, 7212.16, 6935.27, 6985.47, 20_802_083_465),
    date(2020, 1, 3): (6984.43, 7413.72, 6915.0, 7344.88, 28_111_481_032),
}
RECORDED = datetime(2025, 2, 24, 23, 30, tzinfo=UTC)


class Recorded:
    """Answers with the recorded bodies of these files."""

    def __init__(self, folder):
        self.folder, self.files = folder / "yahoo" / "chart", {}

    def show(self, *names):
        documents = {name: json.loads((self.folder / name).read_text())["response"]["bodyJson"] for name in names}
        self.files = {d["chart"]["result"][0]["meta"]["symbol"]: d for d in documents.values()}

    def __call__(self, path):
        return Answer(body=json.dumps(self.files[unquote(urlsplit(path).path.rsplit("/", maxsplit=1)[-1])]).encode())


def test_every_recorded_answer_is_collected(world, shared_data):
    stage = Recorded(shared_data)
    charts, histories = (sorted(p.name for p in stage.folder.glob(f"{kind}-*")) for kind in ("chart", "historical"))
    assert (len(charts), len(histories)) == (11, 11)
    with Replica(stage) as replica:
        settings = world.settings.model_copy(update={"yahoo_url": replica.url})

        def collect(names, since, days=0):
            stage.show(*names)
            at = RECORDED + timedelta(days)
            report = collect_market(
                list(stage.files),
                since=since,
                settings=settings,
                warehouse=world.warehouse,
                lake=world.lake,
                now=lambda: at,
            )
            assert (report.failed, report.refused) == ({}, {})
            return report

        split, late = "chart-AAPL-2020-08-31-to-2020-11-07.json", "chart-AAPL.json"
        assert collect([split], date(2020, 8, 31)).collected == {"AAPL": 49}
        first = collect([n for n in charts if "AAPL" not in n], date(2020, 1, 1))
        assert first.collected == dict.fromkeys(TRADED, 1) | {"BTC-USD": 3}
        again = collect(histories, date(2020, 1, 1), days=1)
        assert again.collected == {"AAPL": 1, "MSFT": 252}
        assert again.unchanged == sorted([*TRADED, "BTC-USD"])
        assert again.missing == {"AAPL": 166}  # between the two recorded ranges
        assert collect([late], date(2020, 1, 1), days=2).collected == {"AAPL": 1}
    held_as_recorded(world)
    stored = world.bars()
    world.empty()
    reparse_market(warehouse=world.warehouse, lake=world.lake, now=lambda: RECORDED + timedelta(3))
    assert world.bars().equals(stored)


def held_as_recorded(world):
    bars = world.bars()
    exchanges = exchanges_of(world.warehouse, "yahoo", bars["instrument"].unique().to_list())
    assert exchanges == {n: row[-2] for n, row in TRADED.items()} | {"AAPL": "XNYS", "MSFT": "XNYS", "BTC-USD": "24/7"}
    for name, (*numbers, currency, _, close) in TRADED.items():
        (row,) = bars.filter(pl.col("instrument") == name).iter_rows(named=True)
        assert [round(row[n], 2) for n in NUMBERS] == numbers, name
        known = datetime.combine(SECOND, time.fromisoformat(close), UTC)
        assert (row["session"], row["currency"], row["knowledge_time"]) == (SECOND, currency, known), name
    for row in bars.filter(pl.col("instrument") == "BTC-USD").iter_rows(named=True):
        assert tuple(round(row[n], 2) for n in NUMBERS) == BITCOIN.pop(row["session"])
        midnight = datetime.combine(row["session"] + timedelta(1), datetime.min.time(), UTC)
        assert row["knowledge_time"] == midnight
    assert not BITCOIN
    apple = {row["session"]: row for row in bars.filter(pl.col("instrument") == "AAPL").iter_rows(named=True)}
    assert [round(apple[date(2020, 8, 31)][n], 2) for n in NUMBERS] == [127.58, 131.0, 126.0, 129.04, 225_702_700]
    assert [round(apple[date(2022, 2, 22)][n], 2) for n in NUMBERS] == [164.98, 166.69, 162.15, 164.32, 91_162_800]
    assert apple[date(2020, 10, 30)]["knowledge_time"] == datetime(2020, 10, 30, 20, tzinfo=UTC)  # summer time
    assert apple[date(2020, 11, 6)]["knowledge_time"] == datetime(2020, 11, 6, 21, tzinfo=UTC)
    actions = world.actions().select("instrument", "ex_date", "kind", "value").rows()
    assert actions[:2] == [("AAPL", date(2020, 8, 31), "split", 4.0), ("AAPL", date(2020, 11, 6), "dividend", 0.205)]
    assert [row[-1] for row in actions[2:]] == [0.56, 0.56, 0.56, 0.62]
    assert read_findings(world.warehouse, source="yahoo")["instrument"].unique().to_list() == ["AAPL"]


def elsewhere(**changes):
    """A stock of London, every weekday."""
    return listing(currency="GBp", exchange="LSE", zone="Europe/London", **changes)


def crypto(last=DAYS[-1]):
    days = [DAYS[0] + timedelta(n) for n in range((last - DAYS[0]).days + 9)]
    days = [day for day in days if last == DAYS[-1] or day <= last]
    return Listing(dict.fromkeys(days, (9.0, 9.0, 9.0, 9.0, 1.0)), exchange="CCC", zone="UTC")


def test_a_bar_is_held_against_the_sessions_of_its_own_exchange(world):
    easter, may_day = date(2024, 4, 1), date(2024, 5, 6)  # London is closed on both, New York is not
    world.stage.listings = {"AAA": listing(), "BBB.L": elsewhere()}
    report = world.collect(DAYS[-1])
    assert report.collected == {"AAA": 40, "BBB.L": 38}
    assert report.refused == {"not a session of XLON": 2}
    refused = read_quarantine(world.warehouse, source="yahoo")
    assert sorted(refused["session"]) == [easter, may_day]
    assert report.missing == {}
    del world.stage.listings["BBB.L"].traded[DAYS[30]]
    del world.stage.listings["BBB.L"].traded[may_day]
    world.empty()
    assert world.collect(DAYS[-1]).missing == {"BBB.L": 1}


def test_the_last_session_is_the_last_that_has_closed_there(world):
    world.stage.listings = {"AAA": listing(), "BBB.L": elsewhere(), "BTC-USD": crypto()}
    world.stage.today = DAYS[10]
    noon = evening(DAYS[10]).replace(hour=16)  # London has closed, New York has not, and the day is not over

    def collect(at, **more):
        return collect_market(
            list(world.stage.listings),
            since=SINCE,
            settings=world.settings,
            warehouse=world.warehouse,
            lake=world.lake,
            now=lambda: at,
            **more,
        )

    report = collect(noon)
    assert (report.behind, report.missing, report.last) == ({}, {}, DAYS[10])
    marks = read_watermarks(world.warehouse, source="yahoo")
    assert {name: mark.collected_to for name, mark in marks.items()} == {
        "AAA": DAYS[9],
        "BBB.L": DAYS[10],
        "BTC-USD": DAYS[10] - timedelta(1),
    }
    world.stage.today += timedelta(2)
    world.replica.asked.clear()
    assert collect(noon + timedelta(2)).collected == {"AAA": 2, "BBB.L": 2, "BTC-USD": 2}
    asked_from = {}
    for path in world.replica.asked:
        seconds = int(path.split("period1=")[1].split("&")[0])
        asked_from[unquote(urlsplit(path).path.rsplit("/")[-1])] = datetime.fromtimestamp(seconds, UTC).date()
    tenth = {"AAA": DAYS[0], "BBB.L": DAYS[1], "BTC-USD": DAYS[10] - timedelta(10)}  # London rested on the first
    assert asked_from == {name: day - timedelta(1) for name, day in tenth.items()}


def test_yfinance_has_the_same_days_everywhere(world):
    japan = listing(days=DAYS[:15], currency="JPY", exchange="JPX", zone="Asia/Tokyo")
    world.stage.listings = {"AAA": listing(), "BBB.L": elsewhere(), "7203.T": japan, "BTC-USD": crypto()}
    for source in ("yahoo", "yfinance"):
        report = world.collect(DAYS[-1], source=source)
        assert report.failed == {}
        assert report.collected == {"AAA": 40, "BBB.L": 38, "7203.T": 15, "BTC-USD": 53}
    bars = world.bars()
    assert world.bars(source="yfinance").equals(bars)
    tokyo = bars.filter(pl.col("instrument") == "7203.T")["knowledge_time"]
    assert tokyo[0] == datetime(2024, 4, 1, 6, tzinfo=UTC)  # 15:00 there


def test_quiet_sessions_before_delisting_are_those_of_the_exchange(world):
    """Ten days after its last bar a coin has been quiet for ten sessions, and a stock for seven or so."""
    last = DAYS[10]
    world.stage.listings = {"AAA": listing(days=DAYS[:11]), "BTC-USD": crypto(last)}
    assert world.collect(last + timedelta(1)).failed == {}
    world.stage.listings = {}
    for days in (10, 11, 12):
        report = world.collect(last + timedelta(days), ["AAA", "BTC-USD"])
    assert report.delisted == {"BTC-USD": last}
    assert list(report.failed) == ["AAA"]


def test_a_calendar_that_has_ended_fails_its_symbols_alone(world, monkeypatch):
    world.stage.listings = {"AAA": listing(), "BBB.L": elsewhere()}
    world.collect(DAYS[30])

    def ended(exchange, now, real=calendar.last_closed_session):
        if exchange == "XLON":
            raise DataError("the calendar of XLON has ended")
        return real(exchange, now)

    monkeypatch.setattr(daily, "last_closed_session", ended)
    monkeypatch.setattr(market, "last_closed_session", ended)
    report = world.collect(DAYS[32])
    assert report.collected == {"AAA": 2}
    assert report.failed == {
        "BBB.L": "CollectError: BBB.L: the calendar of XLON has ended; nothing is stored, its bytes are in the lake"
    }


def test_a_weekend_is_a_range_for_what_is_traded_on_it(world):
    saturday = date(2024, 5, 25)
    world.stage.listings = {"AAA": listing(), "BTC-USD": crypto()}
    world.collect(DAYS[-1])
    sunday = saturday + timedelta(1)
    assert world.collect(sunday, ["BTC-USD"], since=saturday).collected == {"BTC-USD": 1}
    with pytest.raises(UsageError, match=f"--since {saturday} is after the last session to collect, {DAYS[-1]}"):
        world.collect(sunday, ["AAA"], since=saturday)


def test_an_unknown_exchange_is_refused_by_name_and_keeps_its_bytes(world):
    world.stage.listings = {"AAA": listing(), "ZZZ.XX": listing(exchange="XXX", zone="Africa/Lagos")}
    report = world.collect(DAYS[-1])
    assert report.collected == {"AAA": 40}
    assert report.failed["ZZZ.XX"].startswith(
        "CollectError: the sessions of exchange 'XXX' (Africa/Lagos) are not known, so nothing is stored"
    )
    assert read_instruments(world.warehouse, ["ZZZ.XX"]).is_empty()
    assert world.lake.list("raw/yahoo/chart/symbol=ZZZ.XX")


def test_an_unknown_exchange_in_new_york_is_taken_as_new_york_and_said(world):
    world.stage.listings = {"AAA": listing(exchange="QQQ"), "BBB": listing()}
    report = world.collect(DAYS[-1])
    why = (
        "exchange 'QQQ' is not known; its sessions are taken as those of XNYS, since its time zone is America/New_York"
    )
    assert report.collected == {"AAA": 40, "BBB": 40}
    assert report.notes == [f"AAA: {why}"]
    found = read_findings(world.warehouse, source="yahoo")
    assert found.select("rule", "instrument", "session", "severity", "detail").rows() == [
        ("assumed exchange", "AAA", DAYS[0], "warning", why)
    ]
    world.stage.listings["AAA"].exchange = "NYQ"
    assert world.collect(DAYS[-1], ["BBB"]).notes == []
    assert read_findings(world.warehouse, source="yahoo").height == 1
    assert world.collect(DAYS[-1], ["AAA"]).notes == []
    assert read_findings(world.warehouse, source="yahoo").is_empty()


@pytest.mark.parametrize(
    ("name", "exchange"),
    [("NMS", "XNYS"), ("PNK", "XNYS"), ("LSE", "XLON"), ("TOR", "XTSE"), ("CCC", "24/7"), ("CMX", "CMES")],
)
def test_names_of_exchanges(name, exchange):
    assert exchange_of(name, "") == exchange
    assert exchange_of("", "America/New_York") == "XNYS"
    with pytest.raises(CollectError, match=r"sessions of exchange 'nms' \(no time zone\)"):
        exchange_of(name.lower() if name == "NMS" else "nms", "")


def test_every_exchange_has_a_calendar():
    exchange_calendars = pytest.importorskip("exchange_calendars")
    known = set(exchange_calendars.get_calendar_names(include_aliases=False))
    assert set(EXCHANGES.values()) <= known
