"""Formulas as they stand on WorldQuant's pages and in its users' alphas, against pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lode.engine import Evaluator
from lode.language import parse

SHAPE = (70, 24)


def market():
    """Noise with holes, a column that never moves, a day with a single name and one with none."""
    rng = np.random.default_rng(11)
    fields = {"close": 50 + rng.normal(0, 5, SHAPE), "volume": rng.lognormal(3, 1, SHAPE)}
    fields |= {"eps": rng.normal(2, 1, SHAPE), "returns": rng.normal(0, 0.02, SHAPE)}
    for values in fields.values():
        values[rng.random(SHAPE) < 0.03] = np.nan
        values[40], values[:, 3], values[50] = np.nan, 7.0, np.nan
    sector = np.broadcast_to(rng.integers(-1, 4, SHAPE[1]), SHAPE)
    return {name: values.astype(np.float32) for name, values in fields.items()}, np.ascontiguousarray(sector, np.int32)


FIELDS, SECTOR = market()
close, volume, eps, returns = (pd.DataFrame(values, dtype=float) for values in FIELDS.values())
sector = pd.DataFrame(SECTOR)


def rank(x):
    return (x.rank(axis=1) - 1).div((x.notna().sum(axis=1) - 1).clip(lower=0), axis=0).fillna(0.5).where(x.notna())


def by_group(x, groups, function):
    rows = [row.groupby(groups.loc[day].where(groups.loc[day] >= 0)).transform(function) for day, row in x.iterrows()]
    return pd.DataFrame(rows).where(x.notna() & (groups >= 0))


def cut(x, *edges):
    labels = np.searchsorted(np.float32(edges), x.to_numpy().astype(np.float32), side="left")
    return pd.DataFrame(np.where(x >= np.float32(edges[-1]), len(edges), labels)).where(x.notna(), -1)


def sides(x, longs, shorts):
    long, short = x.clip(lower=0), x.clip(upper=0)
    parts = (
        long.div(long.sum(axis=1), axis=0).fillna(0) * longs - short.div(short.sum(axis=1), axis=0).fillna(0) * shorts
    )
    return parts.where(x.notna())


TENTHS = tuple(i / 10 for i in range(11))
PUBLISHED = {
    'group_neutralize(returns, bucket(rank(volume), range="0.1,1,0.1"))': lambda: (
        returns - by_group(returns.where(volume.notna()), cut(rank(volume), *TENTHS[1:]), "mean")
    ),
    'group_rank(eps/close, bucket(rank(volume), buckets ="0.2,0.5,0.7", skipBoth=True, NANGroup=True))': None,
    "group_mean(returns, group_cartesian_product(sector, bucket(rank(close), buckets='0.5')))": lambda: by_group(
        returns, (sector * 10 + cut(rank(close), 0.5)).where((sector >= 0) & close.notna(), -1), "mean"
    ),
    "1 / group_mean(eps/close, 1, sector)": lambda: 1 / by_group(eps / close, sector, "mean"),
    "Rank(close, rate=0)": lambda: rank(close),
    "scale(returns, scale=4)": lambda: 4 * returns.div(returns.abs().sum(axis=1), axis=0),
    "scale (returns, scale= 1) + scale (close, scale=20)": lambda: (
        returns.div(returns.abs().sum(axis=1), axis=0) + 20 * close.div(close.abs().sum(axis=1), axis=0)
    ),
    "scale(returns, longscale=4, shortscale=3)": lambda: sides(returns, 4, 3),
    "normalize(returns, useStd = true, limit = 0.5)": lambda: (
        returns.sub(returns.mean(axis=1), axis=0).div(returns.std(axis=1), axis=0).clip(-0.5, 0.5)
    ),
    "ts_decay_linear(returns, 5, dense = false)": lambda: (
        returns.fillna(0).rolling(5).apply(lambda w: np.average(w, weights=range(1, 6)), raw=True)
    ),
    "ts_scale(close, 6, constant = 1)": lambda: (
        1 + (close - close.rolling(6).min()) / (close.rolling(6).max() - close.rolling(6).min())
    ),
    'ts_backfill(close,lookback = 5, k=1, ignore="NAN")': lambda: close.ffill(limit=4),
    "add(close, eps, filter = true)": lambda: close.fillna(0) + eps.fillna(0),
    "multiply(close, eps, volume, filter=true)": lambda: close.fillna(1) * eps.fillna(1) * volume.fillna(1),
    "inst_tvr(returns, 5)": lambda: returns.diff().abs().rolling(5).sum() / returns.abs().rolling(5).sum(),
    "scale_down(close, constant=1)": lambda: (
        close.sub(close.min(axis=1), axis=0).div(close.max(axis=1) - close.min(axis=1), axis=0) - 1
    ),
    "ts_mean(close, 71)": lambda: close * np.nan,
    "ts_co_skewness(close, volume, 1000)": lambda: close * np.nan,
    "Trade_When (volume >= ts_sum(volume,5)/5, rank(-returns), abs(returns) > 0.03)": None,
}


@pytest.mark.parametrize("text", [text for text, want in PUBLISHED.items() if want])
def test_equals_pandas(text):
    found, want = Evaluator(FIELDS, {"sector": SECTOR}).value(parse(text)), PUBLISHED[text]()
    want = want.replace([np.inf, -np.inf], np.nan).to_numpy(float)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(want))
    np.testing.assert_allclose(found, want, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("text", PUBLISHED)
@pytest.mark.parametrize("names", [0, 1, 24])
def test_one_name_and_none(text, names):
    fields = {name: np.ascontiguousarray(values[:, :names]) for name, values in FIELDS.items()}
    found = Evaluator(fields, {"sector": np.ascontiguousarray(SECTOR[:, :names])}).value(parse(text))
    assert found.shape == (70, names)
    assert not np.isinf(found).any()


def test_ten_kilobytes_and_two_hundred_deep():
    deep = "close"
    for _ in range(200):
        deep = f'group_rank(close, bucket({deep}, buckets="0.5"))'
    wide = " + ".join(['group_mean(close, bucket(rank(volume), range="0, 1, 0.1"))'] * 170)
    for text in (deep, wide):
        expr = parse(text)
        assert parse(str(expr)) == expr
        assert np.isfinite(Evaluator(FIELDS).value(expr)).any()
