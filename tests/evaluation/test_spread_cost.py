import numpy as np

from lode.evaluation.spread_cost import spread_traded


def test_what_is_traded_by_hand():
    quantiles = np.array([[0, 0, 1, 1], [0, 1, 0, 1], [0, 1, 0, 1], [1, 1, 0, 0], [-1, -1, -1, -1]], np.int16)
    # weights ∓½; a name that changes sides trades one
    np.testing.assert_allclose(spread_traded(quantiles, 2), [2, 2, 0, 2, 2])
    np.testing.assert_allclose(spread_traded(quantiles, 2, horizon=2), [2, 2, 2, 2, 2])
    np.testing.assert_allclose(spread_traded(quantiles, 2, horizon=9), [2, 2, 2, 2, 0])


def test_capitalisation_by_hand():
    quantiles, sizes = np.array([[0, 0, 1, 1]] * 2, np.int16), np.array([[1, 1, 1, 3], [1, 3, 1, np.nan]], np.float32)
    # bottom from ½, ½ to ¼, ¾; top from ¼, ¾ to 1, 0
    np.testing.assert_allclose(spread_traded(quantiles, 2, sizes=sizes), [2, 2])
