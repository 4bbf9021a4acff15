"""Market, filings and news together, from replicas of the places that they come from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lode.errors import CollectError, UsageError
from lode.warehouse.stores.articles import read_articles
from lode.warehouse.stores.runs import read_steps
from lode.workflow.collecting import collect, validate
from lode.workflow.context import Context, Event
from lode.workflow.gathering import collect_batch, failed_batch, keep_symbols
from lode.workflow.steps import take
from tests.replicas.outside import DAYS, SYMBOLS, Outside, outside
from tests.replicas.server import Answer

REQUEST = {"source": "yahoo", "universe": ",".join(SYMBOLS), "start": DAYS[0].isoformat()}
OPTIONS = {"min_names": 3, "candidates": 10, "shards": 1}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Outside]:
    with outside(tmp_path) as opened:
        yield opened


def _count(context: Context, table: str) -> int:
    return int(context.warehouse.query(f"SELECT count() AS n FROM {table} FINAL")["n"][0])  # noqa: S608  tables from code


def test_all_three_collectors_fill_the_warehouse_and_the_panel(world: Outside) -> None:
    with world.context() as context:
        event: Event = dict(REQUEST)
        for step in ("validate", "collect", "snapshot"):
            event = take(step, event, context)
        assert event["warnings"] == []
        assert event["selection"]["instruments"] == list(SYMBOLS)
        assert _count(context, "bars") == 3 * len(DAYS)
        assert _count(context, "facts") == _count(context, "filings") == _count(context, "filing_texts") == 3
        articles = read_articles(context.warehouse, instruments=SYMBOLS, as_of=context.clock())
        assert set(articles["instrument"]) == set(SYMBOLS)
        fields = context.warehouse.query("SELECT fields FROM snapshots FINAL")["fields"][0]
        taken = [(record["step"], record["shard"]) for record in event["records"]]
    assert {"close", "revenue", "filing_tone"} <= set(fields)
    assert set(taken) == {
        *(("validate", -1), ("collect", -1), ("snapshot", -1)),
        *(("collect market", 0), ("collect filings", 0), ("collect news", 0)),
    }


def test_a_second_collection_asks_for_what_is_new_alone(world: Outside) -> None:
    with world.context() as context:
        collect(validate(dict(REQUEST), context), context)
        asked = len(world.sec.asked)
        later = replace(context, clock=lambda: context.clock() + timedelta(hours=1))
        event = collect(validate(dict(REQUEST), later), later)
        assert event["rows"] == 0
        assert len(world.sec.asked) - asked <= 1 + len(SYMBOLS)
        assert _count(context, "bars") == 3 * len(DAYS)


def test_filings_and_news_that_fail_are_warnings_and_the_panel_is_made(world: Outside) -> None:
    world.edgar.companies.clear()
    world.news.faults.extend([Answer(401, b"{}")] * 20)
    with world.context() as context:
        event = collect(validate(dict(REQUEST), context), context)
        assert _count(context, "bars") == 3 * len(DAYS)
    filings, news = event["warnings"]
    assert filings.startswith("filings: 3 of 3 symbols failed (AAA: ")
    assert news.startswith("news: ")
    assert "LODE_TAVILY_KEY" in news


def test_a_market_that_lacks_a_symbol_is_a_failure_that_names_it(world: Outside) -> None:
    del world.market.listings["BBB"]
    with (
        world.context() as context,
        pytest.raises(CollectError, match=r"1 of 3 symbols are missing: BBB: UnknownSymbol.*same command goes on"),
    ):
        collect(validate(dict(REQUEST), context), context)


def test_a_batch_that_has_no_time_left_says_what_is_left_and_its_answer_goes_on(world: Outside) -> None:
    symbols = [*SYMBOLS, *(f"X{n}" for n in range(9))]
    with world.context() as context:
        batch = {
            "collector": "market",
            "place": 0,
            "symbols": keep_symbols(context, symbols),
            "since": DAYS[0].isoformat(),
        }
        answers = [batch]
        while len(answers) == 1 or answers[-1]["left"]:
            answers.append(collect_batch(answers[-1], context, seconds_left=lambda: 1.0))
        whole = collect_batch(batch, context)
    assert [answer["left"] for answer in answers[1:]] == [7, 2, 0]
    assert answers[-1]["rows"] == 3 * len(DAYS)
    assert (answers[-1]["failed"], whole["failed"]) == (9, 9)
    assert set(answers[-1]["missing"]) == set(whole["missing"])


def test_what_the_machine_brought_is_judged_and_not_collected_again(world: Outside) -> None:
    with world.context() as context:
        event = validate(dict(REQUEST), context)
        parts: dict[str, Any] = event["batches"]
        collected = [
            [collect_batch(parts["market"][0], context)],
            [failed_batch(parts["filings"][0], "ThrottledError: later")],
            [collect_batch(parts["news"][0], context)],
        ]
        asked = len(world.yahoo.asked)
        judged = collect(event | {"collected": collected}, context)
    assert judged["warnings"] == ["filings: ThrottledError: later"]
    assert len(world.yahoo.asked) == asked
    assert "collected" not in judged


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"LODE_COLLECTORS": "market,twitter"}, "LODE_COLLECTORS names twitter; allowed are market, filings, news"),
        ({"LODE_COLLECTORS": "news"}, "needs market among them"),
        ({"LODE_SEC_CONTACT": ""}, "LODE_SEC_CONTACT"),
    ],
)
def test_what_cannot_be_collected_is_said_before_anything_is_asked(
    tmp_path: Path, environment: dict[str, str], message: str
) -> None:
    with outside(tmp_path, **environment) as world, world.context() as context:
        with pytest.raises(UsageError, match=message):
            validate(dict(REQUEST), context)
        assert not world.yahoo.asked


def test_a_run_carries_its_warnings_and_the_collectors_steps(world: Outside) -> None:
    world.news.faults.extend([Answer(401, b"{}")] * 20)
    result = world.home.lode("sql", "SELECT 1").code
    assert result == 0
    with world.context() as context:
        event: Event = dict(REQUEST) | {"options": OPTIONS}
        for step in ("validate", "collect", "snapshot", "plan"):
            event = take(step, event, context)
        steps = read_steps(context.warehouse, event["run"])
        assert {"collect market", "collect filings", "collect", "validate"} <= set(steps["step"])
        plan = context.load(f"runs/{event['run']}/plan.json")
    assert plan["warnings"][0].startswith("news: ")
