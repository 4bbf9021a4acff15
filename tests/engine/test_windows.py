import numpy as np

from lode.engine.windows import Windows, chunks, finite, over_windows


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
    monkeypatch.setattr("lode.engine.windows._CELLS_AT_ONCE", 7)
    over_windows(lambda w: w.mean(), [x], 9, parts)
    np.testing.assert_array_equal(whole.view(np.uint32), parts.view(np.uint32))
