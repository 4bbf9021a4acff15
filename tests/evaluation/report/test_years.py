import math

import numpy as np
import pytest

from lode.evaluation.report.years import by_year


def test_years_by_hand():
    days = np.array(["2019-12-30", "2019-12-31", "2020-01-02", "2020-01-03", "2020-01-06"], "datetime64[D]")
    nan = np.nan
    returns = np.array([nan, nan, 0.01, -0.02, 0.03])
    first, second = by_year(days, np.array([0.1, 0.3, nan, 0.2, 0.0]), returns, returns - 0.01, np.abs(returns) * 10)
    assert (first.year, first.sessions, first.rank_ic) == (2019, 2, pytest.approx(0.2))
    assert math.isnan(first.total)
    assert (second.rank_ic, second.total, second.drawdown) == pytest.approx((0.1, 0.02, 0.02))
    assert second.sharpe == pytest.approx(returns[2:].mean() / returns[2:].std(ddof=1) * math.sqrt(252))
    assert second.turnover == pytest.approx(0.2)
    assert by_year(days[:0], *([returns[:0]] * 4)) == ()
