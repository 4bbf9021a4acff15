"""Worked by hand; `test_kernels.py` compares with a second implementation, `test_blocks.py` bit by bit with blocks."""

import numpy as np
import pytest

from lode.engine import Evaluator
from lode.language import parse

COLUMNS = {
    "x": [0, 0, 1, 3],  # mean 1, deviations -1 -1 0 2, variance 1.5
    "y": [2, 0, 1, 1],  # mean 1, deviations 1 -1 0 0, variance 0.5
    "z": [1, 1, 1, 5],  # mean 2, deviations -1 -1 -1 3, variance 3
    "flat": [7, 7, 7, 7],
}


def last(text, **columns):
    fields = {name: np.array(values, np.float32)[:, None] for name, values in (columns or COLUMNS).items()}
    return Evaluator(fields).value(parse(text))[-1, 0]


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("ts_co_skewness(y, x, 4)", (1 * 1 + -1 * 1 + 0 + 0) / 4 / (0.5**0.5 * 1.5)),
        ("ts_co_skewness(z, x, 4)", (-1 - 1 + 0 + 12) / 4 / (3**0.5 * 1.5)),
        ("ts_co_kurtosis(z, x, 4)", (1 + 1 + 0 + 24) / 4 / (3**0.5 * 1.5**1.5)),
        ("ts_triple_corr(x, x, x, 4)", (-1 - 1 + 8) / 4 / 1.5**1.5),
        ("ts_triple_corr(x, y, z, 4)", (1 * 1 + -1 * 1 + 0 + 0) / 4 / (1.5 * 0.5 * 3) ** 0.5),
        ("ts_theilsen(y, x, 4)", 0.0),  # slopes 0, -1, -3, 1, 3; one pair of equal y left out
        ("ts_theilsen(x, y, 3)", 1 / 3),  # the last three: slopes 1, 1/3, 0
        ("ts_entropy(x, 4, buckets=3)", -(0.5 * np.log(0.5) + 2 * 0.25 * np.log(0.25))),  # 0 0 | 1 | 3
        ("ts_entropy(flat, 4)", 0.0),
        ("ts_poly_regression(y, z, 4, k=1)", 0.0),  # the line through (1, 1) and (5, 1)
        ("ts_rank_gmean_amean_diff(x, z, 4)", 0.0),  # both ranks are 1
        ("ts_rank_gmean_amean_diff(x, y, 4)", 0.5**0.5 - 0.75),
    ],
)
def test_worked_by_hand(text, want):
    assert last(text) == pytest.approx(want, abs=1e-7)


@pytest.mark.parametrize("name", ["ts_co_skewness", "ts_co_kurtosis", "ts_theilsen"])
def test_of_a_flat_window_nothing_is_known(name):
    assert np.isnan(last(f"{name}(x, flat, 4)")) == (name != "ts_theilsen")
    assert np.isnan(last(f"{name}(flat, x, 4)"))


def test_the_partial_correlation_is_that_of_what_a_line_leaves():
    rng = np.random.default_rng(0)
    x, y, z = rng.normal(size=(3, 30))
    left = [v - np.polyval(np.polyfit(z, v, 1), z) for v in (x, y)]
    found = last("ts_partial_corr(x, y, z, 30)", x=x, y=y, z=z)
    assert found == pytest.approx(np.corrcoef(*left)[0, 1], abs=1e-6)
    assert np.isnan(last("ts_partial_corr(x, y, z, 30)", x=2 * z + 1, y=y, z=z)) or abs(found) <= 1
    assert np.isnan(last("ts_partial_corr(x, y, z, 4)", x=[1, 2, 3, 4], y=[1, 0, 0, 1], z=[2, 4, 6, 8]))


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_a_polynomial_leaves_what_polyfit_leaves(k):
    rng = np.random.default_rng(k)
    x, y = rng.normal(50, 9, size=(2, 25))
    want = y[-1] - np.polynomial.Polynomial.fit(x, y, k)(x[-1])
    assert last(f"ts_poly_regression(y, x, 25, k={k})", x=x, y=y) == pytest.approx(want, rel=1e-3, abs=1e-4)
    curve = np.polynomial.Polynomial(rng.normal(size=k + 1))(np.arange(25.0))
    assert last(f"ts_poly_regression(y, x, 25, k={k})", x=np.arange(25), y=curve) == pytest.approx(
        0, abs=1e-6 * np.abs(curve).max()
    )


def test_a_polynomial_needs_more_values_than_its_power():
    assert np.isnan(last("ts_poly_regression(y, x, 4, k=3)"))
    assert np.isfinite(last("ts_poly_regression(y, x, 4, k=2)"))


def test_more_inputs_have_the_root_of_their_number():
    fields = {name: np.array([values], np.float32) for name, values in COLUMNS.items()}
    found = Evaluator(fields).value(parse("rank_gmean_amean_diff(x, y, z)"))[0]
    ranks = np.array([[0.5 / 3, 0.5 / 3, 2 / 3, 1], [1, 0, 0.5, 0.5], [1 / 3, 1 / 3, 1 / 3, 1]])
    np.testing.assert_allclose(found, ranks.prod(0) ** (1 / 3) - ranks.mean(0), atol=1e-6)
