import numpy as np
import pytest

from lode.evaluation.exposure import exposure_of
from lode.evaluation.ranks import row_correlation, series_mean


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def noise(rng):
    return rng.standard_normal((60, 50)).astype(np.float32)


SECTOR = np.tile(np.arange(50, dtype=np.int32) % 5, (60, 1))


def test_style_itself_is_wholly_explained(rng):
    style = noise(rng)
    for factor in (style, -2 * style, np.exp(style)):
        found = exposure_of(factor, {"style": style, "other": noise(rng)})
        assert abs(found.by_style["style"]) == pytest.approx(1)
        assert np.isnan(found.left).all()


def test_unrelated_factor_is_left_as_it_is(rng):
    factor = noise(rng)
    found = exposure_of(factor, {"style": noise(rng)}, SECTOR)
    assert abs(found.by_style["style"]) < 0.05
    assert found.by_style["sector"] == pytest.approx(4 / 49, abs=0.03)  # what five groups explain by chance
    assert series_mean(row_correlation(factor, found.left)) > 0.85


def test_what_is_left_is_orthogonal_to_styles_and_sectors(rng):
    style, own = noise(rng), noise(rng)
    factor = (style + own + SECTOR).astype(np.float32)
    factor[rng.random(factor.shape) < 0.1] = np.nan
    found = exposure_of(factor, {"style": style}, SECTOR)
    assert found.by_style["style"] > 0.3
    assert found.by_style["sector"] > 0.4
    again = exposure_of(found.left, {"style": style}, SECTOR).by_style
    assert again["style"] == pytest.approx(0, abs=0.03)
    assert again["sector"] == pytest.approx(0, abs=0.02)
    assert series_mean(row_correlation(own, found.left)) > 0.8


def test_sector_factor_is_wholly_explained():
    found = exposure_of(SECTOR.astype(np.float32), {}, SECTOR)
    assert found.by_style["sector"] == pytest.approx(1)
    assert np.isnan(found.left).all()


def test_names_without_a_style_or_a_sector_stay(rng):
    style, sector = noise(rng), SECTOR.copy()
    style[:, :10], sector[:, 40:] = np.nan, -1
    left = exposure_of(noise(rng), {"style": style}, sector).left
    assert np.isfinite(left).all()


@pytest.mark.parametrize("factor", [np.full((60, 50), np.nan), np.ones((60, 50))])
def test_degenerate_factor_has_no_exposure(factor, rng):
    found = exposure_of(factor.astype(np.float32), {"style": noise(rng)}, SECTOR)
    assert all(np.isnan(value) for value in found.by_style.values())
    assert np.isnan(found.left).all()
