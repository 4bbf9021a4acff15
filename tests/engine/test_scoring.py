import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import pearsonr, rankdata, spearmanr

from lode.engine import Scorer, forward_ranks
from lode.errors import DataError


def daily(values, forward, correlation, min_names=10):
    scores = np.full(len(values), np.nan)
    for t, (x, y) in enumerate(zip(values.astype(float), forward.astype(float), strict=True)):
        both = np.isfinite(x) & np.isfinite(y)
        if both.sum() >= max(min_names, 2) and np.ptp(x[both]) > 0 and np.ptp(y[both]) > 0:
            scores[t] = correlation(x[both], y[both])[0]
    return scores


def pair(sessions, names, seed, *, missing=0.1, decimals=None):
    rng = np.random.default_rng(seed)
    forward = rng.normal(0, 0.02, (sessions, names))
    values = rng.normal(0, 1, (sessions, names)) + 3 * forward
    if decimals is not None:
        forward, values = forward.round(decimals), values.round(decimals)
    forward, values = forward.astype(np.float32), values.astype(np.float32)
    forward[rng.random(forward.shape) < missing] = np.nan
    values[rng.random(values.shape) < missing] = np.nan
    values[::7] = np.nan
    return values, forward


@pytest.mark.parametrize("names", [10, 16, 50, 300, 700])
@pytest.mark.parametrize("missing", [0.0, 0.15])
@pytest.mark.parametrize("decimals", [None, 2, 0])
def test_rank_ic_is_spearmans_correlation_of_each_day(names, missing, decimals):
    values, forward = pair(30, names, names, missing=missing, decimals=decimals)
    got = Scorer(forward, rows=slice(None)).rank_ic(values)
    np.testing.assert_allclose(got, daily(values, forward, spearmanr), atol=1e-12)


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_rank_ic_on_any_cells(data):
    names = data.draw(st.integers(2, 40))
    cells = st.sampled_from([0.0, -0.0, 1.0, -1.0, 1.0000001, 1e-30, -1e30, 3.5, 7.0, np.nan])
    draw = lambda: np.array([data.draw(st.lists(cells, min_size=names, max_size=names))], np.float32)  # noqa: E731
    values, forward = draw(), draw()
    got = Scorer(forward, rows=slice(None), min_names=2).rank_ic(values)
    np.testing.assert_allclose(got, daily(values, forward, spearmanr, 2), atol=1e-12)


def test_ic_is_pearsons_correlation_of_each_day():
    values, forward = pair(40, 33, 1)
    got = Scorer(forward, rows=slice(None)).ic(values)
    np.testing.assert_allclose(got, daily(values, forward, pearsonr), atol=1e-12)


def test_values_far_from_zero_and_close_together_rank_exactly():
    values, forward = pair(20, 400, 2, missing=0)
    values = (1000 + 0.01 * values).astype(np.float32)
    values[:, 0] = -1e9
    got = Scorer(forward, rows=slice(None)).rank_ic(values)
    np.testing.assert_allclose(got, daily(values, forward, spearmanr), atol=1e-12)


@pytest.mark.parametrize("rows", [slice(5, 20), np.arange(30) % 3 == 0])
def test_only_the_chosen_sessions_are_scored(rows):
    values, forward = pair(30, 20, 3)
    whole = Scorer(forward, rows=slice(None))
    part = Scorer(forward, rows=rows)
    outside = np.ones(30, bool)
    outside[rows] = False
    for score in ("rank_ic", "ic"):
        got = getattr(part, score)(values)
        np.testing.assert_array_equal(got[~outside], getattr(whole, score)(values)[~outside])
        assert np.isnan(got[outside]).all()


def test_too_few_names_and_flat_days_have_no_score():
    values, forward = pair(4, 12, 4, missing=0)
    values[1, :3] = np.nan
    values[2] = 7
    forward[3] = 0
    scores = Scorer(forward, rows=slice(1, None)).rank_ic(values)
    assert np.isnan(scores).all()
    assert np.isfinite(Scorer(forward, rows=slice(1, None), min_names=9).rank_ic(values)[1])


