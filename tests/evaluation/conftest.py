import numpy as np
import pytest

from lode.evaluation import SheetOptions
from tests.evidence.conftest import make_panel

OPTIONS = SheetOptions(horizon=1, delay=1, cost_bps=10.0, min_names=10)


@pytest.fixture
def options():
    return OPTIONS


@pytest.fixture
def reversal_market():
    """400 sessions × 60 names in which three tenths of each day's own return come back two days later."""
    rng = np.random.default_rng(7)
    shocks = 0.02 * rng.standard_normal((400, 60))
    returns = shocks.copy()
    returns[2:] -= 0.3 * shocks[:-2]
    close = 40 * np.exp(np.cumsum(returns, axis=0))
    close[rng.random(close.shape) < 0.02] = np.nan
    sector = np.tile(np.arange(60, dtype=np.int32) % 5, (400, 1))
    return make_panel(close, volume=rng.lognormal(10, 1, close.shape), groups={"sector": sector})
