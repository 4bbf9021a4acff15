"""`lode mine --searcher language_model` from end to end, against a model on loopback."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from lode.warehouse.stores.runs import list_runs
from lode.workflow.plan import load_plan
from tests.replicas.chat import ChatReplica, refused
from tests.workflow.homes import (
    RUN_TABLES,
    Home,
    Outcome,
    assert_same_rows,
    ended,
    kill,
    table_rows,
    until,
    workers_of,
)

KEY = "sk-tell-nobody-7f3a"
MINE = ("--searcher", "language_model", "--candidates", "120", "--shards", "2")
QUESTIONS = 4
VOLATILE = {"run": "", "trials_per_second": 0}  # the id follows the code, which others may be editing


def asking(folder: Path, service: ChatReplica, **more: str) -> Home:
    """A home whose proposer is the service."""
    given = {
        "LODE_PROPOSER": "openai:some-model",
        "LODE_PROPOSER_URL": f"{service.url}/v1",
        "LODE_PROPOSER_KEY": KEY,
        "LODE_PROPOSER_CUTOFF": "2024-06-01",
        "LODE_PROPOSER_REQUESTS": str(QUESTIONS),
        "LODE_PROPOSER_TOKENS": str(6000 * QUESTIONS),
    }
    return Home(folder / "home", tuple((given | more).items()))


@dataclass(frozen=True)
class Asked:
    """A run that asked a model, and what was asked."""

    home: Home
    service: ChatReplica
    outcome: Outcome
    prompts: list[str]
    rows: dict[str, pl.DataFrame]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory, market: Path) -> Iterator[Asked]:
    with ChatReplica() as service:
        home = asking(tmp_path_factory.mktemp("asked"), service)
        outcome = home.lode("run", "--source", market, *MINE, "--json")
        assert outcome.code == 0, outcome.err
        prompts = [service.prompts_of(request.json)[0] for request in service.requests]
        with home.context() as context:
            rows = table_rows(context.warehouse, RUN_TABLES)
        yield Asked(home, service, outcome, prompts, rows)
        home.stop()


def test_the_run_tells_what_the_model_brought_and_that_it_may_remember(asked: Asked) -> None:
    result = asked.outcome.json
    told = result["language_model"]
    assert (told["model"], told["cutoff"], told["questions"]) == ("openai:some-model", "2024-06-01", QUESTIONS)
    assert told["tokens"] == QUESTIONS * 1700
    assert told["proposed"] >= QUESTIONS
    assert set(told["dropped"]) >= {"units do not fit", "not an expression of the fields and operators here"}
    (warning,) = result["warnings"]
    assert re.match(r"look-ahead: the language model openai:some-model knows history up to 2024-06-01", warning)
    assert warning in asked.outcome.err
    with asked.home.context() as context:
        record = list_runs(context.warehouse).row(0, named=True)
        assert warning in record["message"]


def test_its_candidates_are_trials_like_all_others(asked: Asked) -> None:
    with asked.home.context() as context:
        trials = context.warehouse.query("SELECT expression, factor FROM trials FINAL")
        shards = [context.load(key) for key in context.lake.list("runs") if re.search(r"shard=\d+/result.json", key)]
        kept = [context.load(key) for shard in shards for key in shard["language_model"]["answers"]]
    assert trials["factor"].n_unique() == asked.outcome.json["trials"]
    assert trials["expression"].str.contains(r"^ts_delta\(close, \d+\)$|rank\(ts_delta\(close, \d+\)\)").any()
    assert not trials["expression"].str.contains("foo|import|<").any()
    assert sorted(answer["prompt"] for answer in kept) == sorted(asked.prompts)
    assert len(set(asked.prompts)) == QUESTIONS
    assert all(answer["cutoff"] == "2024-06-01" and "<b>some</b>" in answer["answer"] for answer in kept)


def test_the_same_again_and_a_search_like_it_ask_nothing(asked: Asked) -> None:
    again = asked.home.lode("mine", *MINE, "--json").json
    assert again == asked.outcome.json
    early = Home(asked.home.folder, (*asked.home.environment, ("LODE_PROPOSER_CUTOFF", "1990-01-01")))
    other = early.lode("mine", *MINE, "--json").json
    assert other["run"] != again["run"]
    assert other["language_model"] == again["language_model"] | {"cutoff": "1990-01-01"}
    assert (other["warnings"], len(again["warnings"])) == ([], 1)
    assert len(asked.service.requests) == QUESTIONS


def test_prompts_hold_scores_of_train_and_nothing_of_later_sessions_or_of_names(asked: Asked) -> None:
    with asked.home.context() as context:
        plan = load_plan(context, asked.outcome.json["run"])
        rows = context.warehouse.query("SELECT expression, rank_ic, t_nw FROM trials FINAL").unique().drop_nulls()
    known = {f"{e}  (rank IC {ic:+.4f}, t {t:+.1f})" for e, ic, t in rows.iter_rows()}
    lines = [line for prompt in asked.prompts for line in prompt.splitlines() if "(rank IC " in line]
    assert len(lines) > 10
    assert [line for line in lines if line not in known] == []
    whole = "\n".join(asked.prompts)
    assert not re.search(r"(?<![.\d])(19|20)\d\d(?!\d)", whole)
    assert not [name for name in plan.instruments if re.search(rf"\b{re.escape(name)}\b", whole)]


def test_the_key_is_in_no_file_no_table_and_no_output(asked: Asked) -> None:
    assert all(request.headers["authorization"] == f"Bearer {KEY}" for request in asked.service.requests)
    assert KEY not in asked.outcome.out + asked.outcome.err
    with asked.home.context() as context:
        for table in RUN_TABLES:
            assert KEY not in context.warehouse.query(f"SELECT * FROM {table}").write_ndjson()  # noqa: S608  from code
    asked.home.stop()  # a warehouse that runs merges its files meanwhile
    places = [asked.home.folder, asked.home.folder.parent / f"{asked.home.folder.name}-cwd"]
    files = [path for place in places for path in place.rglob("*") if path.is_file()]
    assert len(files) > 50
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []
    doctor = asked.home.lode("doctor", "--json")
    assert KEY not in doctor.out + doctor.err
    assert '"proposer_key"' in doctor.out


def test_a_run_that_failed_and_whose_worker_was_killed_ends_as_the_undisturbed_one(
    tmp_path: Path, market: Path, asked: Asked, soak_scale: float
) -> None:
    for case in range(round(10 * soak_scale)):
        with ChatReplica() as service:
            home = asking(tmp_path / str(case), service)
            try:
                result, failed = _disturbed(home, service, market, 1 + case % QUESTIONS)
                with home.context() as context:
                    assert_same_rows(table_rows(context.warehouse, RUN_TABLES), asked.rows)
            finally:
                home.stop()
            prompts = [service.prompts_of(request.json)[0] for request in service.requests]
        assert result | VOLATILE == asked.outcome.json | VOLATILE
        assert set(prompts) == set(asked.prompts)
        assert len(prompts) <= failed + QUESTIONS + 2  # those that were under way at the kill


def _disturbed(home: Home, service: ChatReplica, market: Path, answered: int) -> tuple[dict[str, Any], int]:
    """A run whose endpoint refused, resumed, and its workers killed after so many requests.

    Returns its result, and how many requests were refused.
    """
    service.faults.extend([refused(403, f"who is {KEY}?")] * 2)
    broken = home.lode("run", "--source", market, *MINE, "--json")
    assert broken.code == 1
    assert "the language model refused with status 403: see LODE_PROPOSER_KEY" in broken.message
    assert KEY not in broken.out + broken.err
    (run,) = re.findall(r"lode run --resume (\w+)", broken.message)
    failed = len(service.requests)
    process = home.spawn("run", "--resume", run, "--json")
    until(lambda: len(service.requests) >= failed + answered or process.poll() is not None)
    for worker in workers_of(process):
        kill(worker.pid)
    return ended(process).json, failed


def test_without_settings_one_clear_error_says_what_to_set(asked: Asked) -> None:
    outcome = Home(asked.home.folder).lode("mine", *MINE)
    assert outcome.code == 2
    told = " ".join(outcome.message.replace("│", " ").split())
    assert (
        "--searcher language_model needs LODE_PROPOSER (bedrock:MODEL or openai:MODEL) and LODE_PROPOSER_CUTOFF" in told
    )
    assert "docs/how-to/language-model.md" in told


def test_calibration_refuses_it(asked: Asked) -> None:
    outcome = asked.home.lode("calibrate", "--searcher", "language_model", "--markets", "1")
    assert outcome.code == 2
    assert "`lode calibrate` would ask the model" in " ".join(outcome.message.replace("│", " ").split())
    assert len(asked.service.requests) == QUESTIONS
