import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from lode.errors import UsageError
from lode.evaluation.pool import Training, fit_pool, judged
from lode.evaluation.pool import weights as module
from tests.evaluation.pool.conftest import make_forward, make_training, make_values, outcomes_of, ranked

PLANTED = {"m0": 0.4, "m1": -0.3, "m2": 0.2, "m3": 0.1, "m4": 0.0}


@pytest.fixture(scope="module")
def training():
    values = make_values(5)
    return make_training(values, make_forward(values, PLANTED))


@pytest.mark.parametrize("method", ["ridge", "nonnegative"])
def test_weights_recover_a_planted_combination_of_independent_signals(training, method):
    found = fit_pool(training, method).weights
    assert list(found) == list(PLANTED)
    np.testing.assert_allclose(list(found.values()), list(PLANTED.values()), atol=0.02)


@pytest.mark.parametrize("method", ["ridge", "nonnegative", "rank_average"])
def test_the_pool_is_better_than_its_best_member_on_other_sessions(training, method):
    values = make_values(5, seed=8)
    outcomes = outcomes_of(make_forward(values, PLANTED, seed=9))
    whole = judged(fit_pool(training, method).signal(ranked(values)), outcomes).rank_ic
    best = judged(fit_pool(training, method, ["m0"]).signal(ranked(values)), outcomes).rank_ic
    assert whole > best > 0.2


@pytest.mark.parametrize("method", ["ridge", "nonnegative", "rank_average"])
def test_weights_sum_to_one_and_are_the_same_again(training, method):
    first, again = fit_pool(training, method), fit_pool(training, method)
    assert first == again
    assert sum(abs(weight) for weight in first.weights.values()) == pytest.approx(1)


@given(seed=st.integers(0, 1000))
def test_nonnegative_weights_are_never_against_their_direction(seed):
    rng = np.random.default_rng(seed)
    values = make_values(4, sessions=40, names=20, seed=seed)
    values["m3"] = values["m0"] + 0.3 * values["m1"]
    forward = make_forward(values, dict(zip(values, rng.standard_normal(4), strict=True)), seed=seed)
    directions = {member: int(rng.choice([-1, 1])) for member in values}
    found = fit_pool(make_training(values, forward, directions=directions), "nonnegative").weights
    assert all(weight * directions[member] >= 0 for member, weight in found.items())


def test_nonnegative_is_the_least_of_its_objective():
    rng = np.random.default_rng(4)
    x = rng.standard_normal((30, 5)) @ rng.standard_normal((5, 5))
    gram, target, signs = x.T @ x / 30, rng.standard_normal(5), np.array([1.0, -1.0, 1.0, 1.0, -1.0])
    found = module._nonnegative(gram, target, 0.1, signs)
    held = gram + 0.1 * np.trace(gram) / 5 * np.eye(5)
    least = minimize(
        lambda w: w @ held @ w - 2 * target @ w,
        np.zeros(5),
        bounds=[(0, None) if sign > 0 else (None, 0) for sign in signs],
        tol=1e-14,
    )
    np.testing.assert_allclose(found, least.x, atol=1e-5)
    np.testing.assert_allclose(module._ridge(gram, target, [5.0, 0.1])[1], np.linalg.solve(held, target))


def test_rank_average_is_exactly_the_mean_of_the_ranks_in_their_directions(training):
    found = fit_pool(training, "rank_average", ["m0", "m1", "m2"])
    assert found.weights == {"m0": 1 / 3, "m1": -1 / 3, "m2": 1 / 3}
    assert found.penalty is None


def test_directions_that_are_given_count():
    values = make_values(2)
    given_ = make_training(values, make_forward(values, {"m0": 0.5, "m1": 0.5}), directions={"m0": -1, "m1": 1})
    assert fit_pool(given_, "rank_average").weights == {"m0": -0.5, "m1": 0.5}


def test_a_copy_of_a_member_hardly_changes_what_ridge_says():
    values = make_values(4)
    forward = make_forward(values, {"m0": 0.4, "m1": -0.3, "m2": 0.2, "m3": 0.1})
    alone = fit_pool(make_training(values, forward), "ridge")
    twice = values | {"copy": values["m0"]}
    doubled = fit_pool(make_training(twice, forward), "ridge")
    first, second = alone.signal(ranked(values)), doubled.signal(ranked(twice))
    assert np.corrcoef(first.ravel(), second.ravel())[0, 1] > 0.999
    assert doubled.weights["copy"] == pytest.approx(doubled.weights["m0"])


@pytest.mark.parametrize("method", ["ridge", "nonnegative", "rank_average"])
@pytest.mark.parametrize("fill", [np.nan, 1.0])
def test_a_member_that_says_nothing_has_no_weight_and_changes_none(training, method, fill):
    values = make_values(5)
    values["m5"] = np.full_like(values["m0"], fill)
    more = make_training(values, make_forward(values, PLANTED), directions={"m5": 1})
    found, without = fit_pool(more, method), fit_pool(training, method)
    assert found.weights == pytest.approx({**without.weights, "m5": 0.0}, abs=1e-9)
    assert found.penalty == without.penalty


@pytest.mark.parametrize("method", ["ridge", "nonnegative", "rank_average"])
def test_pools_of_one_and_of_none(training, method):
    assert fit_pool(training, method, ["m1"]).weights == {"m1": -1.0}
    nothing = fit_pool(training, method, [])
    assert nothing.weights == {}
    assert np.isnan(nothing.signal(training.ranks)).all()
    silent = make_training({"a": np.full((60, 20), np.nan, np.float32)}, np.zeros((60, 20), np.float32))
    assert fit_pool(silent, method).weights == {"a": 0.0}


def test_a_penalty_needs_folds():
    values = make_values(1)
    with pytest.raises(UsageError, match="needs folds"):
        fit_pool(Training(ranked(values), make_forward(values, {"m0": 1.0})), "ridge")
    with pytest.raises(UsageError, match=r"forward returns of shape \(3, 4\)"):
        Training(ranked(values), np.zeros((3, 4), np.float32))
