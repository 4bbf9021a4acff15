import json
from datetime import UTC, date, datetime

import polars as pl
import pytest

from lode.collect.chart import parse_chart
from lode.collect.http import OddAnswerError, RawRecord
from lode.errors import CollectError, SourceUnavailableError, UnknownSymbolError
from tests.replicas.yahoo import Listing, chart_body, recorded

FETCHED = datetime(2024, 6, 20, 21, 5, tzinfo=UTC)


def record(body, status=200):
    return RawRecord("https://example.test/v8/finance/chart/X", status, {}, body, FETCHED)


def split_listing():
    # 4:1 on the 6th, then 1:2 on the 10th; a dividend before, between and after
    return Listing(
        traded={
            date(2024, 6, 5): (400.0, 410.0, 396.0, 404.0, 1_000.0),
            date(2024, 6, 6): (100.0, 102.0, 99.0, 101.0, 4_000.0),
            date(2024, 6, 7): (101.0, 103.0, 100.0, 102.0, 4_400.0),
            date(2024, 6, 10): (204.0, 206.0, 200.0, 205.0, 2_000.0),
        },
        splits={date(2024, 6, 6): (4, 1), date(2024, 6, 10): (1, 2)},
        dividends={date(2024, 6, 5): 0.8, date(2024, 6, 7): 0.25, date(2024, 6, 10): 0.5},
    )


def test_quotes_are_un_split_to_what_was_traded():
    listing = split_listing()
    body = chart_body("X", listing, since=date(2024, 6, 1), today=date(2024, 6, 20))
    assert json.loads(body)["chart"]["result"][0]["indicators"]["quote"][0]["close"] == [202.0, 202.0, 204.0, 205.0]
    bars = parse_chart(record(body)).bars
    assert {row[0]: row[1:] for row in bars.iter_rows()} == listing.traded


def test_events_are_as_paid():
    body = chart_body("X", split_listing(), since=date(2024, 6, 1), today=date(2024, 6, 20))
    actions = parse_chart(record(body)).actions
    assert actions.rows() == [
        (date(2024, 6, 5), "dividend", 0.8),
        (date(2024, 6, 6), "split", 4.0),
        (date(2024, 6, 7), "dividend", 0.25),
        (date(2024, 6, 10), "dividend", 0.5),
        (date(2024, 6, 10), "split", 0.5),
    ]


def test_a_split_known_later_does_not_change_what_was_traded():
    before = chart_body("X", split_listing(), since=date(2024, 6, 1), today=date(2024, 6, 7))
    after = chart_body("X", split_listing(), since=date(2024, 6, 1), today=date(2024, 6, 20))
    assert parse_chart(record(before)).bars.equals(parse_chart(record(after)).bars[:3])


def test_a_recorded_split_and_dividend(shared_data):
    chart = parse_chart(recorded(shared_data, "chart-AAPL-2020-08-31-to-2020-11-07.json"))
    assert (chart.symbol, chart.currency, chart.exchange, chart.kind) == ("AAPL", "USD", "NMS", "EQUITY")
    assert chart.actions.rows() == [(date(2020, 8, 31), "split", 4.0), (date(2020, 11, 6), "dividend", 0.205)]
    assert chart.bars.height == 49
    first = chart.bars.row(0, named=True)
    # the split's ex-date is the first session: it was traded after it, at 127.58 to 129.04
    assert first["session"] == date(2020, 8, 31)
    assert (round(first["open"], 2), round(first["close"], 2)) == (127.58, 129.04)


@pytest.mark.parametrize("moved", [4.0, 1 / 3])
def test_a_recorded_body_with_its_split_a_day_later(shared_data, moved):
    source = recorded(shared_data, "chart-AAPL-2020-08-31-to-2020-11-07.json")
    document = json.loads(source.body)
    result = document["chart"]["result"][0]
    (split,) = result["events"]["splits"].values()
    split |= {"date": result["timestamp"][1], "numerator": moved, "denominator": 1}
    before, after = parse_chart(source).bars, parse_chart(record(json.dumps(document).encode())).bars
    assert after["close"][0] == pytest.approx(before["close"][0] * moved)
    assert after["volume"][0] == pytest.approx(before["volume"][0] / moved, abs=1)
    assert after[1:].equals(before[1:])


