"""Each provider against a replica on loopback: what it asks, what it reads, and which failure is which."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from lode.collect.http import ThrottledForError
from lode.collect.news.ddgs import Ddgs
from lode.collect.news.provider import Found, open_provider, read_answer
from lode.collect.source import Request
from lode.errors import CollectError, SettingsError, SourceUnavailableError, ThrottledError
from lode.settings import Settings
from tests.replicas.search import (
    BING,
    DUCKDUCKGO,
    YAHOO,
    PostReplica,
    bing_page,
    duckduckgo,
    searxng_body,
    tavily_body,
    tavily_recorded,
    yahoo_page,
)
from tests.replicas.server import Answer

NOW = datetime(2025, 2, 25, 11, 12, 38, tzinfo=UTC)
STORY = {"url": "https://example.com/a", "title": "Apple rises", "content": "It rose.", "published_date": "3 hours ago"}
HTML = {"Content-Type": "text/html"}


def request(provider: Any, **about: str) -> Request:
    said = {"provider": provider.name, "query": '"Apple" AAPL stock', "since": "2025-02-24", "until": "", **about}
    return Request("AAPL", provider.address(), "raw/news", said)


def settings(name: str, url: str, **more: Any) -> Settings:
    more = {"http_timeout": 5.0, "news_rate": 1000.0, **more}
    return Settings(news_provider=name, tavily_url=url, tavily_key="secret-key", searxng_url=url, **more)


def opened(name: str, url: str, **more: Any) -> Any:
    given = settings(name, url, **more)
    if name == "ddgs":
        return Ddgs(given, lambda: NOW, origins={DUCKDUCKGO: url, BING: url, YAHOO: url})
    return open_provider(given, lambda: NOW)


ANSWERS = {
    "tavily": lambda _: Answer(body=tavily_body([STORY])),
    "searxng": lambda _: Answer(
        body=searxng_body([{**STORY, "publishedDate": "2025-02-25T09:00:00"}, {"url": "https://e.com", "title": "B"}])
    ),
    "ddgs": duckduckgo(
        [{"url": "https://example.com/a", "title": "Apple rises", "excerpt": "It <b>rose</b>.", "date": 1740470000}]
    ),
}


def test_tavily_is_asked_with_its_key_in_a_header():
    with PostReplica(ANSWERS["tavily"]) as replica, opened("tavily", replica.url) as provider:
        record = provider.search(request(provider, until="2025-02-24"))
    (asked,) = replica.requests
    assert (asked.method, asked.path) == ("POST", "/search")
    assert asked.headers["authorization"] == "Bearer secret-key"
    assert asked.json == {
        "query": '"Apple" AAPL stock',
        "topic": "news",
        "max_results": 20,
        "start_date": "2025-02-24",
        "end_date": "2025-02-24",
    }
    assert "secret-key" not in f"{record}"
    assert read_answer(record) == (Found("https://example.com/a", "Apple rises", "It rose.", "3 hours ago"),)
    assert (record.status, record.fetched, record.body) == (200, NOW, tavily_body([STORY]))


def test_the_recorded_tavily_answer_reads_whole(shared_data):
    body = tavily_recorded(shared_data)
    with PostReplica(lambda _: Answer(body=body)) as replica, opened("tavily", replica.url) as provider:
        found = read_answer(provider.search(request(provider)))
    assert len(found) == 10
    assert (found[1].url, found[1].title) == (
        "https://www.apple.com/shop/buy-iphone/iphone-17",
        "Buy iPhone 17 - Apple",
    )
    assert {each.date for each in found} == {""}


def test_whatever_json_holds_can_be_stored():
    half = {"url": "https://e.com/\ud83d", "title": "Half \ud83d", "content": 7, "published_date": 1740470000}
    body = json.dumps({"results": [half]}).encode()
    with PostReplica(lambda _: Answer(body=body)) as replica, opened("tavily", replica.url) as provider:
        found = read_answer(provider.search(request(provider)))
    assert found == (Found("https://e.com/?", "Half ?", "7", "1740470000"),)


def test_searxng_is_asked_for_json_news_of_the_last_day():
    with PostReplica(ANSWERS["searxng"]) as replica, opened("searxng", replica.url) as provider:
        found = read_answer(provider.search(request(provider)))
    (path,) = replica.asked
    assert urlsplit(path).path == "/search"
    assert parse_qs(urlsplit(path).query) == {
        "q": ['"Apple" AAPL stock'],
        "format": ["json"],
        "categories": ["news"],
        "time_range": ["day"],
    }
    assert found == (
        Found("https://example.com/a", "Apple rises", "It rose.", "2025-02-25T09:00:00"),
        Found("https://e.com", "B"),
    )


def test_a_password_in_searxngs_address_is_not_kept():
    with PostReplica(ANSWERS["searxng"]) as replica:
        with opened("searxng", replica.url.replace("//", "//me:pass%20word@")) as provider:
            record = provider.search(request(provider))
        assert replica.requests[0].headers["authorization"] == "Basic bWU6cGFzcyB3b3Jk"
        assert record.url == f"{replica.url}/search"
        assert "word" not in f"{record}"


def test_ddgs_asks_its_first_engine():
    with PostReplica(ANSWERS["ddgs"]) as replica, opened("ddgs", replica.url) as provider:
        record = provider.search(request(provider))
    token, asked = (urlsplit(path) for path in replica.asked)
    assert token.path == "/"
    assert asked.path == "/news.js"
    query = parse_qs(asked.query)
    assert (query["q"], query["vqd"], query["df"]) == (['"Apple" AAPL stock'], ["4-123"], ["d"])
    assert record.about["backend"] == "duckduckgo"
    assert "skipped" not in record.about
    assert read_answer(record) == (
        Found("https://example.com/a", "Apple rises", "It rose.", "2025-02-25T07:53:20+00:00"),
    )


def test_ddgs_goes_on_to_the_next_engine_and_says_so():
    page = bing_page([{"url": "https://e.com/b", "title": "B", "body": "Text", "date": "2 hours ago"}])
    with PostReplica(lambda _: Answer(body=page, headers=HTML)) as replica, opened("ddgs", replica.url) as provider:
        replica.faults.append(Answer(202, b"slow down", HTML))
        record = provider.search(request(provider))
    assert record.about["backend"] == "bing"
    assert "duckduckgo throttles (status 202)" in record.about["skipped"]
    # the library itself would make two days of these two hours
    assert read_answer(record) == (Found("https://e.com/b", "B", "Text", "2 hours ago"),)


def test_yahoos_addresses_are_taken_out_of_its_redirect():
    page = yahoo_page([{"url": "https://e.com/b?x=1", "title": "B", "body": "Text", "date": "· 3 hours ago"}])
    with (
        PostReplica(lambda _: Answer(body=page, headers=HTML)) as replica,
        opened("ddgs", replica.url, ddgs_backends="yahoo") as provider,
    ):
        (found,) = read_answer(provider.search(request(provider)))
    assert (found.url, found.title, found.snippet) == ("https://e.com/b?x=1", "B", "Text")
    assert "3 hours ago" in found.date


EMPTY = {
    "tavily": Answer(body=tavily_body([])),
    "searxng": Answer(body=searxng_body([])),
}


@pytest.mark.parametrize("name", ["tavily", "searxng"])
def test_no_result_is_an_answer(name):
    with PostReplica(lambda _: EMPTY[name]) as replica, opened(name, replica.url) as provider:
        assert read_answer(provider.search(request(provider))) == ()


def test_no_result_of_an_engine_is_an_answer():
    with PostReplica(duckduckgo([])) as replica, opened("ddgs", replica.url) as provider:
        assert read_answer(provider.search(request(provider))) == ()


def test_a_page_without_results_that_does_not_say_so_is_no_zero():
    page = Answer(body=b"<html><body>Please confirm that you are human</body></html>", headers=HTML)
    nothing = Answer(body=b"<html><body>There are no results for this</body></html>", headers=HTML)
    with PostReplica(lambda _: page) as replica, opened("ddgs", replica.url, ddgs_backends="bing") as provider:
        with pytest.raises(CollectError, match="no word that there is none"):
            read_answer(provider.search(request(provider)))
        replica.faults.append(nothing)
        assert read_answer(provider.search(request(provider))) == ()


def test_searxng_without_engines_is_no_zero():
    body = searxng_body([], unresponsive_engines=[["bing news", "Suspended: too many requests"]])
    with PostReplica(lambda _: Answer(body=body)) as replica, opened("searxng", replica.url) as provider:
        record = provider.search(request(provider))
    with pytest.raises(CollectError, match=r"engines failed.*too many requests"):
        read_answer(record)


@pytest.mark.parametrize("name", ["tavily", "searxng", "ddgs"])
@pytest.mark.parametrize(("headers", "wait"), [({"Retry-After": "7"}, 7.0), ({}, None)])
def test_a_throttle_says_how_long(name, headers, wait):
    with (
        PostReplica(lambda _: Answer(429, b"", headers)) as replica,
        opened(name, replica.url, ddgs_backends="bing") as provider,
        pytest.raises(ThrottledForError, match=r"throttles \(status 429.*LODE_NEWS_RATE") as caught,
    ):
        provider.search(request(provider))
    assert caught.value.wait == wait


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_named_and_not_another_try(status):
    with (
        PostReplica(lambda _: Answer(status, b'{"detail": "Unauthorized"}')) as replica,
        opened("tavily", replica.url) as provider,
        pytest.raises(CollectError, match=f"status {status}.*LODE_TAVILY_KEY") as caught,
    ):
        provider.search(request(provider))
    assert not isinstance(caught.value, (ThrottledError, SourceUnavailableError))
    assert "secret-key" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "status", "message"), [("tavily", 432, "no requests left"), ("searxng", 403, "settings")]
)
def test_other_refusals_say_what_to_do(name, status, message):
    with (
        PostReplica(lambda _: Answer(status)) as replica,
        opened(name, replica.url) as provider,
        pytest.raises(CollectError, match=message),
    ):
        provider.search(request(provider))


@pytest.mark.parametrize("name", ["tavily", "searxng", "ddgs"])
@pytest.mark.parametrize(
    "fault",
    [
        Answer(500, b"oops"),
        Answer(body=b" " * 100, cut=10),
        Answer(delay=3.0),
        Answer(body=b" " * 200, drip=0.1),
        Answer(body=b"no gzip", headers={"Content-Encoding": "gzip"}),
    ],
    ids=["500", "cut", "timeout", "drip", "gzip"],
)
def test_a_failure_of_the_source_is_worth_another_try(name, fault):
    with (
        PostReplica(lambda _: fault) as replica,
        opened(name, replica.url, ddgs_backends="bing", http_timeout=1.0) as provider,
        pytest.raises(SourceUnavailableError),
    ):
        provider.search(request(provider))


@pytest.mark.parametrize("name", ["tavily", "searxng"])
@pytest.mark.parametrize(
    "body",
    [
        b"<html>sign in</html>",
        b"[]",
        b'{"items": []}',
        b'{"results": [{"link": "x"}]}',
        b'{"results": [null]}',
        b"[" * 9999,
    ],
)
def test_another_shape_is_an_error(name, body):
    with PostReplica(lambda _: Answer(body=body)) as replica, opened(name, replica.url) as provider:
        record = provider.search(request(provider))
    with pytest.raises(CollectError, match="a shape that is not known"):
        read_answer(record)


def test_another_shape_of_an_engine_is_an_error():
    def answer(path: str) -> Answer:
        return Answer(body=b'{"items": 1}' if path.startswith("/news.js") else b'vqd="1"')

    with PostReplica(answer) as replica, opened("ddgs", replica.url) as provider:
        record = provider.search(request(provider))
        with pytest.raises(CollectError, match="a shape that is not known"):
            read_answer(record)


def test_an_engine_without_its_token_did_not_answer():
    with (
        PostReplica(lambda _: Answer(body=b"<html></html>", headers=HTML)) as replica,
        opened("ddgs", replica.url, ddgs_backends="duckduckgo") as provider,
        pytest.raises(SourceUnavailableError, match="vqd"),
    ):
        provider.search(request(provider))


def test_nobody_there():
    told = "127.0.0.1:9 refuses connections: .* LODE_TAVILY_URL is right"
    with opened("tavily", "http://127.0.0.1:9") as provider, pytest.raises(SourceUnavailableError, match=told):
        provider.search(request(provider))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"news_provider": "tavily"}, "LODE_TAVILY_KEY"),
        ({"news_provider": "searxng"}, "LODE_SEARXNG_URL"),
        ({"ddgs_backends": "duckduckgo,altavista"}, "allowed are bing, duckduckgo, yahoo"),
        ({"ddgs_backends": " , "}, "allowed are"),
    ],
)
def test_a_missing_setting_is_named(given, message):
    with pytest.raises(SettingsError, match=message):
        open_provider(Settings(**given), lambda: NOW)
