import numpy as np

from lode.evaluation.simulation import long_only, long_short

NAN = np.nan
QUANTILES = np.array([[0, 1, 2, 2, -1], [0, 0, 1, 1, -1]], dtype=np.int16)
QUOTED = np.array([[True] * 5, [True] * 4 + [False]])


def test_long_only_by_hand():
    got = long_only(QUANTILES, 3, quoted=QUOTED)
    np.testing.assert_array_equal(got, np.array([[0, 0, 0.5, 0.5, 0], [0, 0, 0, 0, NAN]], np.float32))


def test_long_short_by_hand():
    got = long_short(QUANTILES, 3, quoted=QUOTED)
    np.testing.assert_array_equal(got, np.array([[-0.5, 0, 0.25, 0.25, 0], [0, 0, 0, 0, NAN]], np.float32))


def test_capitalisation_weighs_within_a_quantile():
    sizes = np.array([[7, 1, 3, 1, 9], [1, 1, NAN, 1, 1]], np.float32)
    got = long_short(QUANTILES, 3, sizes, quoted=QUOTED)
    np.testing.assert_allclose(got[0], [-0.5, 0, 0.375, 0.125, 0])
    np.testing.assert_allclose(long_short(QUANTILES, 2, sizes, quoted=QUOTED)[1, :4], [-0.25, -0.25, 0, 0.5])
