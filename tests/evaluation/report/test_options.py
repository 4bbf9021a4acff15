import pytest

from lode.errors import UsageError
from lode.evaluation import SheetOptions


def test_horizon_that_is_asked_for_is_shown_with_the_others():
    assert SheetOptions().horizons == (1, 2, 5, 10, 20, 60)
    assert SheetOptions(horizon=3).horizons == (1, 2, 3, 5, 10, 20, 60)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"horizon": 0}, "horizon 0"),
        ({"delay": 6}, "delay 6: allowed is 0 to 5"),
        ({"cost_bps": float("nan")}, "cost_bps nan"),
        ({"min_names": 2}, "min_names 2"),
        ({"quantiles": 1}, "quantiles 1: allowed is 2 to 1000"),
        ({"weighting": "rank"}, "allowed are equal, cap"),
        ({"neutralize": "country"}, "neutralize 'country'"),
        ({"fill": "noon"}, "allowed are close, open"),
        ({"fill": "open", "delay": 0}, "take delay 1"),
        ({"decay": -1}, "decay -1"),
        ({"truncation": 2.0}, "truncation 2"),
        ({"lag": 1}, r"unknown options \['lag'\]; known are \['horizon'"),
    ],
)
def test_what_cannot_be_asked_is_a_usage_error(wrong, told):
    with pytest.raises(UsageError, match=told):
        SheetOptions.from_dict(wrong)
