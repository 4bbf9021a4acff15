from __future__ import annotations

import json
import math
from pathlib import Path

import polars as pl
import pytest

from lode.errors import LodeError, NotFoundError, StepError, WarehouseError
from lode.evidence.vault import alpha_k
from lode.warehouse.stores.factors import list_factors, read_evidence, read_series
from lode.warehouse.stores.ledger import count_trials, read_trials
from lode.warehouse.stores.runs import list_runs, read_run, read_steps
from lode.warehouse.stores.vault import list_openings
from lode.workflow import steps as steps_module
from lode.workflow.context import Context, Event
from lode.workflow.openings import read_claims
from lode.workflow.run import execute, resume
from tests.workflow.homes import SMALL, Here, Home, Mined, request_for

STEPS = ["validate", "collect", "snapshot", "plan", "mine", "mine", "mine", "mine", "select", "prove", "publish"]


def test_result_has_the_keys_of_the_interface(mined: Mined) -> None:
    result = mined.result
    assert {
        *("run", "snapshot", "seed", "searcher", "candidates", "trials", "trials_on_vault", "trials_per_second"),
        *("finalists", "proven", "refused", "pool"),
    } <= set(result)
    assert result["seed"] == 0
    assert result["candidates"] == 60
    assert 0 < result["trials"] <= 60
    assert result["trials_on_vault"] == result["trials"]
    assert 1 <= result["effective_trials"] <= result["trials"]
    assert 0 <= result["pbo"] <= 1
    assert result["trials_per_second"] > 0
    assert result["finalists"] == len(result["proven"]) + len(result["refused"]) <= 40
    assert result["label"] == "simulated"


def test_a_strongly_planted_factor_is_proven(mined: Mined) -> None:
    for factor in mined.result["proven"]:
        assert {"id", "expression", "direction", "lookback", "horizon", "spanning"} <= set(factor)
        assert {"train", "validation", "vault"} <= set(factor)
        assert math.copysign(1, factor["train"]["t_nw"]) == factor["direction"]
        assert factor["validation"]["q"] <= 0.05
        assert factor["vault"]["p"] <= mined.result["vault"]["alpha"]
        assert math.copysign(1, factor["vault"]["rank_ic"]) == factor["direction"]
    assert mined.result["proven"]
    assert any(factor["spanning"] and abs(factor["train"]["added_t"]) > 3 for factor in mined.result["proven"])
    assert all(factor["reason"] for factor in mined.result["refused"])


def test_standard_output_is_one_json_object_and_the_log_goes_elsewhere(mined: Mined) -> None:
    assert mined.outcome.out.count("\n") == 1
    assert all(json.loads(line)["event"] for line in mined.outcome.err.splitlines())


def test_the_ledger_has_the_trials_that_are_reported(mined: Mined) -> None:
    with mined.home.context() as context:
        assert count_trials(context.warehouse, [mined.result["run"]]) == mined.result["trials"]
        trials = read_trials(context.warehouse, mined.result["run"])
    judged = {factor["id"] for factor in mined.result["proven"] + mined.result["refused"]}
    assert judged <= set(trials["factor"])


def test_factors_evidence_and_series_are_published(mined: Mined) -> None:
    run, best = mined.result["run"], mined.result["proven"][0]
    with mined.home.context() as context:
        factors = list_factors(context.warehouse, run=run)
        evidence = read_evidence(context.warehouse, best["id"], run)
        series = read_series(context.warehouse, best["id"], run)
        values = context.warehouse.query("SELECT uniqExact(factor) AS n FROM factor_values FINAL")["n"][0]
    states = dict(factors.select("factor", "state").iter_rows())
    assert {f["id"] for f in mined.result["proven"]} == {f for f, state in states.items() if state == "proven"}
    assert len(states) == mined.result["finalists"]
    told = {(split, metric): value for split, metric, value, _, _ in evidence.iter_rows()}
    for split in ("train", "validation", "vault"):
        assert told[split, "rank_ic"] == best[split]["rank_ic"]
    assert told["validation", "q"] == best["validation"]["q"]
    assert series["session"].is_sorted()
    for split in ("train", "validation", "vault"):
        daily = series.filter(series["split"] == split)["rank_ic"]
        assert daily.mean() == pytest.approx(best[split]["rank_ic"], rel=1e-6)
    assert values == len(mined.result["proven"])


