"""Ranks of each session's names: exact whatever the number of names and wherever the values lie."""

import numpy as np
import pytest
from scipy.stats import rankdata

from lode.engine import Scorer, core

SIZES = (1, 2, 3, 8, 31, 32, 33, 64, 127, 128, 129, 500, 512, 513, 1000, 2049, 3000, 8200)
"""Around the widths of vectors and the powers of two that keys are padded to."""
RNG = np.random.default_rng(5)


def draws(kind: str, shape: tuple[int, int]) -> np.ndarray:
    """Values that are hard to tell apart by a few of their bits, or easy."""
    normal = RNG.standard_normal(shape)
    values = {
        "normal": lambda: normal,
        "wide": lambda: np.sign(normal) * np.exp(40 * RNG.standard_normal(shape)),
        "signs": lambda: np.sign(np.round(normal)),
        "whole": lambda: RNG.integers(-9, 9, shape),
        "near one another": lambda: 1e6 + RNG.integers(0, 300, shape) / 16,
        "two clusters": lambda: np.sign(normal) + 1e-6 * np.round(20 * normal),
        "halves at the ends": lambda: np.clip(normal, -0.3, 0.3),
        "inverses": lambda: 1 / (1 + RNG.integers(0, 59, shape)),
        "tiny": lambda: 1e-40 * np.round(normal * 50),
        "equal": lambda: np.full(shape, 2.5),
    }[kind]()
    return np.clip(values, -3e38, 3e38).astype(np.float32)


KINDS = (
    *("normal", "wide", "signs", "whole", "near one another", "two clusters", "halves at the ends", "inverses"),
    *("tiny", "equal"),
)


def expected(row: np.ndarray) -> np.ndarray:
    """(average rank - 1) / (n - 1) among the known names; 0.5 where there is one."""
    ranks, known = np.full(row.shape, np.nan), np.isfinite(row)
    n = int(known.sum())
    ranks[known] = (rankdata(row[known]) - 1) / (n - 1) if n > 1 else 0.5
    return ranks


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("names", SIZES)
def test_ranks_are_exact(names, kind):
    values = draws(kind, (3, names))
    values[1, RNG.random(names) < 0.3] = np.nan
    values[2, RNG.random(names) < 0.97] = np.nan
    out = np.empty_like(values)
    core.rank(values, out)
    np.testing.assert_allclose(out, [expected(row) for row in values], rtol=0, atol=2e-7)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("names", [5, 12, 40, 500, 1025])
def test_rank_ics_of_hard_values_are_exact(names, kind):
    values, forward = draws(kind, (12, names)), draws("whole", (12, names))
    forward[::3] = draws("normal", (4, names))
    values[4:8, RNG.random(names) < 0.2] = np.nan
    forward[6:10, RNG.random(names) < 0.2] = np.nan
    scores = Scorer(forward, rows=slice(None), min_names=4).rank_ic(values)
    for row, returns, score in zip(values, forward, scores, strict=True):
        both = np.isfinite(row) & np.isfinite(returns)
        ranks = [rankdata(each[both]) for each in (row, returns)]
        flat = both.sum() < 4 or any(np.ptp(each) == 0 for each in ranks)
        assert np.isnan(score) if flat else score == pytest.approx(np.corrcoef(*ranks)[0, 1], abs=1e-12)


def test_a_name_s_rank_does_not_depend_on_its_column():
    values = draws("two clusters", (2, 700))
    order = RNG.permutation(700)
    plain, moved = np.empty_like(values), np.empty_like(values)
    core.rank(values, plain)
    core.rank(np.ascontiguousarray(values[:, order]), moved)
    assert (plain[:, order] == moved).all()
