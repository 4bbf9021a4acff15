"""What the functions accept, refuse and record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lode.errors import LodeError, NotFoundError, UsageError
from lode.settings import Settings
from lode.warehouse.stores.runs import StepRecord, record_step
from lode.workflow import handlers
from lode.workflow.context import Event
from lode.workflow.execution import concurrency_of, failure_reason, request_of, share_of
from lode.workflow.options import MiningOptions
from lode.workflow.plan import Plan
from lode.workflow.steps import begin
from tests.aws.cloud import Runtime, functions_at
from tests.replicas.outside import DAYS, SYMBOLS, TODAY, Outside, outside
from tests.replicas.world import evening
from tests.workflow.homes import RUN_TABLES, Home, table_rows

REQUEST = {"source": "yahoo", "universe": ",".join(SYMBOLS), "start": DAYS[0].isoformat()}
BAD = {
    "[]": "a JSON object",
    "null": "the input is null",
    '"AAPL"': "a JSON object",
    '{"optons": {}}': "the input has optons",
    '{"universe": 7}': "universe is 7: a text",
    '{"stored": "yes"}': "true or false",
    '{"options": [1]}': "options is \\[1\\]",
    '{"options": {"shards": "two"}}': "--shards 'two': a whole number",
    '{"options": {"shards": 0}}': "--shards 0: allowed is 1 to",
    '{"options": {"workers": 4}}': "unknown mining options",
    '{"source": "prices.parquet"}': "does not see the files",
    '{"source": "nowhere"}': "--source 'nowhere'",
    '{"snapshot": "s", "run": "r"}': "run and snapshot: one of them",
    '{"run": "r"}': "never planned",
    '{"start": "yesterday"}': "--start 'yesterday'",
    '{"scheduled": "now"}': "scheduled is 'now': a moment",
    '{"scheduled": 7}': "scheduled is 7: a text",
    '{"concurrency": {"market": 0}}': "concurrency of market is 0",
    '{"concurrency": {"markets": 1}}': "concurrency of markets",
    '{"share": "jane@example.org"}': "share is 'jane@example.org': letters and digits",
}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path / "home")
    with functions_at(home):
        yield home
    home.stop()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Outside]:
    with outside(tmp_path) as opened, functions_at(opened.home, lambda: evening(TODAY)):
        opened.market.today = TODAY
        yield opened


def call(step: str, event: Any, **more: Any) -> Event:
    return handlers.steps({"step": step, "event": event, "execution": "e1", **more})


def caught(error: LodeError) -> Event:
    """A failure as the machine hands it on."""
    cause = {"errorType": type(error).__name__, "errorMessage": str(error), "stackTrace": ["…"]}
    return {"Error": type(error).__name__, "Cause": json.dumps(cause)}


def test_every_bad_input_is_refused_by_name_and_its_reason_recorded_once(home: Home) -> None:
    for given, named in BAD.items():
        event = json.loads(given)
        with pytest.raises((UsageError, NotFoundError), match=named) as refused:
            call("validate", event)
        for _ in range(2):
            assert call("fail", event, failure=caught(refused.value)) == {"reason": str(refused.value)}
    with home.context() as context:
        rows = table_rows(context.warehouse, {name: RUN_TABLES[name] for name in ("runs", "run_steps")})
    assert set(rows["runs"]["state"]) == {"failed"}
    requests = len(BAD) - 3  # four ask for the same, but for how much at once, when and who
    assert rows["runs"].height == rows["run_steps"].height == requests
    assert set(rows["run_steps"]["step"]) == {"validate"}
    assert all(message.startswith("validate: ") for message in rows["runs"]["message"])


def test_steps_whose_process_ended_without_a_word_fail_with_the_run(home: Home) -> None:
    days = tuple(DAYS[-2:])
    plan = Plan("0123456789abcdef", "s", "market", "market", MiningOptions(), 250, days, ("AAA",))
    with home.context() as context:
        context.keep(plan.key("plan.json"), plan.to_event())
        begin(plan, context)
        record_step(context.warehouse, StepRecord(plan.run, "mine", 3, "running", 2, context.clock()))
        reason = call("fail", {"run": plan.run}, failure={"Error": "States.Timeout", "Cause": ""})["reason"]
        rows = table_rows(context.warehouse, {name: RUN_TABLES[name] for name in ("runs", "run_steps")})
    assert reason == "States.Timeout"
    assert rows["runs"].select("state", "message").rows() == [("failed", reason)]
    assert rows["run_steps"].select("step", "shard", "state", "error").rows() == [("mine", 3, "failed", reason)]


@pytest.mark.parametrize("sent", [None, [], {}, {"step": "mine", "event": {}}, {"step": "plan"}])
def test_a_call_that_is_none_is_refused(sent: object) -> None:
    with pytest.raises(UsageError, match=r"a call .* step one of validate, collect"):
        handlers.steps(sent)


@pytest.mark.parametrize(
    "wrong",
    [{"collector": "news"}, {"place": -1}, {"place": "0"}, {"symbols": ["AAA"]}, {"since": "once"}, {"until": 7}],
)
def test_a_batch_that_is_none_is_refused(home: Home, wrong: dict[str, Any]) -> None:
    batch = {"collector": "market", "place": 0, "symbols": "requests/symbols/x.json", "since": None, "until": None}
    with pytest.raises(UsageError, match=r"allowed is {collector: 'market'"):
        handlers.collect_market(batch | wrong, Runtime(600))


def test_a_batch_goes_on_with_what_was_left_when_its_time_was_short(world: Outside) -> None:
    many = REQUEST | {"universe": ",".join([*SYMBOLS, *(f"X{n}" for n in range(9))])}
    batch = call("validate", many)["batches"]["market"][0]
    answers = [handlers.collect_market(batch, Runtime(1))]
    while answers[-1]["left"]:
        answers.append(handlers.collect_market(answers[-1], Runtime(1)))
    assert [answer["left"] for answer in answers] == [7, 2, 0]
    assert all(len(json.dumps(answer)) < 200 for answer in answers)
    whole = handlers.collect_market(batch, Runtime(600))
    assert (whole["left"], whole["place"], whole["collector"]) == (0, 0, "market")


def test_what_a_step_hands_on_is_light(world: Outside) -> None:
    event = call("validate", REQUEST)
    assert event["concurrency"] == {"market": 2, "filings": 1, "news": 1}
    assert isinstance(event["records"], str)
    (batch,) = event["batches"]["news"]
    missed = call("miss", batch | {"failure": {"Error": "States.Timeout", "Cause": ""}})
    market = handlers.collect_market(event["batches"]["market"][0], Runtime(600))
    judged = call("collect", event | {"collected": [[market], [], [missed]]})
    assert judged["warnings"] == ["news: States.Timeout"]
    assert judged["rows"] == 3 * len(DAYS)


def test_whose_share_a_run_has_is_handed_on_by_every_step(world: Outside) -> None:
    event = call("validate", REQUEST | {"share": "jane", "options": {"min_names": 3}})
    assert event["share"] == share_of({"share": "jane"})
    assert call("validate", REQUEST)["share"] == "lode"
    batches = [handlers.collect_market(batch, Runtime(600)) for batch in event["batches"]["market"]]
    for step in ("collect", "snapshot", "plan"):
        event = call(step, event | ({"collected": [batches, [], []]} if step == "collect" else {}))
        assert event["share"] == share_of({"share": "jane"})
    assert call("validate", {"run": event["run"], "share": "john"})["share"] == share_of({"share": "john"})


def test_users_are_spread_over_fewer_shares_than_a_queue_knows() -> None:
    shares = {share_of({"share": f"user{number}"}) for number in range(5000)}
    assert 350 < len(shares) <= 400
    assert all(share.isascii() and share.isalnum() for share in shares)
    assert "lode" not in shares


@pytest.mark.parametrize("share", ["", "a b", "jane*", "ü", "x" * 65, 7])
def test_a_share_that_the_queue_would_not_take_is_refused(share: object) -> None:
    with pytest.raises(UsageError, match="letters and digits are allowed"):
        share_of({"share": share})


def test_without_a_source_a_run_is_of_yahoo_whatever_answers() -> None:
    assert request_of({}) == {"source": "yahoo"}
    assert request_of({"source": "auto", "universe": "dow30", "end": None}) == {"source": "yahoo", "universe": "dow30"}
    assert request_of({"stored": True}) == {"stored": True}
    assert request_of({"snapshot": "latest"}) == {"snapshot": "latest"}


def test_many_functions_together_keep_to_what_the_sec_allows() -> None:
    slow = Settings(sec_rate=2.0)
    assert concurrency_of({"concurrency": {"filings": 5}}, slow)["filings"] == 5
    with pytest.raises(UsageError, match="the SEC allows 10 requests a second together"):
        concurrency_of({"concurrency": {"filings": 6}}, slow)


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (caught(UsageError("--shards 0")), "--shards 0"),
        ({"Error": "KeyError", "Cause": '{"errorType": "KeyError", "errorMessage": "x"}'}, "KeyError: x"),
        ({"Error": "States.Timeout", "Cause": ""}, "States.Timeout"),
        ({"Error": "States.Timeout"}, "States.Timeout"),
        ({"Error": "States.TaskFailed", "Cause": '{"StatusReason": "Host EC2 (i-1) terminated."}'}, "Host EC2"),
        ({"Error": "States.TaskFailed", "Cause": '{"Container": {"Reason": "OutOfMemoryError"}}'}, "OutOfMemoryError"),
        ({"Error": "Lambda.Unknown", "Cause": "The cause could not be determined"}, "Lambda.Unknown: The cause"),
        ({"Error": "States.Runtime", "Cause": "[1]"}, "States.Runtime: [1]"),
        (None, "unknown"),
    ],
)
def test_a_reason_is_told_as_a_person_would(failure: Any, reason: str) -> None:
    assert reason in failure_reason(failure)


def test_what_a_schedule_adds_makes_no_other_request() -> None:
    assert request_of(REQUEST | {"scheduled": "2024-05-24T20:30:00Z", "concurrency": {"market": 3}}) == REQUEST


@pytest.mark.parametrize("told", [{}, {"status": "RUNNING"}, {"status": "SUCCEEDED"}])
def test_only_an_end_from_outside_is_recorded(home: Home, told: Event) -> None:
    with pytest.raises(UsageError, match="its status is one of ABORTED, TIMED_OUT"):
        handlers.steps({"step": "stopped", "event": told, "execution": "e"})


@pytest.mark.parametrize("given", ["not JSON", None, json.dumps(REQUEST)])
def test_an_execution_that_ran_out_of_time_before_its_plan_is_recorded_under_its_request(
    home: Home, given: str | None
) -> None:
    told = {"status": "TIMED_OUT", "input": given}
    for _ in range(2):  # events come at least once
        reason = handlers.steps({"step": "stopped", "event": told, "execution": "e"})["reason"]
    assert reason == "TIMED_OUT: the execution was ended from outside"
    with home.context() as context:
        (run,) = table_rows(context.warehouse, RUN_TABLES)["runs"].rows(named=True)
    assert (run["state"], reason in run["message"]) == ("failed", True)
