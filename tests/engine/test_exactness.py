import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lode.engine import core


def prices(sessions, names, seed):
    rng = np.random.default_rng(seed)
    x = (1e5 + np.cumsum(rng.normal(0, 20, (sessions, names)), axis=0)).astype(np.float32)
    x[rng.integers(0, sessions, 3), rng.integers(0, names, 3)] = 1e9
    x[sessions // 3, :] = 1e9
    return x


def windows(x, d):
    return np.lib.stride_tricks.sliding_window_view(x.astype(np.float64), d, axis=0)


@pytest.mark.parametrize("d", [2, 20, 250, 2520])
def test_windows_stay_exact_around_and_after_a_spike(d):
    x, y, out = prices(4000, 9, 1), prices(4000, 9, 2), np.empty((4000, 9), np.float32)
    wx, wy = windows(x, d), windows(y, d)
    core.ts_mean(x, out, d)
    np.testing.assert_allclose(out[d - 1 :], wx.mean(-1), rtol=1e-6)
    core.ts_std_dev(x, out, d)
    np.testing.assert_allclose(out[d - 1 :], wx.std(-1, ddof=1), rtol=1e-5)
    core.ts_corr(x, y, out, d)
    dx, dy = wx - wx.mean(-1, keepdims=True), wy - wy.mean(-1, keepdims=True)
    with np.errstate(invalid="ignore"):
        r = (dx * dy).sum(-1) / np.sqrt((dx**2).sum(-1) * (dy**2).sum(-1))
    np.testing.assert_allclose(out[d - 1 :], r, atol=1e-5)
    core.ts_covariance(x, y, out, d)
    scale = wx.std(-1) * wy.std(-1) + 1e-30
    np.testing.assert_allclose(out[d - 1 :] / scale, (dx * dy).sum(-1) / (d - 1) / scale, atol=1e-5)


@given(st.floats(-(2.0**99), 2.0**99, width=32), st.integers(2, 60))
@settings(max_examples=50, deadline=None)
def test_a_flat_window_has_no_variance_at_all(value, d):
    x = np.full((130, 9), value, np.float32)
    x[:20] = np.linspace(-5, 7, 9)
    out = np.empty_like(x)
    core.ts_std_dev(x, out, d)
    assert (out[20 + d :] == 0).all()
    core.ts_av_diff(x, out, d)
    assert (out[20 + d :] == 0).all()
    core.ts_mean(x, out, d)
    assert (out[20 + d :] == x[20 + d :]).all()
    for kernel in (core.ts_zscore, core.ts_scale):
        kernel(x, out, d)
        assert np.isnan(out[20 + d :]).all()
    core.ts_corr(x, np.random.default_rng(0).normal(size=x.shape).astype(np.float32), out, d)
    assert np.isnan(out[20 + d :]).all()
