import math

import pytest
from scipy.stats import binomtest

from lode.errors import UsageError
from lode.evidence.calibration import NullCheck, Rate, binomial_interval


@pytest.mark.parametrize(("hits", "trials"), [(0, 20), (1, 50), (10, 200), (20, 20)])
def test_intervals_are_those_of_clopper_and_pearson(hits, trials):
    theirs = binomtest(hits, trials).proportion_ci(method="exact")
    assert binomial_interval(hits, trials) == pytest.approx((theirs.low, theirs.high))


def test_a_rate_of_nothing_is_refused():
    with pytest.raises(UsageError, match="1 of 0"):
        binomial_interval(1, 0)
    assert Rate(1, 4).rate == 0.25


def test_a_factor_without_content_may_be_significant_once_in_twenty():
    assert NullCheck.of([0.5] * 19 + [-2.5, math.nan]).passed
    assert not NullCheck.of([0.5] * 10 + [2.5] * 10).passed
    nothing = NullCheck.of([math.nan])
    assert nothing.passed is None
    assert nothing.to_dict()["median_abs_t"] is None
