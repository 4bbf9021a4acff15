import numpy as np

from lode.evaluation.page.pictures import below_height, rolling_mean, summed

NAN = np.nan


def test_sums_start_with_the_first_return():
    np.testing.assert_allclose(summed(np.array([NAN, 0.1, NAN, -0.3])), [NAN, 0.1, 0.1, -0.2])


def test_rolling_mean_by_hand():
    got = rolling_mean(np.array([NAN, 1, 3, NAN, 5, 8]), 4)
    np.testing.assert_allclose(got, [NAN, NAN, 2, 2, 3, 16 / 3])


def test_depth_counts_from_the_start():
    np.testing.assert_allclose(below_height(np.array([NAN, -0.1, 0.3, -0.05])), [NAN, -0.1, 0, -0.05], atol=1e-12)
    assert below_height(np.empty(0)).size == 0
