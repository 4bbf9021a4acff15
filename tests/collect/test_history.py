"""What is known when: restated bars, events that come late or go, and the same history from the lake again."""

import json
import random
from datetime import date, datetime, timedelta

import polars as pl
import pytest

from lode.collect.market import collect_market
from tests.replicas.server import Answer, Replica
from tests.replicas.world import DAYS, LATER, TABLES, evening, listing
from tests.replicas.yahoo import Listing


def test_capital_gains_come_as_paid(world):
    world.stage.listings = {"FUND": listing(capital_gains={DAYS[10]: 1.5}, splits={DAYS[20]: (3, 1)})}
    world.collect(DAYS[-1])
    assert world.actions().select("ex_date", "kind", "value").rows() == [
        (DAYS[10], "capital-gain", pytest.approx(1.5)),
        (DAYS[20], "split", 3.0),
    ]


def test_a_dividend_that_is_withdrawn_is_worth_nothing_from_then_on(world):
    stock = listing(dividends={DAYS[10]: 0.4, DAYS[27]: 0.5}, capital_gains={DAYS[28]: 0.1}, splits={DAYS[29]: (2, 1)})
    world.stage.listings = {"AAPL": stock}
    world.collect(DAYS[30])
    known = world.actions()
    stock.dividends.clear()
    stock.capital_gains.clear()
    world.collect(DAYS[31])
    assert world.actions(as_of=evening(DAYS[30])).equals(known)
    withdrawn = world.actions().filter(pl.col("knowledge_time") == evening(DAYS[31]))
    assert withdrawn.select("ex_date", "kind", "value").rows() == [
        (DAYS[27], "dividend", 0.0),
        (DAYS[28], "capital-gain", 0.0),
    ]  # the answer does not reach back to the first dividend
    before = world.actions()
    world.collect(DAYS[32])
    assert world.actions().equals(before)
    stock.dividends[DAYS[27]] = 0.5
    world.collect(DAYS[33])
    last = world.actions().filter(pl.col("ex_date") == DAYS[27])
    assert last["value"].to_list() == [0.5, 0.0, pytest.approx(0.5)]


def test_an_event_of_a_day_without_a_bar_in_the_answer_is_not_withdrawn(world):
    stock = listing(dividends={DAYS[27]: 0.5})
    world.stage.listings = {"AAPL": stock}
    world.collect(DAYS[30])
    stock.dividends.clear()
    del stock.traded[DAYS[27]]
    world.collect(DAYS[31])
    assert world.actions()["value"].to_list() == [0.5]


def dumped(world):
    """Every table, without times of writing, which depend on how symbols were grouped, and resolved findings."""
    everything = "SELECT * FROM {table:Identifier} FINAL ORDER BY ALL"
    tables = {name: world.warehouse.query(everything, table=name) for name in TABLES}
    tables["findings"] = tables["findings"].filter(pl.col("severity") != "resolved")
    return {name: rows.drop("found_at", "updated_at", strict=False) for name, rows in tables.items()}


def test_reparse_gives_the_rows_of_the_original_collections(world):
    stock = listing(dividends={DAYS[5]: 0.3, DAYS[25]: 0.5})
    old = listing(days=DAYS[:12], listed=date(1992, 1, 2))
    gappy = listing(days=[*DAYS[:8], *DAYS[9:]])
    gappy.traded[DAYS[15]] = (5.0, 4.0, 3.0, 4.5, 1.0)
    world.stage.listings = {"AAPL": stock, "FB": listing(price=300.0), "TWX": old, "GAP": gappy}
    world.replica.faults.extend([Answer(body=b"<html>"), Answer(503)])
    world.collect(DAYS[20])
    stock.traded[DAYS[18]] = (1.0, 2.0, 1.0, 1.5, 10.0)
    stock.splits[DAYS[22]] = (4, 1)
    world.collect(DAYS[26])
    stock.dividends.clear()
    world.stage.listings["FB"].answers_as = "META"
    world.stage.listings["TWX"] = listing(price=20.0, days=DAYS[28:], listed=DAYS[28])
    world.collect(DAYS[30])
    world.collect(DAYS[-1], ["AAPL", "TWX"])
    original = dumped(world)
    assert len(world.bars()["knowledge_time"].unique()) > 40

    assert world.reparse(DAYS[-1]).rows == 0  # what is there stays as it is
    again = dumped(world)
    for name in TABLES:
        assert again[name].equals(original[name]), name

    world.empty()
    world.replica.asked.clear()
    report = world.reparse(DAYS[-1])
    assert world.replica.asked == []
    assert report.rows == original["bars"].height
    again = dumped(world)
    for name in TABLES:
        assert again[name].equals(original[name]), name


class Body:
    """Answers every request with one body."""

    def __init__(self, document):
        self.document = document

    def __call__(self, _path):
        return Answer(body=json.dumps(self.document).encode())


