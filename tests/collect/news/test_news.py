"""A collector's days: replicas answer, articles reach the warehouse, and each outcome is what it is."""

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from lode.collect import answers, news
from lode.collect.http import load_raw
from lode.collect.news import collect_news, reparse_news
from lode.collect.news.ddgs import Ddgs
from lode.errors import SettingsError, UsageError
from lode.lake import Lake
from lode.settings import Settings
from lode.warehouse.stores.articles import read_articles
from lode.warehouse.stores.collections import read_collections
from lode.warehouse.stores.imports import read_quarantine, read_watermarks
from lode.warehouse.stores.instruments import insert_instruments
from lode.workflow.observing import observe
from tests.replicas.search import BING, DUCKDUCKGO, PostReplica, bing_page, tavily_body, yahoo_news
from tests.replicas.server import Answer

NOW = datetime(2025, 2, 25, 11, 12, 38, tzinfo=UTC)
DAY = timedelta(days=1)
FAR = datetime(2100, 1, 1, tzinfo=UTC)


def result(number: int, title: str, published: str = "2 hours ago", url: str | None = None, text: str = "") -> dict:
    url = url or f"https://example.com/{number}"
    return {"url": url, "title": title, "content": text, "published_date": published}


@dataclass
class Desk:
    """A collector of news with a clock, a replica of Tavily, and results by query."""

    settings: Settings
    warehouse: object
    lake: Lake
    replica: PostReplica
    now: datetime = NOW
    results: dict[str, list] = field(default_factory=dict)

    def collect(self, *symbols: str, **more):
        return collect_news(
            symbols, settings=self.settings, warehouse=self.warehouse, lake=self.lake, now=lambda: self.now, **more
        )

    def articles(self, *symbols: str, as_of: datetime = FAR, **more) -> pl.DataFrame:
        return read_articles(self.warehouse, instruments=symbols, as_of=as_of, **more)


@pytest.fixture
def desk(collect_settings, warehouse, tmp_path, monkeypatch):
    for table in ("articles", "collections", "watermarks", "quarantine", "instruments"):
        warehouse.command(f"TRUNCATE TABLE {table}")
    monkeypatch.setattr(answers, "with_retries", lambda call, attempts: call())  # retries are http's own test
    results: dict[str, list] = {}
    with PostReplica(lambda path: Answer(body=tavily_body(results.get(asked(replica), [])))) as replica:
        settings = collect_settings.model_copy(
            update={"news_provider": "tavily", "tavily_url": replica.url, "news_rate": 1000.0, "http_timeout": 5.0}
        )
        settings = Settings(**{**settings.model_dump(), "tavily_key": "secret-key"})
        yield Desk(settings, warehouse, Lake((tmp_path / "lake").as_uri()), replica, results=results)


def asked(replica: PostReplica) -> str:
    return replica.requests[-1].json["query"]


def test_results_become_articles(desk):
    insert_instruments(
        desk.warehouse,
        pl.DataFrame({"instrument": ["AAPL"], "name": ["Apple Inc."], "sector": ["Business Equipment"]}),
        source="test",
        known_at=NOW,
    )
    desk.results['"Apple" AAPL stock'] = [
        result(1, "Apple posts the best quarter of its history", text="Great results delight investors."),
        result(2, "Apple is sued", "2025-02-25T11:00:00Z", "https://M.example.com/2?utm_source=t&id=5#top"),
    ]
    desk.results['"Apple" business equipment news'] = [
        result(1, "Apple posts the best quarter of its history", url="http://example.com/1/"),
        result(3, "Der Konzern und die Börse sind unter Druck"),
    ]
    report = desk.collect("AAPL")
    assert (report.rows, report.requests, report.failures) == (3, 2, 0)
    rows = desk.articles("AAPL").sort("url")
    assert rows["url"].to_list() == [
        "https://example.com/1",
        "https://example.com/2?id=5",
        "https://example.com/3",
    ]
    first, second, third = rows.iter_rows(named=True)
    assert (first["rank"], second["rank"], third["rank"]) == (1, 2, 2)
    assert first["published"] == NOW - timedelta(hours=2)
    assert first["knowledge_time"] == first["collected_at"] == NOW
    assert (first["provider"], first["query"], first["source"]) == ("tavily", '"Apple" AAPL stock', "news")
    assert first["sentiment"] > 0.3
    assert first["sentiment_model"] == "vader 3.3.2"
    assert (third["language"], third["sentiment"]) == ("de", None)  # VADER reads English
    assert first["duplicate_group"] == first["article"]
    assert len({first["article"], second["article"], third["article"]}) == 3
    mark = read_watermarks(desk.warehouse, source="news")["AAPL"]
    assert (mark.collected_from, mark.collected_to) == (date(2025, 2, 22), date(2025, 2, 25))


