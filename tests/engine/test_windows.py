import numpy as np
import pytest

from lode.engine import Evaluator
from lode.engine.windows import Windows, chunks, finite, over_windows
from lode.language import parse


def panel(*names):
    return np.array(names, np.float32).T.copy()


def test_a_lag_before_the_panel_is_missing():
    window = Windows(panel([1, 2, 3, 4]), slice(1, 3), 3)
    np.testing.assert_array_equal(window.lag(0).ravel(), [2, 3])
    np.testing.assert_array_equal(window.lag(1).ravel(), [1, 2])
    np.testing.assert_array_equal(window.lag(2).ravel(), [np.nan, 1])
    np.testing.assert_array_equal(window.lag(9).ravel(), [np.nan, np.nan])


def test_the_mean_is_of_full_windows():
    window = Windows(panel([1, 2, 6, np.nan, 1]), slice(0, 5), 2)
    np.testing.assert_array_equal(window.mean().ravel(), [np.nan, 1.5, 4, np.nan, np.nan])


def test_chunks_cover_every_session_once():
    for shape in ((0, 5), (5, 0), (7, 1 << 15), (3, 1 << 20)):
        rows = [row for part in chunks(np.empty(shape, np.float32)) for row in range(part.start, part.stop)]
        assert rows == list(range(shape[0]))


def test_what_float32_cannot_hold_is_missing():
    found = finite(np.array([1.0, np.inf, -1e300, np.nan, 3.4e38]))
    np.testing.assert_array_equal(found, [1.0, np.nan, np.nan, np.nan, 3.4e38])


def test_the_order_of_a_sum_does_not_depend_on_the_rows(monkeypatch):
    x = np.random.default_rng(0).normal(0, 1e3, (50, 7)).astype(np.float32)
    whole, parts = np.empty_like(x), np.empty_like(x)
    over_windows(lambda w: w.mean(), [x], 9, whole)
    for cells in (1, 3, 7, 20):
        monkeypatch.setattr("lode.engine.windows._CELLS_AT_ONCE", cells)
        over_windows(lambda w: w.mean(), [x], 9, parts)
        np.testing.assert_array_equal(whole.view(np.uint32), parts.view(np.uint32))


@pytest.mark.parametrize(
    "text", ["ts_entropy(x, 9)", "ts_poly_regression(x, y, 9, k=3)", "ts_partial_corr(x, y, z, 9)"]
)
def test_neither_do_operators_that_hold_their_windows(text, monkeypatch):
    fields = {name: np.random.default_rng(ord(name)).normal(0, 9, (40, 7)).astype(np.float32) for name in "xyz"}
    whole = Evaluator(fields).value(parse(text))
    for held in (1, 60, 700):
        monkeypatch.setattr("lode.engine.windows._HELD_AT_ONCE", held)
        np.testing.assert_array_equal(Evaluator(fields).value(parse(text)).view(np.uint32), whole.view(np.uint32))
