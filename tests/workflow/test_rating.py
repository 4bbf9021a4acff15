from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from lode.evaluation.portfolio import rank_book, sharpe_ratio
from lode.warehouse.stores.factors import read_evidence
from lode.warehouse.stores.ledger import score_variance
from lode.workflow.context import Context
from lode.workflow.plan import Plan, load_plan
from lode.workflow.rating import Ratings, rated, rating_rows
from tests.workflow.homes import Mined

SESSIONS, NAMES = 600, 12


@pytest.fixture(scope="module")
def context(mined: Mined) -> Iterator[Context]:
    with mined.home.context() as opened:
        yield opened


@pytest.fixture(scope="module")
def plan(mined: Mined, context: Context) -> Plan:
    return replace(load_plan(context, mined.result["run"]), sessions=SESSIONS)


def _series(plan: Plan, rank_ic: float, turnover: float, *splits: str) -> pl.DataFrame:
    """A daily series with this mean rank IC and a constant turnover."""
    rows = [plan.splits.parts()[split] for split in splits]
    names = [split for split, part in zip(splits, rows, strict=True) for _ in range(SESSIONS)[part]]
    noise = np.random.default_rng(0).standard_normal(len(names))
    daily = rank_ic + 0.1 * (noise - noise.mean())
    return pl.DataFrame({"split": names, "rank_ic": daily, "turnover": [turnover] * len(names)})


def _market(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    returns = (0.01 * rng.standard_normal((SESSIONS, NAMES))).astype(np.float32)
    return rng.standard_normal((SESSIONS, NAMES)).astype(np.float32), returns


def test_a_split_has_the_net_sharpe_of_its_own_sessions_in_the_direction_of_the_bet(plan: Plan):
    values, returns = _market(1)
    ratings = Ratings(plan, [])
    ratings.add({"id": "a", "direction": -1}, _series(plan, 0.1, 0.4, "train", "validation"), values, returns)
    found = ratings.told(10, 1.0)["a"]
    book = rank_book(-values, returns)
    net = book.returns - 1e-3 * book.traded  # 10 basis points, the default
    for split in ("train", "validation"):
        assert found[split]["net_sharpe"] == pytest.approx(sharpe_ratio(net[plan.splits.parts()[split]]))
        assert found[split]["turnover"] == pytest.approx(0.4)


def test_the_vault_is_rated_for_those_that_it_was_opened_for_alone(plan: Plan):
    values, returns = _market(2)
    ratings = Ratings(plan, [])
    ratings.add({"id": "closed", "direction": 1}, _series(plan, 0.1, 0.4, "train", "validation"), values, returns)
    every = _series(plan, 0.1, 0.4, "train", "validation", "vault")
    ratings.add({"id": "opened", "direction": 1, "vault": {"rank_ic": 0.1}}, every, values, returns)
    found = ratings.told(10, 1.0)
    assert set(found["closed"]) == {"train", "validation"}
    assert set(found["opened"]["vault"]) == {"net_sharpe", "turnover"}


def test_likeness_is_with_the_most_alike_other_member_of_the_pool(plan: Plan):
    values, returns = _market(3)
    other, _ = _market(4)
    near = values + 0.3 * other
    ratings = Ratings(plan, ["a", "near"])
    for name, given in (("a", values), ("near", near), ("leaking", values), ("far", other)):
        ratings.add({"id": name, "direction": 1}, _series(plan, 0.1, 0.4, "train", "validation"), given, returns)
    found = {name: splits["validation"]["pool_correlation"] for name, splits in ratings.told(10, 1.0).items()}
    assert found["leaking"] == pytest.approx(1)  # it is no member itself, and the same as one
    assert 0.8 < found["a"] < 1
    assert found["a"] == pytest.approx(found["near"])
    assert abs(found["far"]) < 0.6


def test_a_pool_of_one_has_no_likeness_and_json_has_no_nan(plan: Plan):
    values, returns = _market(5)
    ratings = Ratings(plan, ["a"])
    empty = _series(plan, 0.1, 0.4, "train").with_columns(rank_ic=pl.lit(None, pl.Float64), turnover=pl.lit(None))
    ratings.add({"id": "a", "direction": 1}, empty, values * np.float32(np.nan), returns)
    found = ratings.told(10, 1.0)["a"]
    assert found["validation"] == {"net_sharpe": None, "turnover": None, "pool_correlation": None}
    assert found["train"]["dsr"] is None
    values_of = {row["metric"]: row["value"] for row in rating_rows(plan, {"factors": {"a": found}})}
    assert all(math.isnan(value) for value in values_of.values())


def test_more_trials_deflate(plan: Plan):
    values, returns = _market(6)
    ratings = Ratings(plan, ["a"])
    ratings.add({"id": "a", "direction": 1}, _series(plan, 0.01, 0.4, "train", "validation"), values, returns)
    one, few, many = (ratings.told(n, 1.0)["a"]["train"]["dsr"] for n in (1, 10, 100_000))
    assert 0 <= many < few < one <= 1


def test_a_run_stores_what_it_rates_once(mined: Mined, context: Context):
    plan = load_plan(context, mined.result["run"])
    kept = context.load(plan.key("ratings.json"))
    assert kept["trials_on_vault"] == mined.result["trials_on_vault"]
    assert rated(plan, context, Ratings(plan, [])) == kept
    unopened = next(f for f in mined.result["refused"] if f["reason"].startswith("validation"))
    for factor in (mined.result["proven"][0], unopened):
        evidence = read_evidence(context.warehouse, factor["id"], plan.run)
        stored = {(split, metric): value for split, metric, value, _, _ in evidence.iter_rows()}
        assert 0 <= stored["train", "dsr"] <= 1
        assert abs(stored["validation", "pool_correlation"]) <= 1
        assert 0 < stored["validation", "turnover"] <= 1
        assert math.isfinite(stored["validation", "net_sharpe"])
        assert (("vault", "net_sharpe") in stored) == bool(factor.get("vault"))
    assert score_variance(context.warehouse, [plan.run]) > 0
