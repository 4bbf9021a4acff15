import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lode.evidence.behaviour import STRETCHES, behaviour_of, read, spanning_t, written


@given(arrays(np.float64, st.integers(0, 600), elements=st.floats(-1, 1) | st.just(np.nan)))
def test_stretches_are_equal_and_hold_every_session(series):
    got = behaviour_of(series)
    count = min(STRETCHES, len(series))
    assert got.shape == (count,)
    parts = [series[i * len(series) // count : (i + 1) * len(series) // count] for i in range(count)]
    means = [np.nanmean(part) if np.isfinite(part).any() else np.nan for part in parts]
    np.testing.assert_allclose(got, means, rtol=1e-3, atol=1e-7)


@given(arrays(np.float64, st.integers(0, 300), elements=st.floats(-1, 1) | st.just(np.nan)))
def test_what_is_written_is_read(series):
    behaviour = behaviour_of(series)
    np.testing.assert_array_equal(read(written(behaviour)), behaviour)


def test_t_of_the_stretches_is_that_of_the_days():
    series = np.random.default_rng(0).normal(0.02, 0.14, 1512)
    short = behaviour_of(series)
    days, stretches = (x.mean() / x.std(ddof=1) * np.sqrt(len(x)) for x in (series, short))
    assert stretches == pytest.approx(days, rel=0.2)


def test_spanning_t_is_that_of_ordinary_least_squares():
    sm = pytest.importorskip("statsmodels.api")
    x, y, z = np.random.default_rng(6).standard_normal((3, STRETCHES))
    expected = sm.OLS(x, sm.add_constant(np.column_stack([y, z]))).fit().tvalues[0]
    assert spanning_t([x], [y, z])[0] == pytest.approx(expected, rel=1e-5)
    assert spanning_t([x], [])[0] == pytest.approx(x.mean() / x.std(ddof=1) * math.sqrt(128))
