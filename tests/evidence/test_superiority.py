import math

import numpy as np
import pytest
from arch.bootstrap import SPA, StepM
from hypothesis import given, settings
from hypothesis import strategies as st

from lode.errors import UsageError
from lode.evidence.superiority import _long_run_variance, step_m, superior_ability


def market(seed, n=250, strategies=10, edge=()):
    rng = np.random.default_rng(seed)
    returns = rng.standard_normal((n, strategies)) * 10.0 ** rng.integers(-2, 2, strategies)
    for column in edge:
        returns[:, column] += 0.4 * returns[:, column].std()
    return returns


def studentised(returns, block):
    theirs = SPA(np.zeros(len(returns)), -returns, block_size=block, reps=2)
    theirs.compute()
    return returns / np.sqrt(theirs._loss_diff_var)


@given(st.integers(0, 10_000), st.integers(1, 20))
@settings(max_examples=10, deadline=None)
def test_agrees_with_arch_on_studentised_returns(seed, block):
    returns, benchmark = market(seed, 120), np.random.default_rng(seed + 1).standard_normal(120) * 0.01
    z = studentised(returns - benchmark[:, None], block)
    theirs = SPA(np.zeros(120), -z, block_size=block, reps=200, seed=np.random.default_rng(seed))
    theirs.compute()
    got = superior_ability(returns, benchmark, rng=np.random.default_rng(seed), draws=200, block=block)
    np.testing.assert_allclose((got.lower, got.consistent, got.upper), (200 * theirs.pvalues + 1) / 201)
    assert got.statistic == pytest.approx(math.sqrt(120) * z.mean(axis=0).max())
    assert got.best == z.mean(axis=0).argmax()


@given(st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_stepm_agrees_with_arch_on_studentised_returns(seed):
    returns = market(seed, 150, edge=(2, 7))
    theirs = StepM(np.zeros(150), -studentised(returns, 12), block_size=12, reps=200, seed=np.random.default_rng(seed))
    theirs.compute()
    got = step_m(returns, rng=np.random.default_rng(seed), draws=200, block=12)
    assert got == tuple(theirs.superior_models)


def test_variance_is_archs():
    returns = market(0)
    theirs = SPA(np.zeros(250), -returns, block_size=7, reps=2)
    theirs.compute()
    np.testing.assert_allclose(_long_run_variance(returns, 7), theirs._loss_diff_var, rtol=1e-9)


def test_noise_is_called_superior_about_as_often_as_stated():
    p, found = [], []
    for seed in range(120):
        returns, rng = market(seed), np.random.default_rng(seed + 1_000_000)
        p.append(superior_ability(returns, rng=rng, draws=200).consistent)
        found.append(bool(step_m(returns, rng=rng, draws=200)))
    most = 0.07 + 3 * math.sqrt(0.07 * 0.93 / 120)  # .07 in the long run: the module's docstring
    assert np.mean(np.array(p) <= 0.05) <= most
    assert np.mean(found) <= most


def test_planted_strategies_are_found_whatever_their_scale():
    returns = market(1, 500, edge=(2, 7))
    returns[:, 2] *= 1e-3  # its mean is small beside the others' noise: a test that is not studentised misses it
    got = superior_ability(returns, rng=np.random.default_rng(0))
    assert got.best in {2, 7}
    assert got.consistent == pytest.approx(1 / 1001)
    assert got.lower <= got.consistent <= got.upper
    assert step_m(returns, rng=np.random.default_rng(0)) == (2, 7)


def test_all_strategies_may_be_superior():
    returns = market(2, 500, strategies=3) * 0.01 + 5
    assert step_m(returns, rng=np.random.default_rng(0), draws=100) == (0, 1, 2)
    uneven = market(3, 500, strategies=2, edge=(0, 1))
    uneven[:, 0] += 2 * uneven[:, 0].std()
    assert step_m(uneven, rng=np.random.default_rng(0), draws=100) == (0, 1)


def test_order_of_the_strategies_does_not_matter():
    returns, places = market(4, edge=(2,)), np.random.default_rng(0).permutation(10)
    one, shuffled = (superior_ability(r, rng=np.random.default_rng(5)) for r in (returns, returns[:, places]))
    assert (one.consistent, one.statistic) == (shuffled.consistent, pytest.approx(shuffled.statistic))
    assert places[shuffled.best] == one.best


def test_benchmark_that_is_a_strategy_is_left_out_with_it():
    returns = market(6)
    got = superior_ability(returns, returns[:, 3], rng=np.random.default_rng(0), draws=50)
    assert math.isfinite(got.consistent)
    assert got.best != 3
    gappy = np.insert(returns, [9, 80], np.nan, axis=0)
    assert superior_ability(gappy, rng=np.random.default_rng(0), draws=50) == superior_ability(
        returns, rng=np.random.default_rng(0), draws=50
    )


@pytest.mark.parametrize(
    "returns", [np.ones((100, 3)), np.full((100, 3), np.nan), market(0, 19), np.empty((100, 0)), np.ones((1, 2))]
)
def test_too_little_has_no_p(returns):
    got = superior_ability(returns, rng=np.random.default_rng(0))
    assert math.isnan(got.consistent)
    assert got.best is None
    assert step_m(returns, rng=np.random.default_rng(0)) == ()


def test_wrong_calls_are_usage_errors():
    rng = np.random.default_rng(0)
    for call in (
        lambda: superior_ability(np.ones(50), rng=rng),
        lambda: superior_ability(market(0), np.ones(50), rng=rng),
        lambda: superior_ability(market(0), rng=rng, block=0),
        lambda: step_m(market(0), rng=rng, level=1),
    ):
        with pytest.raises(UsageError):
            call()
