import math

import numpy as np
import pytest
import statsmodels.api as sm

from lode.evaluation.market_factors import factor_regression


def test_regression_is_that_of_statsmodels():
    rng = np.random.default_rng(0)
    factors = {name: 0.01 * rng.standard_normal(500) for name in ("mom", "mkt_rf", "rf", "smb")}
    returns = 0.0005 + 0.3 * factors["mkt_rf"] - 0.2 * factors["mom"] + 0.005 * rng.standard_normal(500)
    returns[:10], factors["smb"][20:25] = np.nan, np.nan
    found = factor_regression(returns, factors)
    assert list(found.betas) == ["mkt_rf", "smb", "mom"]  # the riskless rate explains nothing
    x = np.column_stack([factors[name] for name in found.betas])
    known = np.isfinite(returns) & np.isfinite(x).all(axis=1)
    lags = math.floor(4 * (known.sum() / 100) ** (2 / 9))
    expected = sm.OLS(returns[known], sm.add_constant(x[known])).fit(cov_type="HAC", cov_kwds={"maxlags": lags})
    assert [found.alpha, *found.betas.values()] == pytest.approx(expected.params)
    assert [found.t, *found.beta_t.values()] == pytest.approx(expected.tvalues)
    assert (found.r_squared, found.n) == (pytest.approx(expected.rsquared), 485)
    assert found.interval[0] < found.alpha < found.interval[1]


def test_without_factors_there_is_no_regression():
    assert factor_regression(np.ones(50), {}) is None
    assert factor_regression(np.ones(50), {"rf": np.ones(50), "smb": np.full(50, np.nan)}) is None


def test_constant_book_has_no_t():
    found = factor_regression(np.zeros(50), {"smb": np.random.default_rng(0).standard_normal(50)})
    assert math.isnan(found.t)
