import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lode.errors import UsageError
from lode.evaluation.quantiles import quantile_returns, quantile_summary, quantiles_of, quantiles_of_ranks
from lode.evaluation.ranks import average_ranks

NAN = np.nan


def rows(*values):
    return np.array(values, dtype=np.float32)


@given(st.lists(st.integers(-20, 20), min_size=2, max_size=30, unique=True), st.integers(2, 6))
def test_quantiles_are_those_of_pandas(values, count):
    got = quantiles_of(rows(values), count, min_names=2)[0]
    if len(values) < count:
        assert (got == -1).all()
    else:
        np.testing.assert_array_equal(got, pd.qcut(values, count, labels=False))


@given(st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0, NAN]), max_size=25), st.integers(2, 6))
def test_equal_values_share_a_quantile_and_larger_ones_have_no_lower_one(values, count):
    got = quantiles_of(rows(values), count, min_names=2)[0]
    known = np.isfinite(values)
    assert ((got >= 0) == known).all() or (got == -1).all()
    order = np.argsort(np.where(known, values, 99), kind="stable")
    assert (np.diff(got[order][known[order]]) >= 0).all()
    for value in {v for v in values if np.isfinite(v)}:
        assert len(set(got[np.array(values) == value])) == 1


def test_returns_by_hand():
    values = rows([5, 1, 4, 2, 3, NAN, 6], [1, 1, 1, 1, 1, 1, 1])
    forward = rows([0.5, 0.1, 0.4, 0.2, 0.3, 9, NAN], [1, 2, 3, 4, 5, 6, 7])
    got = quantile_returns(values, forward, 5, min_names=5)
    np.testing.assert_allclose(got[0], [0.1, 0.2, 0.3, 0.4, 0.5], rtol=1e-6)
    np.testing.assert_allclose(got[1], [4, NAN, NAN, NAN, NAN])  # a constant has a lowest quantile and no spread


def test_session_with_few_names_is_missing():
    values, forward = rows([1, 2, 3, 4]), rows([1, 2, 3, 4])
    assert np.isnan(quantile_returns(values, forward, 5, min_names=3)).all()
    assert np.isnan(quantile_returns(values, forward, 2)).all()
    assert quantile_returns(rows([]), rows([]), 5).shape == (1, 5)
    assert np.isnan(quantile_returns(values[:, :0], forward[:, :0], 2)).all()


def test_summary_tests_top_less_bottom():
    rng = np.random.default_rng(0)
    values = rng.standard_normal((200, 50)).astype(np.float32)
    forward = (0.3 * values + rng.standard_normal((200, 50))).astype(np.float32)
    summary = quantile_summary(quantile_returns(values, forward))
    assert list(summary.mean_returns) == sorted(summary.mean_returns)
    assert summary.spread.mean == pytest.approx(summary.mean_returns[-1] - summary.mean_returns[0])
    low, high = summary.spread.interval()
    assert 0 < low < summary.spread.mean < high


def test_one_quantile_is_a_usage_error():
    with pytest.raises(UsageError, match="2 or more"):
        quantiles_of(rows([1, 2]), 1)


def test_returns_by_capitalisation_by_hand():
    values, forward = rows([1, 2, 3, 4]), rows([0.1, 0.3, 0.2, 0.6])
    got = quantile_returns(values, forward, 2, min_names=2, sizes=rows([3, 1, NAN, -5]))
    np.testing.assert_allclose(got, [[0.15, NAN]], rtol=1e-6)
    sizes = rows([3, 1, NAN, 2])  # a name without a size keeps its place in the quantile
    np.testing.assert_allclose(quantile_returns(values, forward, 2, min_names=2, sizes=sizes), [[0.15, 0.6]], rtol=1e-6)


@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.02, 0.5]))
def test_quantiles_at_hand_change_nothing(seed, missing):
    rng = np.random.default_rng(seed)
    values, forward = (rng.standard_normal((12, 30)).astype(np.float32) for _ in range(2))
    values[rng.random(values.shape) < 0.1] = NAN
    forward[rng.random(values.shape) < missing] = NAN
    at_hand = quantile_returns(values, forward, 4, quantiles=quantiles_of(values, 4))
    np.testing.assert_array_equal(at_hand, quantile_returns(values, forward, 4))


@given(st.integers(0, 10_000), st.integers(2, 12), st.sampled_from([0, 1, 9]), st.sampled_from([5, 31, 101]))
def test_quantiles_of_ranks_are_those_of_the_values(seed, count, digits, names):
    rng = np.random.default_rng(seed)
    values = np.round(rng.standard_normal((8, names)), digits).astype(np.float32)
    values[rng.random(values.shape) < 0.1] = NAN
    values[0], values[1] = NAN, 3
    expected = quantiles_of(values, count, min_names=3)
    np.testing.assert_array_equal(quantiles_of_ranks(average_ranks(values), count, min_names=3), expected)
