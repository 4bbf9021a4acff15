"""Transcendental functions against NumPy's in double: to two units in the last place, special cases, scalar tails."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from lode.engine import core
from lode.engine.arrays import Floats

LARGEST = float(np.finfo(np.float32).max)
FUNCTIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "log": np.log,
    "exp": np.exp,
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
}


def spread(rng: np.random.Generator, cells: int) -> Floats:
    """Both signs, every magnitude that a float has, denormals included."""
    return np.ldexp(rng.uniform(-1, 1, (1, cells)), rng.integers(-148, 128, (1, cells))).astype(np.float32)


def close(found: Floats, exact: np.ndarray, ulps: float = 2) -> None:
    with np.errstate(over="ignore", invalid="ignore"):
        wanted = np.where(np.abs(exact) <= LARGEST, exact, np.nan).astype(np.float32)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(wanted))
    known = ~np.isnan(wanted)
    limit = ulps * np.spacing(np.abs(wanted[known])).astype(float)
    assert (np.abs(found[known].astype(float) - exact[known]) <= limit).all()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_within_two_units_in_the_last_place(name: str) -> None:
    rng = np.random.default_rng(0)
    x = np.concatenate([spread(rng, 20_000), rng.normal(0, 20, (1, 20_000)).astype(np.float32)], axis=1)
    x = np.abs(x) if name == "log" else x
    x = x[:, x[0] != 0] if name == "log" else x
    out = np.empty_like(x)
    getattr(core, name)(x, out)
    with np.errstate(over="ignore"):
        close(out, FUNCTIONS[name](x.astype(float)))


def test_log_is_exact_where_it_is_zero_and_close_beside_it() -> None:
    x = (1 + np.arange(-64, 65, dtype=np.float32) * 2.0**-23).reshape(1, -1).astype(np.float32)
    out = np.empty_like(x)
    core.log(x, out)
    assert out[0, 64] == 0
    close(out, np.log(x.astype(float)))


@pytest.mark.parametrize("exponent", [None, 0.3, -2.5, 4.0, 7.0, 0.0])
def test_powers_equal_the_c_librarys(exponent: float | None) -> None:
    rng = np.random.default_rng(1)
    x = np.concatenate([spread(rng, 10_000), rng.normal(0, 3, (1, 10_000)).astype(np.float32)], axis=1)
    x[0, :3] = 0, -0.0, 1
    y = np.round(rng.normal(0, 4, x.shape), 1).astype(np.float32) if exponent is None else np.float32(exponent)
    out = np.empty_like(x)
    core.power(x, y if exponent is None else exponent, out)
    with np.errstate(all="ignore"):
        close(out, np.power(x.astype(float), np.asarray(y, float)))


def test_whole_powers_of_whole_numbers_are_exact() -> None:
    x, y = (each.astype(np.float32) for each in np.meshgrid(np.arange(-12, 13), np.arange(0, 6)))
    out = np.empty_like(x)
    core.power(np.ascontiguousarray(x), np.ascontiguousarray(y), out)
    np.testing.assert_array_equal(out, np.power(x.astype(float), y.astype(float)))


def test_signed_powers_keep_the_sign_and_zero() -> None:
    x = np.array([[-4, -0.5, 0, 0.5, 4, np.nan]], np.float32)
    out = np.empty_like(x)
    core.signed_power(x, 1.5, out)
    np.testing.assert_allclose(out, np.sign(x) * np.abs(x) ** 1.5, rtol=1e-6)


@pytest.mark.parametrize("name", ["log", "exp", "tanh", "sigmoid", "s_log_1p"])
def test_a_lone_cell_gets_the_bits_that_it_gets_among_others(name: str) -> None:
    x = spread(np.random.default_rng(2), 101)
    together, alone, cell = np.empty_like(x), np.empty_like(x), np.empty((1, 1), np.float32)
    kernel = getattr(core, name)
    kernel(x, together)
    for i in range(x.shape[1]):
        kernel(x[:, i : i + 1].copy(), cell)
        alone[0, i] = cell[0, 0]
    np.testing.assert_array_equal(together.view(np.uint32), alone.view(np.uint32))


def test_a_lone_power_gets_the_bits_that_it_gets_among_others() -> None:
    rng = np.random.default_rng(3)
    x, y = np.abs(rng.normal(0, 3, (2, 1, 101))).astype(np.float32)
    together, cell = np.empty_like(x), np.empty((1, 1), np.float32)
    core.power(x, y, together)
    for i in range(x.shape[1]):
        core.power(x[:, i : i + 1].copy(), y[:, i : i + 1].copy(), cell)
        assert cell[0, 0].tobytes() == together[0, i].tobytes()
