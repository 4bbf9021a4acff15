import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from lode.evaluation.ranks import average_ranks, rank_correlation, row_correlation, row_mean

cells = st.one_of(st.integers(-3, 3).map(float), st.floats(-1e6, 1e6, width=32), st.sampled_from([np.nan, np.inf]))
matrices = hnp.arrays(np.float32, st.tuples(st.integers(0, 5), st.integers(0, 9)), elements=cells)


@given(matrices)
def test_ranks_agree_with_scipy(values):
    known = np.where(np.isfinite(values), values, np.nan)
    ranks = average_ranks(values)
    assert ranks.shape == values.shape
    for row, expected in zip(ranks, known, strict=True):
        np.testing.assert_array_equal(row, stats.rankdata(expected, nan_policy="omit").astype(np.float32))


def test_correlation_agrees_with_scipy_over_common_names():
    rng = np.random.default_rng(0)
    first, second = rng.standard_normal((2, 20, 30)).astype(np.float32)
    first[rng.random(first.shape) < 0.2] = np.nan
    second[rng.random(first.shape) < 0.2] = np.nan
    for t, got in enumerate(row_correlation(first, second)):
        both = np.isfinite(first[t]) & np.isfinite(second[t])
        assert got == pytest.approx(stats.pearsonr(first[t, both].astype(float), second[t, both].astype(float))[0])


def test_correlation_with_a_constant_or_too_few_names_is_missing():
    values = np.array([[0.1, 0.1, 0.1, 0.1], [1, 2, np.nan, np.nan], [np.nan] * 4], dtype=np.float32)
    other = np.tile(np.arange(4, dtype=np.float32), (3, 1))
    assert np.isnan(row_correlation(values, other)).all()
    assert row_correlation(np.empty((3, 0)), np.empty((3, 0))).shape == (3,)


def test_row_mean_leaves_missing_out():
    np.testing.assert_array_equal(row_mean(np.array([[1, np.nan, 3], [np.nan] * 3])), [2, np.nan])


@given(st.integers(0, 10_000), st.integers(1, 40))
def test_correlation_of_ranks_is_the_general_one(seed, names):
    rng = np.random.default_rng(seed)
    first, second = (average_ranks(np.round(rng.standard_normal((6, names)), 1)) for _ in range(2))
    for ranks in (first, second):
        ranks[rng.random(ranks.shape) < 0.2] = np.nan
    first[0], second[1] = 2.5, np.nan
    np.testing.assert_allclose(rank_correlation(first, second), row_correlation(first, second), atol=1e-12)
