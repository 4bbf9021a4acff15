from random import Random

import numpy as np
import pytest

from lode.search.bayes import LinearModel


def observed(count=300):
    rng = np.random.default_rng(1)
    rows = rng.standard_normal((count, 3))
    return rows, rows @ [1.0, -2.0, 0.0] + 5.0 + rng.standard_normal(count)


def test_the_mean_is_the_ridge_estimate():
    rows, worth = observed()
    model = LinearModel(rows, worth, spread=0.5)
    ridge = np.linalg.solve(rows.T @ rows + 4 * np.eye(3), rows.T @ (worth - worth.mean()))
    assert model.mean == pytest.approx(ridge)
    assert model.mean == pytest.approx([1.0, -2.0, 0.0], abs=0.2)


def test_draws_have_the_posterior_mean_and_spread():
    rows, worth = observed(30)
    model = LinearModel(rows, worth, spread=0.5)
    draws = model.draws(np.eye(3), Random(1), 4000)
    covariance = np.linalg.inv(rows.T @ rows + 4 * np.eye(3))
    assert draws.shape == (4000, 3)
    assert draws.mean(axis=0) == pytest.approx(model.mean + worth.mean(), abs=0.02)
    assert np.cov(draws.T) == pytest.approx(covariance, abs=0.005)


def test_the_same_generator_draws_the_same():
    model = LinearModel(*observed(), spread=0.5)
    assert np.array_equal(model.draws(np.eye(3), Random(2), 5), model.draws(np.eye(3), Random(2), 5))