def test_a_recorded_split_read_as_of_before_and_after_it(world, shared_data):
    """The recorded body has Apple's 4:1 split; here it comes at the eleventh of its sessions, which rewrites the ten
    before: as of the evening before it they stand at four times the price and a quarter of the volume, unsplit."""
    kept = json.loads((shared_data / "yahoo" / "chart" / "chart-AAPL-2020-08-31-to-2020-11-07.json").read_text())
    after = kept["response"]["bodyJson"]
    result = after["chart"]["result"][0]
    (split,) = result["events"]["splits"].values()
    split["date"] = result["timestamp"][10]
    before = json.loads(json.dumps(after))
    early = before["chart"]["result"][0]
    early["timestamp"] = early["timestamp"][:10]
    early["events"] = {}
    quote = early["indicators"]["quote"][0]
    for name, values in quote.items():
        quote[name] = [v * (0.25 if name == "volume" else 4.0) for v in values[:10]]

    answer = Body(before)
    with Replica(answer) as replica:
        settings = world.settings.model_copy(update={"yahoo_url": replica.url})

        def collect(at):
            report = collect_market(
                ["AAPL"],
                since=date(2020, 8, 31),
                settings=settings,
                warehouse=world.warehouse,
                lake=world.lake,
                now=lambda: at,
            )
            assert report.failed == {}
            return report

        first = datetime.fromisoformat("2020-09-14T21:00:00+00:00")
        assert collect(first).rows == 10
        known, events = world.bars(as_of=first), world.actions(as_of=first)
        assert (known.height, events.height) == (10, 0)
        assert round(known["close"][0], 2) == 516.16  # 129.04 × 4
        answer.document = after
        second = first + timedelta(days=1)
        assert collect(second).rows == 1
    assert world.bars(as_of=first).equals(known)
    assert world.bars(as_of=second)[:10].equals(known)
    assert round(world.bars()["close"][10], 2) == 115.54
    assert world.actions(as_of=first).is_empty()
    assert world.actions(as_of=LATER).select("ex_date", "kind", "value").rows() == [(date(2020, 9, 15), "split", 4.0)]


def test_days_out_of_order_and_twice_come_in_order_and_once(world):
    days = [*DAYS[:10], DAYS[4], DAYS[2]]
    stock = listing()

    class Shuffled(Body):
        def __call__(self, path):
            answer = world.stage(path)
            document = json.loads(answer.body)
            result = document["chart"]["result"][0]
            order = [DAYS.index(day) for day in reversed(days)]
            result["timestamp"] = [result["timestamp"][n] for n in order]
            quote = result["indicators"]["quote"][0]
            for name in quote:
                quote[name] = [quote[name][n] for n in order]
            return Answer(body=json.dumps(document).encode())

    world.stage.listings = {"AAPL": stock}
    world.stage.today = DAYS[9]
    with Replica(Shuffled(None)) as replica:
        report = collect_market(
            ["AAPL"],
            since=DAYS[0],
            settings=world.settings.model_copy(update={"yahoo_url": replica.url}),
            warehouse=world.warehouse,
            lake=world.lake,
            now=lambda: evening(DAYS[9]),
        )
    assert report.collected == {"AAPL": 10}
    assert report.refused == {"a second row for the same symbol and session": 2}
    assert world.bars().select("session", "close").rows() == [(d, stock.traded[d][3]) for d in DAYS[:10]]


def test_yfinance_is_collected_beside_yahoo_under_its_own_name(world):
    world.stage.listings = {"AAPL": Listing(listing().traded, dividends={DAYS[5]: 0.3})}
    world.collect(DAYS[-1])
    report = world.collect(DAYS[-1], source="yfinance")
    assert (report.source, report.collected) == ("yfinance", {"AAPL": 40})
    one, other = world.bars(), world.bars(source="yfinance")
    assert one.equals(other)
    assert world.lake.list("raw/yfinance/chart/symbol=AAPL")


def test_what_was_known_never_changes_whatever_the_source_rewrites(world, soak_scale):
    """Evenings of prices, splits and dividends that are rewritten at random: every evening's view stays."""
    dice = random.Random(7)
    evenings = DAYS[20 : 25 + round(10 * soak_scale)]
    stocks = {name: listing(price=100.0 * n) for n, name in enumerate(("A", "B", "C"), start=1)}
    world.stage.listings = stocks
    views = {}
    for day in evenings:
        for stock in stocks.values():
            recent = [d for d in DAYS if d <= day][-12:]
            bar = stock.traded[dice.choice(recent)]
            stock.traded[dice.choice(recent)] = tuple(round(v * dice.choice([1.0, 1.01, 0.99]), 2) for v in bar)
            stock.dividends[dice.choice(recent)] = dice.choice([0.1, 0.2, 0.3])
            if dice.random() < 0.3 and stock.dividends:
                stock.dividends.pop(dice.choice(list(stock.dividends)))
            if dice.random() < 0.1:
                stock.splits[day] = dice.choice([(2, 1), (1, 10), (3, 2)])
        assert world.collect(day).failed == {}
        views[day] = (world.bars(evening(day)), world.actions(evening(day)))
    for day, (bars, actions) in views.items():
        assert world.bars(evening(day)).equals(bars)
        assert world.actions(evening(day)).equals(actions)
    versions = world.bars().group_by("instrument", "session").len()
    assert versions["len"].max() > 1
    original = dumped(world)
    world.empty()
    world.reparse(evenings[-1])
    again = dumped(world)
    for name in TABLES:
        assert again[name].equals(original[name]), name
