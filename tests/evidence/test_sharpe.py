import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lode.errors import UsageError
from lode.evaluation.portfolio import sharpe_ratio
from lode.evidence.sharpe import (
    SharpeEstimate,
    annual_sharpe_ratio,
    annualisation_factor,
    deflated_sharpe_ratio,
    expected_maximum_sharpe,
    minimum_track_record,
    probabilistic_sharpe_ratio,
)

DAYS = 250  # as Bailey and López de Prado count a year


@pytest.mark.parametrize(("trials", "expected"), [(10, 1.575), (100, 2.531), (1000, 3.255)])
def test_expected_maximum(trials, expected):
    assert expected_maximum_sharpe(trials) == pytest.approx(expected, abs=5e-4)


@pytest.mark.parametrize(
    ("trials", "skew", "kurtosis", "expected"), [(100, -3, 10, 0.9004), (46, -3, 10, 0.9505), (88, 0, 3, 0.9505)]
)
def test_deflated_sharpe_ratio_of_bailey_and_lopez_de_prado(trials, skew, kurtosis, expected):
    got = deflated_sharpe_ratio(
        2.5 / math.sqrt(DAYS), 1250, trials=trials, variance=0.5 / DAYS, skew=skew, kurtosis=kurtosis
    )
    assert got == pytest.approx(expected, abs=1e-4)
    assert expected_maximum_sharpe(100, 0.5 / DAYS) == pytest.approx(0.1132, abs=5e-5)


@pytest.mark.parametrize(("skew", "kurtosis", "expected"), [(0, 3, 0.982), (-2.448, 10.164, 0.913)])
def test_probabilistic_sharpe_ratio(skew, kurtosis, expected):
    assert probabilistic_sharpe_ratio(0.458, 24, skew=skew, kurtosis=kurtosis) == pytest.approx(expected, abs=5e-4)


@pytest.mark.parametrize(
    ("skew", "kurtosis", "periods", "years"), [(0, 3, 252, 2.73), (0, 3, 52, 2.83), (-0.72, 5.78, 12, 4.99)]
)
def test_minimum_track_record(skew, kurtosis, periods, years):
    sharpe, benchmark = 2 / math.sqrt(periods), 1 / math.sqrt(periods)
    got = minimum_track_record(sharpe, benchmark, skew=skew, kurtosis=kurtosis) / periods
    assert got == pytest.approx(years, abs=0.01)


@pytest.mark.parametrize(("rho", "eta"), [(0, 3.46), (0.2, 2.88), (-0.2, 4.17)])
def test_annualisation_of_lo(rho, eta):
    assert annualisation_factor(12, rho) == pytest.approx(eta, abs=0.005)
    assert annualisation_factor(12, [rho**k for k in range(1, 12)]) == pytest.approx(annualisation_factor(12, rho))


def test_undefined_ratios_are_nan_and_impossible_ones_refused():
    assert math.isnan(probabilistic_sharpe_ratio(1.0, 1))
    assert math.isnan(probabilistic_sharpe_ratio(math.nan, 100))
    assert math.isnan(annualisation_factor(2, [-1.0]))
    assert minimum_track_record(0.1, 0.2) == math.inf
    assert math.isnan(minimum_track_record(math.nan))
    assert expected_maximum_sharpe(1) == 0
    for call in (
        lambda: expected_maximum_sharpe(0),
        lambda: minimum_track_record(1, level=1),
        lambda: annualisation_factor(0),
    ):
        with pytest.raises(UsageError):
            call()


@given(st.floats(0.001, 0.3), st.floats(0.5, 0.999, exclude_min=True))
def test_track_record_is_where_psr_reaches_the_level(sharpe, level):
    observations = math.ceil(minimum_track_record(sharpe, level=level))
    if 2 <= observations < 1e12:
        assert probabilistic_sharpe_ratio(sharpe, observations) >= level - 1e-9


@given(st.floats(1, 1e6), st.floats(1, 1e6))
def test_more_trials_deflate_more(few, more):
    few, more = sorted((few, more))
    assert expected_maximum_sharpe(more) >= expected_maximum_sharpe(few) - 1e-9


def test_estimate_of_returns_is_what_scipy_says():
    returns = np.random.default_rng(0).gamma(2, 0.01, 500) - 0.015
    got = SharpeEstimate.of(np.append(returns, np.nan))
    assert got.sharpe == pytest.approx(sharpe_ratio(returns) / math.sqrt(252))
    assert got.observations == 500
    assert got.skew == pytest.approx(stats.skew(returns))
    assert got.kurtosis == pytest.approx(stats.kurtosis(returns, fisher=False))


def test_estimate_has_the_published_probabilities():
    days = SharpeEstimate(2.5 / math.sqrt(DAYS), 1250, -3, 10)
    assert days.deflated(trials=100, variance=0.5 / DAYS) == pytest.approx(0.9004, abs=1e-4)
    assert SharpeEstimate(0.458, 24, -2.448, 10.164).probabilistic() == pytest.approx(0.913, abs=5e-4)
    months = SharpeEstimate(2 / math.sqrt(12), 60, -0.72, 5.78)
    assert months.track_record(1 / math.sqrt(12)) / 12 == pytest.approx(4.99, abs=0.01)


def test_variance_of_the_estimate_is_what_psr_assumes():
    rng = np.random.default_rng(1)
    draws = stats.skewnorm(5).rvs((4000, 250), random_state=rng)
    draws = 0.2 + (draws - draws.mean()) / draws.std()
    p = [SharpeEstimate.of(row).probabilistic(0.2) for row in draws]
    assert np.mean(np.array(p) > 0.95) == pytest.approx(0.05, abs=0.015)


@pytest.mark.parametrize("persistence", [0.0, 0.2, -0.2])
def test_annual_ratio_is_that_of_sums_over_a_year(persistence):
    rng = np.random.default_rng(2)
    returns = np.empty(400_000)
    returns[0], shocks = 0, rng.standard_normal(400_000)
    for t in range(1, len(returns)):
        returns[t] = persistence * returns[t - 1] + shocks[t]
    returns += 0.1
    years = returns[: 12 * 33_333].reshape(-1, 12).sum(axis=1)
    expected = years.mean() / years.std()
    assert annual_sharpe_ratio(returns, 12) == pytest.approx(expected, rel=0.03)
    assert annual_sharpe_ratio(returns, 12, lags=0) == pytest.approx(SharpeEstimate.of(returns).sharpe * math.sqrt(12))


@pytest.mark.parametrize("returns", [np.zeros(50), np.full(50, 0.1), np.full(50, np.nan), np.ones(1), np.zeros(0)])
def test_returns_that_do_not_vary_have_no_ratio(returns):
    got = SharpeEstimate.of(returns)
    assert math.isnan(got.sharpe)
    assert math.isnan(got.probabilistic())
    assert math.isnan(got.deflated(trials=10, variance=0.1))
    assert math.isnan(got.track_record())
    assert math.isnan(annual_sharpe_ratio(returns))
