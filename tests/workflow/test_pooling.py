from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lode.errors import UsageError
from lode.evaluation.pool import METHODS
from lode.panel import Panel, load_snapshot, save_snapshot
from lode.warehouse.stores.pool import read_figures, read_growth, read_weights
from lode.workflow import pooling
from lode.workflow.collecting import validate
from lode.workflow.context import Context, Event
from lode.workflow.options import MiningOptions
from lode.workflow.plan import Plan, load_plan
from lode.workflow.pooling import BEST_MEMBER, pool_key, pooled
from lode.workflow.proving import verdict_key
from tests.workflow.homes import Mined

LINEAR = {"ridge", "nonnegative", "rank_average"}


@pytest.fixture(scope="module")
def context(mined: Mined) -> Iterator[Context]:
    with mined.home.context() as opened:
        yield opened


@pytest.fixture(scope="module")
def plan(mined: Mined, context: Context) -> Plan:
    return load_plan(context, mined.result["run"])


@pytest.fixture(scope="module")
def verdict(context: Context, plan: Plan) -> Event:
    return context.load(verdict_key(plan))


def test_the_result_has_the_pool_of_the_finalists(mined: Mined) -> None:
    pool = mined.result["pool"]
    judged = {factor["id"] for factor in mined.result["proven"] + mined.result["refused"]}
    assert pool["method"] == "ridge"
    assert {member["id"] for member in pool["members"]} == judged
    assert sum(abs(member["weight"]) for member in pool["members"]) == pytest.approx(1)
    for split in ("train", "validation"):
        assert set(pool[split]) == {"rank_ic", "t_nw", "sessions", "turnover", "sharpe", "net_sharpe"}
        assert pool[split]["rank_ic"] > 0.1  # the planted factor is among them
        assert pool[split]["net_sharpe"] < pool[split]["sharpe"]
    assert set(pool["methods"]) == {"nonnegative", "rank_average", BEST_MEMBER}
    assert [point["members"] for point in pool["growth"]] == list(range(1, len(judged) + 1))
    assert pool["growth"][-1]["rank_ic"] == pytest.approx(pool["validation"]["rank_ic"])
    for member in pool["members"]:
        whole = member["rank_ic_without"] + member["adds"]
        assert whole == pytest.approx(pool["validation"]["rank_ic"])


def test_the_best_member_stands_beside_the_pool_with_its_own_figures(mined: Mined) -> None:
    best = mined.result["pool"]["methods"][BEST_MEMBER]
    factors = {factor["id"]: factor for factor in mined.result["proven"]}
    strongest = max(factors.values(), key=lambda factor: abs(factor["train"]["t_nw"]))
    assert best["id"] == strongest["id"]
    for split in ("train", "validation"):
        assert best[split]["rank_ic"] == pytest.approx(abs(strongest[split]["rank_ic"]), abs=1e-6)
        assert best[split]["t_nw"] == pytest.approx(abs(strongest[split]["t_nw"]), rel=1e-4)


def test_the_warehouse_has_what_the_result_says(mined: Mined, context: Context) -> None:
    run, pool = mined.result["run"], mined.result["pool"]
    weights = read_weights(context.warehouse, run)
    assert set(weights["fitted_on"].cast(str)) == {pool["fitted_on"]}
    assert dict(weights.select("factor", "weight").iter_rows()) == {m["id"]: m["weight"] for m in pool["members"]}
    figures = {row[:3]: row[3] for row in read_figures(context.warehouse, run).iter_rows()}
    assert figures["ridge", "validation", "net_sharpe"] == pool["validation"]["net_sharpe"]
    assert figures["rank_average", "train", "rank_ic"] == pool["methods"]["rank_average"]["train"]["rank_ic"]
    assert {method for method, _, _ in figures} == LINEAR | {BEST_MEMBER}
    growth = read_growth(context.warehouse, run)
    assert growth["factor"].to_list() == [member["id"] for member in pool["members"]]
    assert growth["rank_ic"].to_list() == [point["rank_ic"] for point in pool["growth"]]


def test_weights_end_with_the_last_label_of_train(mined: Mined, context: Context, plan: Plan) -> None:
    panel = load_snapshot(plan.snapshot, context.lake, context.settings.cache)
    assert mined.result["pool"]["fitted_on"] == str(panel.sessions[plan.splits.train.stop - 1])


