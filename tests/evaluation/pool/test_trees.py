from __future__ import annotations

import builtins

import numpy as np
import pytest

from lode.errors import UsageError
from lode.evaluation.pool import fit_pool, growth_of, judged, require_method
from tests.evaluation.pool.conftest import make_forward, make_training, make_values, outcomes_of, ranked


def test_without_the_extra_there_is_one_error_that_says_how_to_get_it(monkeypatch):
    whole = builtins.__import__

    def absent(name, *further):
        if name == "lightgbm":
            raise ModuleNotFoundError("No module named 'lightgbm'", name=name)
        return whole(name, *further)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(UsageError, match=r"needs LightGBM .*pip install 'lode-factors\[lightgbm\]'"):
        require_method("lightgbm")
    values = make_values(1)
    with pytest.raises(UsageError, match="needs LightGBM"):
        fit_pool(make_training(values, make_forward(values, {"m0": 1.0})), "lightgbm")


def product(values, *, seed=1):
    """A return in which two members pay only together."""
    rng = np.random.default_rng(seed)
    together = values["m0"] * values["m1"] + 0.5 * values["m2"]
    return (together + rng.standard_normal(together.shape)).astype(np.float32)


@pytest.fixture(scope="module")
def lightgbm():
    return pytest.importorskip("lightgbm")


@pytest.fixture(scope="module")
def training(lightgbm):
    values = make_values(4, sessions=200)
    values["m2"][:, 50:] = np.nan
    return make_training(values, product(make_values(4, sessions=200)))


def test_trees_find_what_members_say_together_and_a_sum_cannot(training):
    values = make_values(4, seed=5)
    outcomes = outcomes_of(product(values, seed=6))
    trees, line = (judged(fit_pool(training, m).signal(ranked(values)), outcomes) for m in ("lightgbm", "ridge"))
    assert trees.rank_ic > 1.5 * line.rank_ic > 0


def test_weights_are_shares_of_the_gain_and_the_same_again(training):
    first, again = fit_pool(training, "lightgbm"), fit_pool(training, "lightgbm")
    assert first == again
    assert sum(first.weights.values()) == pytest.approx(1)
    assert first.weights["m3"] < 0.05 < min(first.weights[member] for member in ("m0", "m1", "m2"))


def test_a_stored_model_says_the_same_and_members_may_come_in_another_order(training):
    pool = fit_pool(training, "lightgbm", ["m2", "m0", "m1"])
    values = make_values(4, seed=5)
    other = ranked(dict(reversed(values.items())))
    np.testing.assert_array_equal(pool.signal(ranked(values)), pool.signal(other))


def test_growth_takes_members_away_without_fitting_again(training):
    values = make_values(4, seed=5)
    growth = growth_of(training, "lightgbm", ranked(values), outcomes_of(product(values, seed=6)))
    assert list(growth.rank_ic) == [1, 2, 4]
    assert growth.rank_ic[4] > growth.rank_ic[1]
    assert growth.without["m3"] > growth.without["m0"]


def test_members_that_say_nothing_and_none(lightgbm):
    forward = make_forward(make_values(1), {"m0": 1.0})
    silent = make_training({"a": np.full(forward.shape, np.nan, np.float32)}, forward)
    for members in (["a"], []):
        pool = fit_pool(silent, "lightgbm", members)
        assert not any(pool.weights.values())
        assert np.isnan(pool.signal(silent.ranks)).all()
    constant = make_training({"a": np.ones_like(forward)}, forward)
    assert fit_pool(constant, "lightgbm").weights == {"a": 0.0}
