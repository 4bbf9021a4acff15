from datetime import UTC, date, datetime

import pytest

from lode.collect.chart import parse_chart
from lode.collect.http import OddAnswerError, ThrottledForError
from lode.collect.yahoo import ChartClient
from lode.collect.yfinance_client import YfinanceClient, parse_frame
from lode.errors import CollectError, SourceUnavailableError, UnknownSymbolError
from lode.settings import Settings
from tests.replicas.server import Answer, Replica
from tests.replicas.yahoo import Listing, Market, weekdays

DAYS = weekdays(date(2024, 4, 1), 40)
NOW = datetime(2024, 5, 24, 21, 0, tzinfo=UTC)


def stock():
    traded = {d: (100.0 + n, 102.0 + n, 99.0 + n, 101.0 + n, 1_000.0) for n, d in enumerate(DAYS)}
    for day in DAYS[30:]:
        traded[day] = tuple(v / 4 if n < 4 else v * 4 for n, v in enumerate(traded[day]))
    return Listing(traded, splits={DAYS[30]: (4, 1)}, dividends={DAYS[20]: 0.8, DAYS[35]: 0.25})


@pytest.fixture
def replica():
    nothing = Listing(dict.fromkeys(DAYS, (None,) * 5))
    with Replica(Market({"AAPL": stock(), "VOID": nothing, "IDLE": Listing({})}, DAYS[-1])) as running:
        yield running


@pytest.fixture
def client(replica, tmp_path):
    settings = Settings(home=tmp_path, yahoo_url=replica.url, yahoo_rate=1000, http_timeout=0.5)
    with YfinanceClient(settings, clock=lambda: NOW) as opened:
        yield opened


def fetched(client, symbol):
    return client.get(client.url(symbol, since=DAYS[0]))


def test_a_frame_says_the_same_as_the_chart(client, replica):
    chart = parse_frame(fetched(client, "AAPL"))
    with ChartClient(Settings(yahoo_url=replica.url), clock=lambda: NOW) as direct:
        other = parse_chart(direct.fetch("AAPL", since=DAYS[0]))
    assert len(replica.asked) == 2  # yfinance's own cookie, crumb and time zone are not asked for
    assert chart.bars.equals(other.bars)
    assert chart.actions.equals(other.actions)
    assert chart.bars["close"][0] == 101.0
    assert (chart.symbol, chart.currency, chart.exchange, chart.kind) == ("AAPL", "USD", "NMS", "EQUITY")
    assert chart.listed == other.listed == date(1980, 12, 12)


@pytest.mark.parametrize(("headers", "wait"), [({"Retry-After": "0.05"}, 0.05), ({}, None)])
def test_a_throttle_is_no_unknown_ticker(client, replica, headers, wait):
    replica.faults.append(Answer(429, b"Too Many Requests", headers))
    with pytest.raises(ThrottledForError) as caught:
        fetched(client, "AAPL")
    assert caught.value.wait == wait
    assert len(replica.asked) == 1
    assert parse_frame(fetched(client, "AAPL")).bars.height == 40


def test_an_unknown_ticker_is_no_throttle(client):
    record = fetched(client, "NOPE")
    assert record.status == 404
    with pytest.raises(UnknownSymbolError, match="may be delisted"):
        parse_frame(record)


def test_only_missing_values_are_no_empty_answer(client):
    with pytest.raises(CollectError, match="only missing values of VOID"):
        parse_frame(fetched(client, "VOID"))
    assert parse_frame(fetched(client, "IDLE")).bars.is_empty()


@pytest.mark.parametrize(
    "fault",
    [
        Answer(500, b"oops"),
        Answer(body=b"<html>Will be right back</html>"),
        Answer(body=b'{"chart": {"result": [{"me'),
        Answer(body=b"x" * 1000, cut=100),
        Answer(body=b"no gzip", headers={"Content-Encoding": "gzip"}),
        Answer(delay=1.0),
        Answer(body=b"x" * 1000, drip=0.05),
    ],
)
def test_a_failing_source_is_asked_again_and_then_answers(client, replica, fault):
    replica.faults.append(fault)
    with pytest.raises(SourceUnavailableError):
        fetched(client, "AAPL")
    assert parse_frame(fetched(client, "AAPL")).bars.height == 40


@pytest.mark.parametrize("fault", [Answer(403, b"no"), Answer(body=b'{"chart": {"result": [{}], "error": null}}')])
def test_a_refusal_and_a_changed_shape_are_neither(client, replica, fault):
    replica.faults.append(fault)
    with pytest.raises(CollectError) as caught:
        fetched(client, "AAPL")
    assert type(caught.value) is OddAnswerError
