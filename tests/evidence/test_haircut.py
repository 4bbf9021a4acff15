import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lode.errors import UsageError
from lode.evidence.corrections import benjamini_hochberg, benjamini_yekutieli, bonferroni, holm
from lode.evidence.haircut import haircut_sharpe

# Harvey, Liu and Zhu (2016): ten t-ratios
T_RATIOS = np.array([1.99, 2.63, 2.21, 3.43, 2.17, 2.64, 4.56, 5.34, 2.75, 2.49])


def test_example_of_harvey_and_liu():
    # a yearly ratio of .75 over 20 years is .32 among 200 independent tests: a haircut of some 60 %
    daily, sessions = 0.75 / math.sqrt(252), 20 * 252

    def sidak(p):
        return 1 - (1 - p) ** 200

    got = haircut_sharpe(daily, sessions, correction=sidak)
    assert got.p[0] == pytest.approx(0.0008, abs=5e-5)
    assert got.adjusted_p[0] == pytest.approx(0.15, abs=0.005)
    assert got.sharpe[0] * math.sqrt(252) == pytest.approx(0.32, abs=0.005)
    assert got.share[0] == pytest.approx(0.6, abs=0.05)
    assert haircut_sharpe(daily, sessions, correction=bonferroni, trials=200).sharpe[0] < got.sharpe[0]


def test_ratios_of_harvey_liu_and_zhu_that_survive():
    n = 1_000_000  # their p-values are normal
    for correction, kept in ((bonferroni, 3), (benjamini_yekutieli, 6)):
        got = haircut_sharpe(T_RATIOS / math.sqrt(n), n, correction=correction)
        assert (got.adjusted_p <= 0.05).sum() == kept
        assert (got.sharpe * math.sqrt(n) > 1.96).sum() == kept


ratios = st.lists(st.floats(-0.5, 0.5), min_size=1, max_size=20)


@given(ratios, st.integers(2, 5000))
def test_haircuts_never_add_and_keep_the_sign(sharpes, observations):
    for correction in (bonferroni, holm, benjamini_hochberg, benjamini_yekutieli):
        got = haircut_sharpe(sharpes, observations, correction=correction)
        assert (np.abs(got.sharpe) <= np.abs(sharpes) * (1 + 1e-9)).all()
        assert (got.sharpe * np.sign(sharpes) >= 0).all()
        assert not (got.share < -1e-9).any()


@given(st.floats(0.01, 0.3), st.integers(1, 500), st.integers(1, 500))
def test_more_trials_cut_more(sharpe, first, second):
    few, many = (haircut_sharpe(sharpe, 250, trials=n).sharpe[0] for n in sorted((first, second)))
    assert many <= few + 1e-12


def test_one_trial_is_not_cut_and_an_overwhelming_one_stays_finite():
    got = haircut_sharpe([0.2], 250)
    assert (got.sharpe[0], got.share[0]) == pytest.approx((0.2, 0))
    huge = haircut_sharpe([5.0, -5.0], 100_000)
    np.testing.assert_allclose(huge.sharpe, [5, -5])


def test_undefined_ratios_stay_in_the_family():
    got = haircut_sharpe([0.2, np.nan, 0.0], 250)
    assert got.adjusted_p[0] == haircut_sharpe([0.2], 250, trials=3).adjusted_p[0]
    assert math.isnan(got.sharpe[1])
    assert math.isnan(got.share[1])
    assert got.sharpe[2] == 0
    assert math.isnan(got.share[2])


def test_wrong_calls_are_usage_errors():
    for call in (
        lambda: haircut_sharpe([0.1], 1),
        lambda: haircut_sharpe([0.1, 0.2], 100, trials=1),
        lambda: haircut_sharpe([math.inf], 100),
    ):
        with pytest.raises(UsageError):
            call()