def test_every_recorded_body_is_read(shared_data):
    names = sorted(path.name for path in (shared_data / "yahoo" / "chart").glob("*.json"))
    charts = {name: parse_chart(recorded(shared_data, name)) for name in names}
    assert len(charts) == 22
    assert {chart.currency for chart in charts.values()} >= {"USD", "CAD", "NOK", "IDR"}
    for chart in charts.values():
        assert chart.bars["session"].is_sorted()
        assert chart.bars["session"].null_count() == 0
    dividends = charts["historical-via-chart-MSFT-dividends-2021-02-01-to-2022-01-31.csv.json"].actions
    assert dividends["value"].to_list() == [0.56, 0.56, 0.56, 0.62]


def test_missing_quotes_stay_missing():
    listing = Listing({date(2024, 6, 5): (None, None, None, None, None), date(2024, 6, 6): (1.0, 2.0, 1.0, 2.0, None)})
    bars = parse_chart(record(chart_body("X", listing, since=date(2024, 6, 1), today=date(2024, 6, 20)))).bars
    assert bars["close"].to_list() == [None, 2.0]
    assert bars["volume"].to_list() == [None, None]


def test_an_empty_range_has_no_bars_and_their_types():
    chart = parse_chart(record(chart_body("X", Listing({}), since=date(2024, 6, 1), today=date(2024, 6, 20))))
    assert chart.bars.is_empty()
    assert chart.actions.is_empty()
    assert chart.bars.schema["session"] == pl.Date


def test_an_unknown_symbol_is_told_from_everything_else():
    body = (
        b'{"chart":{"result":null,"error":{"code":"Not Found","description":"No data found, symbol may be delisted"}}}'
    )
    with pytest.raises(UnknownSymbolError, match="symbol may be delisted"):
        parse_chart(record(body, 404))


@pytest.mark.parametrize(
    "body", [b"<html>Will be right back</html>", b'{"chart": {"result": [{"me', b"", b"\xff\xfe\x00"]
)
def test_what_is_no_json_is_a_failure_of_the_source(body):
    with pytest.raises(SourceUnavailableError, match="no JSON"):
        parse_chart(record(body))


@pytest.mark.parametrize(
    "change",
    [
        lambda result: result.pop("meta"),
        lambda result: result["meta"].pop("exchangeTimezoneName"),
        lambda result: result["meta"].update(exchangeTimezoneName="Mars/Olympus"),
        lambda result: result["indicators"].pop("quote"),
        lambda result: result["indicators"]["quote"][0].pop("close"),
        lambda result: result["indicators"]["quote"][0]["close"].pop(),
        lambda result: result["indicators"]["quote"][0]["close"].__setitem__(0, "dear"),
        lambda result: result["timestamp"].__setitem__(0, "2024-06-05"),
        lambda result: next(iter(result["events"]["splits"].values())).pop("numerator"),
        lambda result: next(iter(result["events"]["splits"].values())).update(numerator=0),
        lambda result: next(iter(result["events"]["splits"].values())).update(denominator=0),
        lambda result: next(iter(result["events"]["dividends"].values())).pop("amount"),
    ],
)
def test_a_changed_shape_is_an_odd_answer(change):
    document = json.loads(chart_body("X", split_listing(), since=date(2024, 6, 1), today=date(2024, 6, 20)))
    change(document["chart"]["result"][0])
    with pytest.raises(CollectError, match="changed its shape") as caught:
        parse_chart(record(json.dumps(document).encode()))
    assert type(caught.value) is OddAnswerError


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"chart": null}', b'{"chart": {"result": [], "error": null}}', b"1"])
def test_json_that_is_no_chart(body):
    with pytest.raises(CollectError, match="kept in the lake"):
        parse_chart(record(body))
