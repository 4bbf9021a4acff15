import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from lode.errors import DataError
from lode.evidence.corrections import benjamini_hochberg, benjamini_yekutieli, bonferroni, holm

METHODS = {"bonferroni": bonferroni, "holm": holm, "fdr_bh": benjamini_hochberg, "fdr_by": benjamini_yekutieli}
# Harvey, Liu and Zhu (2016): ten t-ratios, and the p-values as rounded there
T_RATIOS = [1.99, 2.63, 2.21, 3.43, 2.17, 2.64, 4.56, 5.34, 2.75, 2.49]
ROUNDED_P = [0.0466, 0.0085, 0.0271, 0.0005, 0.03, 0.0084, 0, 0, 0.006, 0.0128]
probabilities = st.lists(st.floats(0, 1), max_size=30)


@given(probabilities, st.sampled_from(sorted(METHODS)))
def test_agrees_with_statsmodels(p, method):
    got = METHODS[method](p)
    if p:
        np.testing.assert_allclose(got, multipletests(p, method=method)[1], atol=1e-14)
    assert got.shape == (len(p),)


@given(probabilities, st.sampled_from(sorted(METHODS)))
def test_adjusted_values_keep_the_order_and_are_never_below_p(p, method):
    got = METHODS[method](p)
    order = np.argsort(p, kind="stable")
    assert (np.diff(got[order]) >= 0).all()
    assert (got >= np.asarray(p) - 1e-15).all()
    assert (got <= 1).all()


@given(probabilities, st.randoms(use_true_random=False), st.sampled_from(sorted(METHODS)))
def test_order_of_the_tests_does_not_matter(p, random, method):
    places = list(range(len(p)))
    random.shuffle(places)
    shuffled = METHODS[method]([p[i] for i in places])
    np.testing.assert_array_equal(shuffled, METHODS[method](p)[places] if p else [])


def test_harvey_liu_zhu_example():
    p = 2 * stats.norm.sf(T_RATIOS)
    assert (bonferroni(p) <= 0.05).sum() == 3
    assert (holm(ROUNDED_P) <= 0.05).sum() == 4  # .0084 just misses .05 / 6, which the exact .00829 would pass
    assert (benjamini_yekutieli(p) <= 0.05).sum() == 6


def test_bonferroni_over_316_tests_asks_t_above_3_78():
    assert bonferroni(np.full(316, 2 * stats.norm.sf(3.79)))[0] <= 0.05
    assert bonferroni(np.full(316, 2 * stats.norm.sf(3.77)))[0] > 0.05


@pytest.mark.parametrize("method", METHODS.values())
def test_test_that_could_not_be_made_counts_as_one(method):
    np.testing.assert_array_equal(method([0.001, np.nan, 0.2]), method([0.001, 1, 0.2]))


@pytest.mark.parametrize("bad", [[-0.1], [1.1], [np.inf]])
def test_what_is_no_probability_is_refused(bad):
    with pytest.raises(DataError):
        holm(bad)


@given(probabilities)
def test_what_one_correction_finds_a_laxer_one_finds_too(p):
    assert (holm(p) <= bonferroni(p)).all()
    assert (benjamini_hochberg(p) <= holm(p) + 1e-12).all()  # Holm's discoveries are among Benjamini-Hochberg's
    assert (benjamini_hochberg(p) <= benjamini_yekutieli(p)).all()
