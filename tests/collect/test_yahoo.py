import gzip
import json
import socket
import time
from datetime import UTC, date, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from lode.collect.chart import parse_chart
from lode.collect.http import OddAnswerError, ThrottledForError
from lode.collect.yahoo import ChartClient, probe
from lode.errors import CollectError, SourceUnavailableError, ThrottledError, UnknownSymbolError
from lode.settings import Settings
from tests.replicas.server import Answer, Replica
from tests.replicas.yahoo import Listing, Market, chart_body

TODAY = date(2024, 6, 14)
NOW = datetime(2024, 6, 14, 21, 0, tzinfo=UTC)
LISTING = Listing({date(2024, 6, 13): (10.0, 11.0, 9.0, 10.5, 100.0)})


@pytest.fixture
def replica():
    with Replica(Market({"AAPL": LISTING, "BRK-B": LISTING, "^GSPC": LISTING}, TODAY)) as running:
        yield running


@pytest.fixture
def client(replica):
    settings = Settings(yahoo_url=replica.url, yahoo_rate=1000, http_timeout=5)
    with ChartClient(settings, clock=lambda: NOW) as opened:
        yield opened


def test_a_request_asks_for_events_and_runs_to_the_present(client, replica):
    record = client.fetch("^GSPC", since=date(2024, 6, 3))
    (path,) = replica.asked
    asked = parse_qs(urlsplit(path).query)
    assert urlsplit(path).path == "/v8/finance/chart/%5EGSPC"
    assert asked["events"] == ["div,splits,capitalGains"]
    assert int(asked["period1"][0]) == datetime(2024, 6, 3, tzinfo=UTC).timestamp()
    assert int(asked["period2"][0]) > NOW.timestamp()
    assert (record.status, record.fetched, record.url) == (200, NOW, replica.url + path)
    assert record.headers["content-type"] == "application/json;charset=utf-8"
    assert parse_chart(record).bars["close"].to_list() == [10.5]


def test_an_unknown_symbol_is_an_answer(client):
    record = client.fetch("NOPE", since=TODAY)
    assert record.status == 404
    with pytest.raises(UnknownSymbolError):
        parse_chart(record)


@pytest.mark.parametrize(("headers", "wait"), [({"Retry-After": "0.05"}, 0.05), ({}, None)])
def test_throttling_is_told_with_how_long(client, replica, headers, wait):
    replica.faults.append(Answer(429, b"Too Many Requests", headers))
    with pytest.raises(ThrottledError, match=r"429.*lower LODE_YAHOO_RATE") as caught:
        client.fetch("AAPL", since=TODAY)
    assert isinstance(caught.value, ThrottledForError)
    assert caught.value.wait == wait


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_failing_server_is_unavailable(client, replica, status):
    replica.faults.append(Answer(status, b"oops"))
    with pytest.raises(SourceUnavailableError, match=str(status)):
        client.fetch("AAPL", since=TODAY)


def test_a_refusal_is_neither(client, replica):
    replica.faults.append(Answer(403, b"no"))
    with pytest.raises(CollectError, match=r"403.*LODE_YAHOO_URL") as caught:
        client.fetch("AAPL", since=TODAY)
    assert type(caught.value) is OddAnswerError


def test_a_cut_answer_is_unavailable(client, replica):
    replica.faults.append(Answer(body=b"x" * 1000, cut=100))
    with pytest.raises(SourceUnavailableError, match="no answer"):
        client.fetch("AAPL", since=TODAY)


def test_a_gzip_error_is_unavailable(client, replica):
    replica.faults.append(Answer(body=b"no gzip", headers={"Content-Encoding": "gzip"}))
    with pytest.raises(SourceUnavailableError, match="no answer"):
        client.fetch("AAPL", since=TODAY)


def test_silence_is_unavailable(replica):
    replica.faults.append(Answer(delay=1.0))
    with (
        ChartClient(Settings(yahoo_url=replica.url, http_timeout=0.2), clock=lambda: NOW) as client,
        pytest.raises(SourceUnavailableError, match="no answer"),
    ):
        client.fetch("AAPL", since=TODAY)


def test_a_body_that_drips_beyond_the_time_limit_is_unavailable(replica):
    """Each byte comes in time, the whole does not: 1,000 bytes at 20 a second would take 50 seconds."""
    replica.faults.append(Answer(body=b" " * 1000, drip=0.05))
    began = time.monotonic()
    with (
        ChartClient(Settings(yahoo_url=replica.url, http_timeout=0.4), clock=lambda: NOW) as client,
        pytest.raises(SourceUnavailableError, match="no answer"),
    ):
        client.fetch("AAPL", since=TODAY)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("answer", [Answer(999, b"-"), Answer(200, b"Edge: Too Many Requests"), Answer(429, b"<html>")])
def test_a_throttle_is_known_by_its_status_or_its_page(client, replica, answer):
    replica.faults.append(answer)
    with pytest.raises(ThrottledForError):
        client.fetch("AAPL", since=TODAY)


@pytest.mark.parametrize(("status", "code"), [(400, "Bad Request"), (422, "Unprocessable Entity")])
def test_nothing_in_the_range_is_an_answer_and_no_unknown_symbol(client, replica, status, code):
    text = "Data doesn't exist for startDate = 1, endDate = 2"
    body = json.dumps({"chart": {"result": None, "error": {"code": code, "description": text}}}).encode()
    replica.faults.append(Answer(status, body))
    record = client.fetch("AAPL", since=TODAY)
    with pytest.raises(CollectError, match="Data doesn't exist") as caught:
        parse_chart(record)
    assert type(caught.value) is CollectError


def test_a_page_instead_of_json_with_status_404_is_no_unknown_symbol(client, replica):
    replica.faults.append(Answer(404, b"<html>Not here</html>"))
    with pytest.raises(SourceUnavailableError, match="no JSON"):
        parse_chart(client.fetch("AAPL", since=TODAY))


def test_gzip_is_taken_and_cut_gzip_is_unavailable(client, replica):
    packed = gzip.compress(chart_body("AAPL", LISTING, since=TODAY, today=TODAY))
    headers = {"Content-Encoding": "gzip"}
    replica.faults.extend([Answer(body=packed, headers=headers), Answer(body=packed[:-12], headers=headers)])
    assert parse_chart(client.fetch("AAPL", since=TODAY)).symbol == "AAPL"
    with pytest.raises(SourceUnavailableError):
        parse_chart(client.fetch("AAPL", since=TODAY))


def test_the_probe_says_yes_to_a_chart(replica):
    assert probe(Settings(yahoo_url=replica.url))


@pytest.mark.parametrize(
    "answer", [Answer(429), Answer(503), Answer(404, b"<html>"), Answer(body=b"<html>"), Answer(delay=4)]
)
def test_the_probe_says_no_to_everything_else(replica, answer):
    replica.faults.append(answer)
    assert not probe(Settings(yahoo_url=replica.url))


def test_the_probe_says_no_where_nobody_listens():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert not probe(Settings(yahoo_url=f"http://127.0.0.1:{port}"))