def test_a_refused_factor_has_no_series_from_the_vault(mined: Mined) -> None:
    before = next(f for f in mined.result["refused"] if f["reason"].startswith("validation"))
    with mined.home.context() as context:
        series = read_series(context.warehouse, before["id"], mined.result["run"])
        evidence = read_evidence(context.warehouse, before["id"], mined.result["run"])
    assert set(series["split"]) == {"train", "validation"}
    assert "vault" not in set(evidence["split"])


def test_run_and_steps_are_on_record(mined: Mined) -> None:
    with mined.home.context() as context:
        record = read_run(context.warehouse, mined.result["run"])
        steps = read_steps(context.warehouse, mined.result["run"])
    assert (record.state, record.source, record.snapshot) == ("succeeded", "market", mined.result["snapshot"])
    assert record.trials == mined.result["trials"]
    assert (record.proven, record.refused) == (len(mined.result["proven"]), len(mined.result["refused"]))
    assert record.ended is not None
    assert record.ended > record.started
    assert sorted(steps["step"]) == sorted([*STEPS, "notify"])
    assert set(steps["state"]) == {"succeeded"}
    assert set(steps["attempts"]) == {1}
    assert (steps["peak_memory"] > 1_000_000).all()
    assert sorted(steps.filter(steps["step"] == "mine")["shard"]) == [0, 1, 2, 3]
    assert steps.filter(steps["step"] == "mine")["rows"].sum() == 60


def test_the_same_command_shows_the_same_run_without_another_opening(mined: Mined, market: Path) -> None:
    again = mined.home.lode("run", "--source", market, *SMALL, "--json")
    assert again.json == mined.result
    assert "this run is done" in again.err
    with mined.home.context() as context:
        assert [opening.k for opening in read_claims(context.lake) if opening.run == mined.result["run"]] == [1]


def test_a_finished_run_that_is_resumed_is_shown_again(mined: Mined) -> None:
    assert mined.home.lode("mine", "--resume", mined.result["run"], "--json").json == mined.result


def test_an_unknown_run_cannot_be_resumed_and_the_message_lists_the_newest(mined: Mined) -> None:
    outcome = mined.home.lode("run", "--resume", "0123456789abcdef")
    assert outcome.code == 1
    assert outcome.out == ""
    assert "no run '0123456789abcdef'; the newest runs: " in outcome.message


def test_tries_by_hand_cannot_be_resumed(mined: Mined) -> None:
    assert mined.home.lode("evaluate", "rank(volume)", "--snapshot", mined.result["snapshot"]).code == 0
    run = f"manual-{mined.result['snapshot']}"
    outcome = mined.home.lode("run", "--resume", run)
    assert outcome.code == 1
    assert f"run {run} (manual) has no plan to go on with" in outcome.message


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, market: Path):
    home = Home(tmp_path_factory.mktemp("runs") / "home")
    assert home.lode("import", "bars", market).code == 0
    yield home
    home.stop()


def _mine(context: Context, *, seed: int, **options: object) -> Event:
    request = request_for(Path("market"), seed=seed, **options) | {"universe": "market"}
    return execute(request, context, Here(context))


def test_each_seed_is_another_look_at_the_vault_at_a_smaller_level(home: Home) -> None:
    with home.context() as context:
        first, second = _mine(context, seed=1), _mine(context, seed=2)
        openings = list_openings(context.warehouse)
    assert first["run"] != second["run"]
    assert (first["vault"]["k"], second["vault"]["k"]) == (1, 2)
    assert second["vault"]["alpha"] == alpha_k(0.05, 2) == first["vault"]["alpha"] / 4
    assert second["trials_on_vault"] > second["trials"]
    assert openings["run"].to_list() == [first["run"], second["run"]]
    assert openings["alpha"].to_list() == [first["vault"]["alpha"], second["vault"]["alpha"]]