def test_what_an_earlier_attempt_kept_stays(
    context: Context, plan: Plan, verdict: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = context.load(pool_key(plan))
    monkeypatch.setattr(pooling, "_pooled", lambda *_: pytest.fail("it was made again"))
    assert pooled(plan, verdict, context) == kept


def test_another_attempt_makes_the_same_pool(context: Context, plan: Plan, verdict: Event) -> None:
    assert pooling._pooled(plan, verdict, context) == context.load(pool_key(plan))


def _poisoned(panel: Panel, start: int) -> Panel:
    """The same panel with other prices and volumes, some of them missing, from row `start` on."""
    rng = np.random.default_rng(0)
    shape = (len(panel.sessions) - start, len(panel.names))
    factor = np.exp(rng.normal(0, 0.5, shape))
    factor[rng.random(shape) < 0.05] = np.nan

    def changed(array: np.ndarray) -> np.ndarray:
        other = array.copy()
        other[start:] = (other[start:] * factor).astype(array.dtype)
        return other

    fields = {name: changed(field) for name, field in panel.fields.items()}
    return replace(panel, fields=fields, label_price=changed(panel.label_price))


def _pool_of_poisoned(plan: Plan, verdict: Event, context: Context, start: int) -> Event:
    panel = load_snapshot(plan.snapshot, context.lake, context.settings.cache)
    snapshot = save_snapshot(_poisoned(panel, start), context.lake)
    assert snapshot != plan.snapshot
    return pooling._pooled(replace(plan, snapshot=snapshot), verdict, context)


def test_the_sessions_of_the_vault_change_nothing(context: Context, plan: Plan, verdict: Event) -> None:
    for start in (plan.splits.vault.start, plan.splits.validation_stop):
        assert _pool_of_poisoned(plan, verdict, context, start) == context.load(pool_key(plan))


def test_the_sessions_of_validation_judge_and_change_no_weight(context: Context, plan: Plan, verdict: Event) -> None:
    kept = context.load(pool_key(plan))
    for start in (plan.splits.validation.start, plan.splits.train_stop):
        found = _pool_of_poisoned(plan, verdict, context, start)
        assert [m["weight"] for m in found["members"]] == [m["weight"] for m in kept["members"]]
        assert (found["penalty"], found["train"], found["fitted_on"]) == (
            kept["penalty"],
            kept["train"],
            kept["fitted_on"],
        )
        assert found["validation"] != kept["validation"]


def test_a_finalist_that_failed_a_leak_check_is_no_member(context: Context, plan: Plan, verdict: Event) -> None:
    first, *others = verdict["factors"]
    leak = {"name": "rebuilt", "outcome": "failed", "detail": ""}
    found = pooling._pooled(plan, verdict | {"factors": [first | {"leaks": [leak]}, *others]}, context)
    assert found["left_out"] == [first["id"]]
    assert first["id"] not in {member["id"] for member in found["members"]}
    assert len(found["members"]) == len(others)


def _with_finalists(context: Context, plan: Plan, run: str, finalists: list[dict[str, Any]]) -> Plan:
    other = replace(plan, run=run)
    context.keep(other.key("finalists.json"), {"finalists": finalists})
    return other


def test_without_finalists_the_pool_has_no_members_and_no_figures(context: Context, plan: Plan) -> None:
    nobody = _with_finalists(context, plan, "0" * 16, [])
    found = pooled(nobody, {"factors": []}, context)
    assert (found["members"], found["growth"], found["penalty"]) == ([], [], None)
    assert found["validation"]["rank_ic"] is None
    assert pooling.record_pool(context.warehouse, nobody.run, found) > 0
    assert read_weights(context.warehouse, nobody.run).is_empty()


@pytest.mark.parametrize("method", sorted(LINEAR))
def test_a_pool_of_one_is_that_member(context: Context, plan: Plan, method: str) -> None:
    first = context.load(plan.key("finalists.json"))["finalists"][0]
    alone = _with_finalists(context, plan, f"{sorted(LINEAR).index(method) + 1:016x}", [first])
    alone = replace(alone, options=replace(plan.options, pool=method))
    found = pooled(alone, {"factors": []}, context)
    assert [member["weight"] for member in found["members"]] == [first["direction"]]
    assert found["members"][0]["adds"] is None
    assert found["validation"] == found["methods"][BEST_MEMBER]["validation"]


@pytest.mark.parametrize("options", [{"pool": "nonnegative"}, {"horizon": 5}, {"neutralize": "market", "delay": 0}])
def test_a_run_of_other_options_has_its_pool(
    context: Context, plan: Plan, verdict: Event, options: dict[str, Any]
) -> None:
    other = replace(plan, options=replace(plan.options, **options))
    found = pooling._pooled(other, verdict, context)
    assert found["method"] == other.options.pool
    assert {found["method"], *found["methods"]} == LINEAR | {BEST_MEMBER}
    assert found["validation"]["rank_ic"] is not None
    if other.options.pool == "nonnegative":
        assert all(member["weight"] * member["direction"] >= 0 for member in found["members"])


def test_a_pool_of_trees_keeps_its_model(context: Context, plan: Plan, verdict: Event) -> None:
    pytest.importorskip("lightgbm")
    other = replace(plan, options=replace(plan.options, pool="lightgbm"))
    found, again = (pooling._pooled(other, verdict, context) for _ in range(2))
    assert found == again
    assert found["model"].startswith("tree")
    assert {found["method"], *found["methods"]} == {*METHODS, BEST_MEMBER}
    assert found["validation"]["rank_ic"] > 0.05


def test_a_method_whose_library_is_absent_is_said_before_the_run(
    context: Context, monkeypatch: pytest.MonkeyPatch, market: Path
) -> None:
    def absent() -> None:
        msg = "needs LightGBM"
        raise UsageError(msg)

    monkeypatch.setattr("lode.evaluation.pool.methods.require_lightgbm", absent)
    asked = {"source": str(market), "options": MiningOptions(pool="lightgbm").to_dict()}
    with pytest.raises(UsageError, match="needs LightGBM"):
        validate(asked, context)


def test_the_command_prints_the_pool_beside_the_other_methods(mined: Mined) -> None:
    outcome = mined.home.lode("mine", "--resume", mined.result["run"])
    assert outcome.code == 0
    held = sum(member["weight"] != 0 for member in mined.result["pool"]["members"])
    assert f"The pool: {held} of {mined.result['finalists']} finalists by ridge" in outcome.out
    for name in ("ridge", "nonnegative", "rank average", "best member"):
        assert name in outcome.out


def test_the_command_refuses_a_pool_that_it_does_not_know(mined: Mined) -> None:
    outcome = mined.home.lode("mine", "--snapshot", mined.result["snapshot"], "--pool", "ols")
    assert outcome.code == 2
    assert "ridge, nonnegative, rank_average, lightgbm" in outcome.message