def test_forward_ranks_hold_twice_the_average_rank():
    forward = np.array([[0.3, -0.1, np.nan, -0.1, 0.2]], np.float32)
    ranks = forward_ranks([forward, -forward], slice(None))
    assert ranks.known.tolist() == [[4], [4]]
    known, number = np.array([0, 1, 3, 4]), ranks.number[0]
    assert ranks.named[0, number].tolist() == [0, 1, 2, 3, 4]
    assert number[2] == 4
    for horizon, returns in enumerate((forward[0, known], -forward[0, known])):
        assert (ranks.twice[horizon, 0, number[known]] == 2 * (rankdata(returns) - 1)).all()
        assert ranks.twice[horizon, 0, 4] == -1


def test_other_shapes_and_rows_are_refused():
    values, forward = pair(6, 12, 5)
    with pytest.raises(DataError, match="rows must be a slice or a bool array of 6 sessions"):
        Scorer(forward, rows=np.arange(3))
    with pytest.raises(DataError, match="values has the shape"):
        Scorer(forward, rows=slice(None)).rank_ic(values[:3])
    with pytest.raises(DataError, match=r"forward must be a .* array of float32, not float64"):
        Scorer(forward.astype(float), rows=slice(None))


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (3, 1)])
def test_empty_and_narrow_panels_score_nothing(shape):
    forward = np.zeros(shape, np.float32)
    assert np.isnan(Scorer(forward, rows=slice(None), min_names=0).rank_ic(forward)).all()
    assert np.isnan(Scorer(forward, rows=slice(None), min_names=0).ic(forward)).all()


@pytest.mark.parametrize("names", [16, 300])
@pytest.mark.parametrize("decimals", [None, 1])
@pytest.mark.parametrize("rows", [slice(None), slice(3, 27), np.arange(30) % 3 == 0])
def test_several_horizons_have_the_bits_of_each_alone(names, decimals, rows):
    values, first = pair(30, names, names, decimals=decimals)
    _, second = pair(30, names, names + 1, missing=0.4, decimals=decimals)
    _, whole = pair(30, names, names + 2, missing=0.0)
    forward = {1: first, 5: second, 21: whole}
    several = Scorer(forward, rows=rows)
    for name, got in (("rank_ic", several.rank_ics(values)), ("ic", several.ics(values))):
        for horizon, returns in forward.items():
            alone = getattr(Scorer(returns, rows=rows), name)(values)
            np.testing.assert_array_equal(got[horizon].view(np.int64), alone.view(np.int64))


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_horizons_on_any_cells(data):
    names = data.draw(st.integers(2, 40))
    cells = st.sampled_from([0.0, -0.0, 1.0, 1.0000001, 1e-30, -1e30, 7.0, np.nan])
    draw = lambda: np.array([data.draw(st.lists(cells, min_size=names, max_size=names))], np.float32)  # noqa: E731
    values, forward = draw(), {1: draw(), 2: draw()}
    got = Scorer(forward, rows=slice(None), min_names=2).rank_ics(values)
    for horizon, returns in forward.items():
        alone = Scorer(returns, rows=slice(None), min_names=2).rank_ic(values)
        np.testing.assert_array_equal(got[horizon].view(np.int64), alone.view(np.int64))


def test_how_many_names_have_both_is_told():
    values, forward = pair(9, 30, 6)
    pairs = np.empty(9, np.int32)
    Scorer(forward, rows=slice(None)).rank_ic(values, pairs)
    assert pairs.tolist() == (np.isfinite(values) & np.isfinite(forward)).sum(axis=1).tolist()


def test_which_horizon_is_to_be_told_where_there_are_several():
    values, forward = pair(6, 12, 5)
    several = Scorer({1: forward, 5: forward}, rows=slice(None))
    for score in (several.rank_ic, several.ic):
        with pytest.raises(DataError, match=r"horizons \[1, 5\]; ask for rank_ics or ics"):
            score(values)
    with pytest.raises(DataError, match="no forward return was given"):
        Scorer({}, rows=slice(None))
    with pytest.raises(DataError, match="forward has the shape"):
        Scorer({1: forward, 5: forward[:3]}, rows=slice(None))