def test_a_step_that_fails_ends_the_run_and_its_message_says_how_to_go_on(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(event: Event, context: Context) -> Event:
        msg = "the step is broken"
        raise StepError(msg)

    with home.context() as context:
        with monkeypatch.context() as patch:
            patch.setitem(steps_module.AFTER_MINE, "prove", broken)
            with pytest.raises(StepError) as failure:
                _mine(context, seed=3)
        newest = list_runs(context.warehouse).row(0, named=True)
        assert (newest["state"], newest["message"]) == ("failed", "the step is broken")
        assert failure.value.__notes__ == [f"Nothing is lost; the run goes on with `lode run --resume {newest['run']}`"]
        steps = {row["step"]: row for row in read_steps(context.warehouse, newest["run"]).iter_rows(named=True)}
        assert (steps["prove"]["state"], steps["prove"]["error"]) == ("failed", "the step is broken")
        result = resume(newest["run"], context, Here(context))
        steps = {row["step"]: row for row in read_steps(context.warehouse, newest["run"]).iter_rows(named=True)}
        assert read_run(context.warehouse, newest["run"]).state == "succeeded"
        assert (steps["prove"]["state"], steps["prove"]["attempts"]) == ("succeeded", 2)
    assert result["run"] == newest["run"]


@pytest.mark.parametrize(
    ("error", "ended"),
    [
        (RuntimeError("nobody expected it"), ("failed", "RuntimeError: nobody expected it")),
        (KeyboardInterrupt(), ("stopped", "asked to stop")),
    ],
)
def test_what_nobody_expected_is_on_record_too(
    home: Home, monkeypatch: pytest.MonkeyPatch, error: BaseException, ended: tuple[str, str]
) -> None:
    def broken(event: Event, context: Context) -> Event:
        raise error

    monkeypatch.setitem(steps_module.AFTER_MINE, "select", broken)
    with home.context() as context:
        with pytest.raises(type(error)):
            _mine(context, seed=4)
        newest = list_runs(context.warehouse).row(0, named=True)
        (told,) = read_steps(context.warehouse, newest["run"]).filter(pl.col("step") == "select").rows(named=True)
    assert (newest["state"], newest["message"]) == ended
    assert (told["state"], told["error"]) == ended


def test_a_failure_that_cannot_be_recorded_still_says_what_failed(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(event: Event, context: Context) -> Event:
        def gone(*_: object) -> int:
            msg = "the warehouse is gone"
            raise WarehouseError(msg)

        monkeypatch.setattr(context.warehouse, "insert", gone)
        msg = "the step is broken"
        raise StepError(msg)

    monkeypatch.setitem(steps_module.AFTER_MINE, "select", broken)
    with home.context() as context, pytest.raises(StepError, match="the step is broken") as failure:
        _mine(context, seed=5)
    assert any("--resume" in note for note in failure.value.__notes__)
    assert any("could not be recorded: the warehouse is gone" in note for note in failure.value.__notes__)


def test_a_request_that_fails_before_it_has_a_run_can_be_resumed(home: Home, market: Path, tmp_path: Path) -> None:
    late = tmp_path / "late.parquet"
    with home.context() as context:
        with pytest.raises(NotFoundError, match="no such file"):
            execute(request_for(late), context, Here(context))
        newest = list_runs(context.warehouse).row(0, named=True)
        assert newest["state"] == "failed"
        assert newest["message"].startswith("validate: --source")
        late.write_bytes(market.read_bytes())
        result = resume(newest["run"], context, Here(context))
        assert read_run(context.warehouse, result["run"]).source == "late"


def test_resuming_needs_an_id_that_a_run_can_have(home: Home) -> None:
    with home.context() as context:
        for unknown in ("../../plan", "", "x" * 2000, "Lode?"):
            with pytest.raises(LodeError):
                resume(unknown, context, Here(context))
