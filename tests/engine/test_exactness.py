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


@pytest.mark.parametrize("d", [2, 20, 250])
def test_windows_stay_exact_around_and_after_a_spike(d):
    x, y, out = prices(1000, 9, 1), prices(1000, 9, 2), np.empty((1000, 9), np.float32)
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


def straight(w):
    """Slope, residual and explained share over time, in two passes; windows last."""
    at = np.arange(w.shape[-1]) - (w.shape[-1] - 1) / 2
    dw = w - w.mean(-1, keepdims=True)
    slope = dw @ at / (at @ at)
    return slope, dw[..., -1] - slope * at[-1], slope**2 * (at @ at) / (dw**2).sum(-1)


def shapes(w):
    n, dw = w.shape[-1], w - w.mean(-1, keepdims=True)
    m2, m3, m4 = ((dw**k).mean(-1) for k in (2, 3, 4))
    skew = np.sqrt(n * (n - 1)) / (n - 2) * m3 / m2**1.5
    return skew, ((n + 1) * m4 / m2**2 - 3 * (n - 1)) * (n - 1) / ((n - 2) * (n - 3))


def fit(y, x):
    dy, dx = y - y.mean(-1, keepdims=True), x - x.mean(-1, keepdims=True)
    slope = (dx * dy).sum(-1) / (dx**2).sum(-1)
    errors = dy - slope[..., None] * dx
    return slope, errors[..., -1], (errors**2).sum(-1), 1 - (errors**2).sum(-1) / (dy**2).sum(-1)


@pytest.mark.parametrize("d", [20, 250, 2520, 9999])
def test_ten_thousand_sessions_with_a_spike_agree_with_two_passes(d):
    """What divides by a deviation agrees to 1e-5 of it; sums of squares and kurtosis to 1e-5 of themselves."""
    sessions = 10_000
    x, y = prices(sessions, 3, 3), prices(sessions, 3, 4)
    rows = np.unique(
        np.r_[np.arange(d - 1, sessions, 83), sessions // 3 + np.array([0, 1, d - 1, d, d + 1]), sessions - 1]
    )
    rows = rows[(rows >= d - 1) & (rows < sessions)]
    wx, wy = windows(x, d)[rows - d + 1], windows(y, d)[rows - d + 1]
    dx, dy, out = wx.std(-1), wy.std(-1), np.empty_like(x)

    def agrees(kernel, want, scale=1.0, **more):
        kernel(**more, out=out, window=d)
        np.testing.assert_allclose(out[rows] / scale, want / scale, rtol=1e-5, atol=1e-5)

    agrees(core.ts_mean, wx.mean(-1), 1e5, x=x)
    np.testing.assert_allclose(out[rows], wx.mean(-1), rtol=1e-5)
    agrees(core.ts_std_dev, wx.std(-1, ddof=1), dx, x=x)
    near, far = wx - wx.mean(-1, keepdims=True), wy - wy.mean(-1, keepdims=True)
    agrees(core.ts_corr, (near * far).sum(-1) / d / (dx * dy), x=x, y=y)
    slope, residual, explained = straight(wx)
    agrees(core.slope, slope, dx / d, x=x)
    agrees(core.resi, residual, dx, x=x)
    agrees(core.rsquare, explained, x=x)
    skew, kurtosis = shapes(wx)
    agrees(core.ts_skewness, skew, x=x)
    agrees(core.ts_kurtosis, kurtosis, x=x)
    slope, error, squares, share = fit(wy, wx)
    for wanted, want, scale in ((2, slope, dy / dx), (0, error, dy), (4, squares, d * dy**2), (6, share, 1.0)):
        agrees(core.ts_regression, want, scale, y=y, x=x, lag=0, wanted=wanted)


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
