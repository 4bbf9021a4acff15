from __future__ import annotations

import numpy as np
import pytest

from lode.evidence.likeness import Sample, daily_rank_correlation, likeness_matrix


@pytest.fixture
def values() -> np.ndarray:
    return np.random.default_rng(0).standard_normal((60, 30)).astype(np.float32)


def test_a_factor_its_negative_and_a_monotone_transform_are_told(values):
    found = likeness_matrix([Sample.of(values), Sample.of(-values), Sample.of(np.exp(values))])
    assert found == pytest.approx(np.array([[1, -1, 1], [-1, 1, -1], [1, -1, 1]]), abs=1e-5)


def test_factors_of_other_names_are_compared_over_the_names_that_both_have(values):
    half = values.copy()
    half[:, :15] = np.nan
    other = np.random.default_rng(1).standard_normal(values.shape).astype(np.float32)
    found = likeness_matrix([Sample.of(half), Sample.of(values + other)])
    assert found[0, 1] == pytest.approx(daily_rank_correlation(half, values + other), abs=1e-6)
    assert found[0, 1] == found[1, 0]


def test_factors_without_a_common_name_have_no_likeness(values):
    left, right = values.copy(), values.copy()
    left[:, :15], right[:, 15:] = np.nan, np.nan
    found = likeness_matrix([Sample.of(left), Sample.of(right)])
    assert np.isnan(found[0, 1])
    assert likeness_matrix([]).shape == (0, 0)
