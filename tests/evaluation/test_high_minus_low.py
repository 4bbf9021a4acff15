import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lode.evaluation.high_minus_low import spread_without_own
from lode.evaluation.quantiles import quantile_returns, quantiles_of

NAN = np.nan


def test_each_name_is_left_out_by_hand():
    quantiles = np.array([[0, 0, 1, 2, 2]], np.int16)
    forward = np.array([[0.01, 0.03, 0.5, 0.10, 0.20]], np.float32)
    # whole: .15 - .02; without a bottom name the other one stays, without a top name likewise
    got = spread_without_own(quantiles, forward, 3)
    np.testing.assert_allclose(got, [[0.15 - 0.03, 0.15 - 0.01, 0.13, 0.20 - 0.02, 0.10 - 0.02]], rtol=1e-6)


def test_capitalisation_by_hand():
    quantiles, sizes = np.array([[0, 0, 1, 1, 1]], np.int16), np.array([[1, 1, 1, 3, NAN]], np.float32)
    forward = np.array([[0.02, 0.04, 0.10, 0.20, 9]], np.float32)
    got = spread_without_own(quantiles, forward, 2, sizes=sizes)
    np.testing.assert_allclose(got, [[0.175 - 0.04, 0.175 - 0.02, 0.2 - 0.03, 0.1 - 0.03, 0.175 - 0.03]], rtol=1e-6)


def test_quantile_of_one_name_leaves_nothing_for_that_name():
    got = spread_without_own(np.array([[0, 1, 2, -1]], np.int16), np.ones((1, 4), np.float32), 3)
    np.testing.assert_array_equal(got, [[NAN, 0, NAN, 0]])


@given(st.integers(0, 10_000), st.booleans())
def test_a_name_never_moves_what_it_is_faced_with(seed, sized):
    rng = np.random.default_rng(seed)
    values, forward = (rng.standard_normal((3, 30)).astype(np.float32) for _ in range(2))
    forward[rng.random(forward.shape) < 0.1] = NAN
    sizes = rng.lognormal(size=(3, 30)).astype(np.float32) if sized else None
    quantiles = quantiles_of(values, 5)
    before = spread_without_own(quantiles, forward, 5, sizes=sizes)
    name = seed % 30
    moved = forward.copy()
    moved[:, name] = 100
    after = spread_without_own(quantiles, moved, 5, sizes=sizes)
    known = np.isfinite(forward[:, name])
    np.testing.assert_allclose(after[known, name], before[known, name], atol=1e-6)


def test_names_of_the_middle_face_the_whole_portfolio():
    rng = np.random.default_rng(0)
    values, forward = (rng.standard_normal((4, 50)).astype(np.float32) for _ in range(2))
    quantiles = quantiles_of(values, 5)
    means = quantile_returns(values, forward, 5)
    got = spread_without_own(quantiles, forward, 5)
    for row in range(4):
        assert got[row, quantiles[row] == 2] == pytest.approx(means[row, 4] - means[row, 0])
