import pytest

from lode.errors import UsageError
from lode.evaluation.pool import METHODS, check_method, fit_pool, require_method
from tests.evaluation.pool.conftest import make_forward, make_training, make_values


def test_the_methods_by_name():
    assert list(METHODS) == ["ridge", "nonnegative", "rank_average", "lightgbm"]
    for method in ("ridge", "nonnegative", "rank_average"):
        require_method(method)


@pytest.mark.parametrize("method", ["", "Ridge", "ols", None])
def test_an_unknown_method_is_answered_with_those_that_are_known(method):
    with pytest.raises(UsageError, match="allowed are ridge, nonnegative, rank_average, lightgbm"):
        check_method(method)


def test_an_unknown_member_is_named():
    values = make_values(2)
    training = make_training(values, make_forward(values, {"m0": 1.0}))
    with pytest.raises(UsageError, match="m7: no such member; the pool has m0, m1"):
        fit_pool(training, "ridge", ["m0", "m7"])
