from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lode.engine import Evaluator
from lode.library import LIBRARY, family
from tests.library.prices import real_fields

WINDOWS = (5, 10, 20, 30, 60)


def reference(fields):
    """All of Alpha158 by pandas in float64, over full windows, as qlib's documentation describes each kind."""
    o, h, lo, c, v, w = (
        pd.DataFrame(fields[n].astype(float)) for n in ("open", "high", "low", "close", "volume", "vwap")
    )
    top, bottom, span = np.maximum(o, c), np.minimum(o, c), h - lo + 1e-12
    found = {
        "kmid": (c - o) / o, "klen": (h - lo) / o, "kmid2": (c - o) / span, "kup": (h - top) / o,
        "kup2": (h - top) / span, "klow": (bottom - lo) / o, "klow2": (bottom - lo) / span,
        "ksft": (2 * c - h - lo) / o, "ksft2": (2 * c - h - lo) / span,
        "open0": o / c, "high0": h / c, "low0": lo / c, "vwap0": w / c,
    }  # fmt: skip
    before, moved, traded = c.shift(1), c.diff(), v.diff()
    known = before.notna()
    up, down = (c > before).astype(float).where(known), (c < before).astype(float).where(known)
    swing = (c / before - 1).abs() * v
    for d in WINDOWS:
        x, gain, loss = c.rolling(d), moved.clip(lower=0).rolling(d).sum(), (-moved).clip(lower=0).rolling(d).sum()
        more, less = traded.clip(lower=0).rolling(d).sum(), (-traded).clip(lower=0).rolling(d).sum()
        moves, trades = moved.abs().rolling(d).sum() + 1e-12, traded.abs().rolling(d).sum() + 1e-12
        slope, rsquare, resi = line(c, d)
        peak, trough = h.rolling(d).apply(place(np.max), raw=True), lo.rolling(d).apply(place(np.min), raw=True)
        rise, fall = up.rolling(d).mean(), down.rolling(d).mean()
        found |= {
            f"roc{d}": c.shift(d) / c, f"ma{d}": x.mean() / c, f"std{d}": x.std() / c, f"beta{d}": slope / c,
            f"rsqr{d}": rsquare, f"resi{d}": resi / c, f"max{d}": h.rolling(d).max() / c,
            f"min{d}": lo.rolling(d).min() / c, f"qtlu{d}": x.quantile(0.8) / c, f"qtld{d}": x.quantile(0.2) / c,
            f"rank{d}": x.rank(pct=True),
            f"rsv{d}": (c - lo.rolling(d).min()) / (h.rolling(d).max() - lo.rolling(d).min() + 1e-12),
            f"imax{d}": peak / d, f"imin{d}": trough / d, f"imxd{d}": (peak - trough) / d,
            f"corr{d}": correlation(c, np.log(v + 1), d),
            f"cord{d}": correlation(c / before, np.log(v / v.shift(1) + 1), d),
            f"cntp{d}": rise, f"cntn{d}": fall, f"cntd{d}": rise - fall,
            f"sump{d}": gain / moves, f"sumn{d}": loss / moves, f"sumd{d}": (gain - loss) / moves,
            f"vma{d}": v.rolling(d).mean() / (v + 1e-12), f"vstd{d}": v.rolling(d).std() / (v + 1e-12),
            f"wvma{d}": swing.rolling(d).std() / (swing.rolling(d).mean() + 1e-12),
            f"vsump{d}": more / trades, f"vsumn{d}": less / trades, f"vsumd{d}": (more - less) / trades,
        }  # fmt: skip
    return {name: frame.to_numpy() for name, frame in found.items()}


def windows(frame, d):
    padded = np.vstack([np.full((d - 1, frame.shape[1]), np.nan), frame.to_numpy()])
    return np.lib.stride_tricks.sliding_window_view(padded, d, axis=0)


def line(frame, d):
    """Slope, share explained and today's residual of the line through each window, by its normal equations."""
    y, t = windows(frame, d), np.arange(1.0, d + 1)
    apart = y - y.mean(-1, keepdims=True)
    slope = (apart * (t - t.mean())).sum(-1) / ((t - t.mean()) ** 2).sum()
    fitted = y.mean(-1, keepdims=True) + slope[..., None] * (t - t.mean())
    left, whole = ((y - fitted) ** 2).sum(-1), (apart**2).sum(-1)
    return tuple(pd.DataFrame(found) for found in (slope, 1 - left / whole, (y - fitted)[..., -1]))


def correlation(x, y, d):
    a, b = windows(x, d), windows(y, d)
    a, b = a - a.mean(-1, keepdims=True), b - b.mean(-1, keepdims=True)
    return pd.DataFrame((a * b).sum(-1) / np.sqrt((a * a).sum(-1) * (b * b).sum(-1)))


def place(best):
    """Place of the last of the best values, from 1 for the oldest."""
    return lambda window: np.flatnonzero(window == best(window))[-1] + 1


@pytest.fixture(scope="module")
def market(shared_data):
    return real_fields(shared_data, names=40, sessions=200)


@pytest.fixture(scope="module")
def computed(market):
    definitions = [*family("alpha158"), *family("alpha360")]
    values = Evaluator(market[0]).values([d.tree for d in definitions])
    return {d.key: value.copy() for d, value in zip(definitions, values, strict=True)}


def test_all_158_equal_pandas_on_real_prices(market, computed):
    expected = reference(market[0])
    assert {f"alpha158.{name}" for name in expected} == {d.key for d in family("alpha158")}
    for name, theirs in expected.items():
        ours = computed[f"alpha158.{name}"]
        assert (np.isnan(ours) == np.isnan(theirs)).all(), name
        loose = 2e-4 if name.startswith(("cor", "rsqr")) else 2e-5
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=loose, err_msg=name)


def test_all_360_are_past_fields_over_today_s(market, computed):
    fields = market[0]
    for definition in family("alpha360"):
        field, ago = definition.name.rstrip("0123456789"), int(definition.name.lstrip("abcdefghijklmnopqrstuvwxyz"))
        past = pd.DataFrame(fields[field].astype(float)).shift(ago).to_numpy()
        today = fields["volume" if field == "volume" else "close"]
        np.testing.assert_allclose(computed[definition.key], past / today, rtol=1e-6, err_msg=definition.key)


def test_names_and_order_are_qlib_s():
    assert [d.name for d in family("alpha158")][:16] == [
        "kmid", "klen", "kmid2", "kup", "kup2", "klow", "klow2", "ksft", "ksft2", "open0", "high0", "low0", "vwap0",
        "roc5", "roc10", "roc20",
    ]  # fmt: skip
    assert [d.name for d in family("alpha360")][::60] == ["close59", "open59", "high59", "low59", "vwap59", "volume59"]


def test_of_equal_highs_the_last_counts():
    fields = {"high": np.array([[5], [9], [9], [7], [6]], np.float32)}
    # the second 9 stands at place 3 of 5
    assert Evaluator(fields).value(LIBRARY["alpha158.imax5"].tree)[-1, 0] == pytest.approx(0.6)
