import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lode.errors import UsageError
from lode.evaluation.neutralisation import neutralizations, neutralized

NAN = np.nan


def rows(*values):
    return np.array(values, dtype=np.float32)


SECTOR = np.array([[0, 0, 1, 1, -1]], dtype=np.int32)
VALUES = rows([1, 3, 10, NAN, 6])


def test_market_by_hand():
    np.testing.assert_allclose(neutralized(VALUES, ("market",), {}, None), [[-4, -2, 5, NAN, 1]])


def test_sector_by_hand():
    np.testing.assert_allclose(neutralized(VALUES, ("sector",), {}, SECTOR), [[-1, 1, 0, NAN, 0]], atol=1e-6)


def test_style_by_hand():
    size = rows([1, 2, 3, 9, NAN])  # the last name counts as one of the mean size, 3.75
    got = neutralized(VALUES, ("size",), {"size": size}, None)[0]
    x, y = np.array([1, 2, 3, 3.75]), np.array([1, 3, 10, 6])
    slope, constant = np.polyfit(x, y, 1)
    np.testing.assert_allclose(got[[0, 1, 2, 4]], y - constant - slope * x, rtol=1e-5)
    assert np.isnan(got[3])


def test_none_is_the_values_themselves():
    assert neutralized(VALUES, (), {}, None) is VALUES


@given(st.integers(0, 10_000), st.sampled_from([("sector", "size"), ("size", "beta"), ("sector", "size", "beta")]))
def test_nothing_of_what_was_taken_out_is_left(seed, out):
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((3, 40)).astype(np.float32)
    values[rng.random(values.shape) < 0.1] = NAN
    styles = {name: rng.standard_normal((3, 40)).astype(np.float32) for name in ("size", "beta")}
    sector = rng.integers(-1, 4, (3, 40)).astype(np.int32)
    left = neutralized(values, out, styles, sector)
    np.testing.assert_array_equal(np.isfinite(left), np.isfinite(values))
    for row in range(3):
        known = np.isfinite(left[row])
        for name in {"size", "beta"} & set(out):
            assert abs(left[row, known] @ styles[name][row, known]) < 1e-3
        for code in np.unique(sector[row, known]) if "sector" in out else ():
            assert abs(left[row, known & (sector[row] == code)].mean()) < 1e-4


@pytest.mark.parametrize("out", ["market", "sector", "size"])
def test_what_is_explained_entirely_has_no_values(out):
    values = np.full((2, 8), 7, np.float32) if out != "size" else np.tile(np.arange(8, dtype=np.float32), (2, 1))
    got = neutralized(values, (out,), {"size": 3 * values}, np.zeros((2, 8), np.int32))
    assert np.isnan(got).all()
    assert np.isnan(
        neutralized(
            np.full((2, 8), NAN, np.float32), (out,), {"size": values}, SECTOR[:, :1] + 0 * np.ones((2, 8), np.int32)
        )
    ).all()


def test_what_is_asked_for_is_read():
    assert neutralizations("none") == ()
    assert neutralizations("size,sector") == ("sector", "size")
    for wrong in ("", "industry", "none,size", "size,"):
        with pytest.raises(UsageError, match="allowed are none, market, sector, size, beta"):
            neutralizations(wrong)


@pytest.mark.parametrize("out", ["sector", "size", "beta"])
def test_panel_without_it_is_a_usage_error(out):
    with pytest.raises(UsageError, match=f"neutralize {out}: this panel has no"):
        neutralized(VALUES, (out,), {}, None)