def test_the_first_finding_stands(desk):
    desk.results["AAPL stock news"] = [result(1, "Apple is sued")]
    desk.collect("AAPL")
    before = desk.articles("AAPL")
    desk.now += DAY
    desk.results["AAPL stock news"] = [result(2, "Apple wins"), result(1, "Apple is sued again", "1 hour ago")]
    assert desk.collect("AAPL").rows == 1
    assert desk.articles("AAPL", as_of=NOW).equals(before)
    assert desk.articles("AAPL")["knowledge_time"].to_list() == [NOW, NOW + DAY]
    assert desk.articles("AAPL")["title"].to_list() == ["Apple is sued", "Apple wins"]
    assert desk.articles("AAPL", as_of=NOW - timedelta(seconds=1)).is_empty()


def test_an_article_of_two_symbols_has_two_rows(desk):
    desk.results["AAPL stock news"] = desk.results["MSFT stock news"] = [result(1, "Big tech rises")]
    assert desk.collect("AAPL", "MSFT").collected == {"AAPL": 1, "MSFT": 1}
    rows = desk.articles("AAPL", "MSFT")
    assert rows["instrument"].to_list() == ["AAPL", "MSFT"]
    assert rows["article"].n_unique() == 1


def test_what_was_published_long_ago_is_a_backfill(desk):
    desk.results["AAPL stock news"] = [
        result(1, "New", "3 days ago"),
        result(2, "Old", (NOW - timedelta(days=3, seconds=1)).isoformat()),
        result(3, "Undated", ""),
        result(4, "Illegible", "once upon a time"),
    ]
    desk.collect("AAPL")
    assert desk.articles("AAPL")["title"].to_list() == ["New", "Undated", "Illegible"]
    every = desk.articles("AAPL", include_backfilled=True)
    assert every["title"].to_list() == ["New", "Old", "Undated", "Illegible"]
    assert every["published"].is_null().to_list() == [False, False, True, True]
    assert set(every["knowledge_time"]) == {NOW}  # old news is known only from its collection


def test_the_future_is_not_known_yet(desk):
    desk.results["AAPL stock news"] = [result(1, "Tomorrow", (NOW + DAY).isoformat())]
    report = desk.collect("AAPL")
    assert report.notes == ["AAPL: 1 articles dated after they were found; they count from their date"]
    assert desk.articles("AAPL", as_of=NOW).is_empty()
    assert desk.articles("AAPL", as_of=NOW + DAY)["title"].to_list() == ["Tomorrow"]


def test_no_result_a_refused_key_and_a_throttle_are_three_outcomes(desk):
    assert desk.collect("NONE").empty == ["NONE"]
    desk.now += timedelta(minutes=1)
    desk.replica.faults.append(Answer(401))
    refused = desk.collect("KEY")
    assert "LODE_TAVILY_KEY" in refused.failed["KEY"]
    desk.now += timedelta(minutes=1)
    desk.replica.faults.append(Answer(429, headers={"Retry-After": "0"}))
    throttled = desk.collect("FAST")
    assert throttled.failed["FAST"].startswith("ThrottledForError")
    assert (throttled.throttled, refused.throttled) == (1, 0)
    outcomes = read_collections(desk.warehouse, source="news").select("subject", "outcome", "first_session").rows()
    assert outcomes == [("FAST", "failed", None), ("KEY", "failed", None), ("NONE", "empty", date(2025, 2, 25))]
    assert set(read_watermarks(desk.warehouse, source="news")) == {"NONE"}
    assert desk.articles("NONE", "KEY", "FAST").is_empty()


@pytest.mark.parametrize(
    "fault", [Answer(500), Answer(body=b"<html>", headers={"Content-Type": "text/html"}), Answer(body=b" " * 90, cut=9)]
)
def test_one_symbol_that_fails_leaves_the_others(desk, fault):
    desk.results["MSFT stock news"] = [result(1, "Microsoft rises")]
    desk.replica.faults.append(fault)
    first = desk.collect("AAPL")
    second = desk.collect("MSFT")
    assert (first.failures, second.failures) == (1, 0)
    assert desk.articles("AAPL", "MSFT")["instrument"].to_list() == ["MSFT"]


def test_a_search_without_new_articles_is_evidence_too(desk):
    desk.results["AAPL stock news"] = [result(1, "Apple is sued")]
    desk.collect("AAPL")
    desk.now += DAY
    assert desk.collect("AAPL").unchanged == ["AAPL"]
    rows = read_collections(desk.warehouse, source="news").select("outcome", "rows", "first_session").rows()
    assert rows == [("collected", 1, date(2025, 2, 25)), ("collected", 0, date(2025, 2, 26))]


