from datetime import UTC, datetime

import numpy as np
import pytest

from lode.panel import Panel, PanelMeta

DAYS = np.arange("2015-01-01", "2030-01-01", dtype="datetime64[D]")


def make_panel(close, *, groups=None, adjusted=False, knowledge="recorded", **fields):
    """Panel of a close, (sessions, names), with holes where it is NaN, and of further fields."""
    close = np.ascontiguousarray(close, dtype=np.float32)
    every = {"close": close, **{name: np.ascontiguousarray(f, dtype=np.float32) for name, f in fields.items()}}
    groups = groups or {}
    meta = PanelMeta(
        source="test",
        universe="test",
        exchange="XNYS",
        as_of=datetime(2030, 1, 1, tzinfo=UTC),
        adjusted=adjusted,
        knowledge=dict.fromkeys([*every, *groups], knowledge),
    )
    return Panel(
        sessions=DAYS[: len(close)],
        names=tuple(f"N{i:03}" for i in range(close.shape[1])),
        fields=every,
        groups=groups,
        tradable=np.isfinite(close),
        label_price=close.astype(np.float64),
        meta=meta,
    )


@pytest.fixture
def market():
    """300 sessions × 40 names of independent walks with a few missing cells, a volume and a sector."""
    rng = np.random.default_rng(0)
    close = 50 * np.exp(np.cumsum(0.02 * rng.standard_normal((300, 40)), axis=0))
    close[rng.random(close.shape) < 0.02] = np.nan
    sector = np.tile(np.arange(40, dtype=np.int32) % 4, (300, 1))
    return make_panel(close, volume=rng.lognormal(10, 1, close.shape), groups={"sector": sector})