def test_only_what_is_new_is_asked_for(desk):
    desk.collect("AAPL")
    desk.now += 2 * DAY
    desk.collect("AAPL")
    assert [each.json["start_date"] for each in desk.replica.requests] == ["2025-02-22", "2025-02-25"]
    desk.collect("AAPL", since=date(2025, 2, 1), until=date(2025, 2, 10))
    assert desk.replica.requests[-1].json["start_date"] == "2025-02-01"
    assert desk.replica.requests[-1].json["end_date"] == "2025-02-10"
    asked_before = len(desk.replica.requests)
    assert desk.collect("AAPL", since=date(2025, 2, 23), until=date(2025, 2, 24)).unchanged == ["AAPL"]
    assert len(desk.replica.requests) == asked_before
    desk.collect("AAPL", since=date(2025, 2, 12), until=date(2025, 2, 13))  # between what is covered
    assert len(desk.replica.requests) == asked_before + 1


def test_only_a_search_up_to_the_present_covers_its_day(desk):
    desk.results["AAPL stock news"] = [result(1, "Old", "2025-01-05T12:00:00Z")]
    desk.collect("AAPL", since=date(2025, 1, 1), until=date(2025, 1, 10))
    desk.now += timedelta(hours=1)
    desk.collect("AAPL", since=date(2025, 1, 2), until=date(2025, 1, 9))  # nothing to ask
    desk.now += timedelta(hours=1)
    desk.collect("AAPL")
    outcomes = read_collections(desk.warehouse, source="news").select("outcome", "requests", "first_session").rows()
    assert outcomes == [("collected", 1, None), ("unchanged", 0, None), ("collected", 1, date(2025, 2, 25))]
    searches = observe(desk.warehouse, ["AAPL"], as_of=FAR)[0].searches
    assert searches["collected_at"].to_list() == [NOW + timedelta(hours=2)]


def test_results_that_are_no_articles_are_refused_with_a_reason(desk):
    desk.results["AAPL stock news"] = [result(1, ""), result(2, "A file", url="ftp://e.com/x"), result(3, "Good")]
    assert desk.collect("AAPL").refused == {"no title": 1, "no web address": 1}
    rows = read_quarantine(desk.warehouse, source="news")
    assert rows.select("symbol", "row_number", "reason").rows() == [
        ("AAPL", 1, "no title"),
        ("AAPL", 2, "no web address"),
    ]
    assert json.loads(rows["row_json"][1])["url"] == "ftp://e.com/x"


def test_raw_answers_are_kept_and_hold_no_secret(desk):
    desk.results["AAPL stock news"] = [result(1, "Apple is sued")]
    desk.collect("AAPL")
    keys = desk.lake.list("raw/news")
    assert all(b"secret-key" not in desk.lake.get(key) for key in keys)
    record = load_raw(desk.lake, next(key for key in keys if key.endswith(".zst")))
    assert record.body == tavily_body(desk.results["AAPL stock news"])
    assert {name: record.about[name] for name in ("subject", "kind", "provider", "template", "query")} == {
        "subject": "AAPL",
        "kind": "search",
        "provider": "tavily",
        "template": "company",
        "query": "AAPL stock news",
    }


def test_everything_again_from_the_lake(desk, tmp_path):
    """Three days of one story; the lake alone gives the same rows, and another model its own beside them."""
    story = "Apple said on Monday that it will invest 500 billion dollars in the United States"
    for number in range(3):
        desk.results["AAPL stock news"] = [result(n, f"{story} part {n}") for n in range(number, -1, -1)]
        desk.collect("AAPL")
        desk.now += DAY
    select = "SELECT * FROM articles FINAL ORDER BY ALL"
    rows = desk.warehouse.query(select)
    assert rows.height == 3
    assert rows["duplicate_group"].n_unique() == 1
    assert reparse_news(settings=desk.settings, warehouse=desk.warehouse, lake=desk.lake).failures == 0
    assert desk.warehouse.query(select).equals(rows)
    desk.warehouse.command("TRUNCATE TABLE articles")
    asked_before = len(desk.replica.requests)
    reparse_news(["AAPL"], settings=desk.settings, warehouse=desk.warehouse, lake=desk.lake)
    assert desk.warehouse.query(select).equals(rows)
    assert len(desk.replica.requests) == asked_before

    words = tmp_path / "words.csv"
    words.write_text("word,category\ninvest,positive\nloss,negative\n")
    other = Settings(**{**desk.settings.model_dump(), "tone_model": "loughran-mcdonald", "tone_words": words})
    reparse_news(settings=other, warehouse=desk.warehouse, lake=desk.lake)
    assert desk.warehouse.query(select).height == 6
    (model,) = {row for row in desk.warehouse.query(select)["sentiment_model"] if row.startswith("lough")}
    assert desk.articles("AAPL", model=model)["sentiment"].to_list() == [1.0, 1.0, 1.0]
    assert desk.articles("AAPL", model="vader 3.3.2").height == 3
    assert desk.articles("AAPL", model="none")["sentiment"].to_list() == [None] * 3


def test_a_collection_that_broke_off_is_no_evidence_after_a_reparse(desk):
    insert_instruments(
        desk.warehouse,
        pl.DataFrame({"instrument": ["AAPL"], "name": ["Apple Inc."], "sector": ["Business Equipment"]}),
        source="test",
        known_at=NOW,
    )
    desk.results['"Apple" AAPL stock'] = [result(1, "Apple is sued")]
    desk.replica.faults.extend([Answer(body=tavily_body([result(1, "Apple is sued")])), Answer(500)])
    assert desk.collect("AAPL").failures == 1
    assert desk.articles("AAPL").is_empty()
    reparse_news(settings=desk.settings, warehouse=desk.warehouse, lake=desk.lake)
    assert desk.articles("AAPL").height == 1
    assert read_collections(desk.warehouse, source="news")["outcome"].to_list() == ["failed"]
    assert read_watermarks(desk.warehouse, source="news") == {}


def test_a_reused_ticker_joins_no_two_companies(desk):
    def company(cik: int, known_at: datetime) -> None:
        row = pl.DataFrame({"instrument": ["ABC"], "cik": [cik]}, schema_overrides={"cik": pl.UInt64})
        insert_instruments(desk.warehouse, row, source="test", known_at=known_at)

    company(1, NOW - 30 * DAY)
    desk.results["ABC stock news"] = [result(1, "The first ABC rises")]
    desk.collect("ABC")
    company(2, NOW + DAY)
    desk.now += 2 * DAY
    desk.results["ABC stock news"] = [result(2, "Another ABC rises")]
    desk.collect("ABC")
    assert desk.articles("ABC", "ABC~2").select("instrument", "title").rows() == [
        ("ABC", "The first ABC rises"),
        ("ABC~2", "Another ABC rises"),
    ]
    desk.warehouse.command("TRUNCATE TABLE articles")
    reparse_news(settings=desk.settings, warehouse=desk.warehouse, lake=desk.lake)
    assert desk.articles("ABC", "ABC~2")["instrument"].to_list() == ["ABC", "ABC~2"]


def test_engines_of_ddgs_one_after_another(desk, monkeypatch):
    page = bing_page([{"url": "https://e.com/b", "title": "Apple falls", "body": "Bad news", "date": "2 hours ago"}])
    with PostReplica(lambda _: Answer(body=page, headers={"Content-Type": "text/html"})) as engines:
        origins = {DUCKDUCKGO: engines.url, BING: engines.url}
        monkeypatch.setattr(news, "open_provider", lambda given, clock: Ddgs(given, clock, origins=origins))
        engines.faults.append(Answer(202))
        report = desk.collect("AAPL")
        assert report.rows == 1
        assert report.notes == [
            "AAPL: answered by a later engine, since duckduckgo throttles (status 202); lower LODE_NEWS_RATE"
        ]
        desk.now += DAY
        engines.faults.extend([Answer(202), Answer(403)])
        assert desk.collect("AAPL").failed["AAPL"].startswith("ThrottledForError: duckduckgo throttles (status 202)")
    rows = desk.articles("AAPL")
    assert rows.select("provider", "title", "published").rows() == [("ddgs", "Apple falls", NOW - timedelta(hours=2))]
    desk.warehouse.command("TRUNCATE TABLE articles")
    reparse_news(settings=desk.settings, warehouse=desk.warehouse, lake=desk.lake)
    assert desk.articles("AAPL").equals(rows)


def test_recorded_headlines_keep_their_times(desk, shared_data):
    for symbol in ("AAPL", "AMZN", "GOOG"):
        desk.results[f"{symbol} stock news"] = [
            result(0, each["title"], str(each["providerPublishTime"]), each["link"])
            for each in yahoo_news(shared_data, symbol)
        ]
    assert desk.collect("AAPL", "AMZN", "GOOG").rows == 12
    rows = desk.articles("AAPL")
    assert rows.filter(pl.col("title").str.starts_with("Indonesia"))["published"].to_list() == [
        datetime.fromtimestamp(1740462887, UTC)
    ]
    assert set(rows["knowledge_time"]) == {NOW}
    assert not desk.articles("AAPL", "AMZN", "GOOG")["backfilled"].any()


def test_what_cannot_be_asked_is_said(desk):
    with pytest.raises(UsageError, match="earlier day first"):
        desk.collect("AAPL", since=date(2025, 2, 2), until=date(2025, 2, 1))
    desk.settings = Settings(news_provider="tavily")
    with pytest.raises(SettingsError, match="LODE_TAVILY_KEY"):
        desk.collect("AAPL")
