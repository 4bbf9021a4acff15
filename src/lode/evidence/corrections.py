"""Corrections for testing many: adjusted p-values, each to be compared with the level itself.

All take p-values, (tests,), of any order and return as many, in the same order; a NaN counts as 1: what could not be
tested is not found, and it stays in the family. Bonferroni and Holm bound the chance of any false discovery,
Benjamini-Hochberg and Benjamini-Yekutieli the expected share of false ones among what is found; Holm and
Benjamini-Yekutieli hold whatever the tests' dependence.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lode.errors import DataError

Probabilities = NDArray[np.float64]


def bonferroni(p: ArrayLike) -> Probabilities:
    """Bonferroni (1936): min(1, m p)."""
    known = checked_probabilities(p)
    return np.minimum(1.0, known * known.size)


def holm(p: ArrayLike) -> Probabilities:
    """Holm (1979): max over j ≤ i of (m - j + 1) p_(j), at most 1."""
    known = checked_probabilities(p)
    order = np.argsort(known, kind="stable")
    stepped = known[order] * np.arange(known.size, 0, -1)
    return _restored(np.maximum.accumulate(stepped), order)


def benjamini_hochberg(p: ArrayLike) -> Probabilities:
    """Benjamini and Hochberg (1995): q = min over j ≥ i of m/j p_(j), at most 1."""
    return _step_up(checked_probabilities(p), 1.0)


def benjamini_yekutieli(p: ArrayLike) -> Probabilities:
    """Benjamini and Yekutieli (2001): Benjamini-Hochberg times 1 + 1/2 + … + 1/m, at most 1.

    It is what Harvey, Liu and Zhu (2016) call BHY.
    """
    known = checked_probabilities(p)
    return _step_up(known, float(np.sum(1 / np.arange(1, known.size + 1))))


def _step_up(known: Probabilities, factor: float) -> Probabilities:
    order = np.argsort(known, kind="stable")
    stepped = known[order] * known.size * factor / np.arange(1, known.size + 1)
    return _restored(np.minimum.accumulate(stepped[::-1])[::-1], order)


def _restored(ordered: Probabilities, order: NDArray[np.intp]) -> Probabilities:
    """Adjusted values in the order in which the p-values came, at most 1."""
    adjusted = np.empty_like(ordered)
    adjusted[order] = np.minimum(1.0, ordered)
    return adjusted


def checked_probabilities(p: ArrayLike) -> Probabilities:
    """Return p-values as a vector, 1 for NaN; DataError where one is no probability."""
    given = np.atleast_1d(np.asarray(p, dtype=np.float64)).ravel()
    known = np.where(np.isnan(given), 1.0, given)
    if known.size and (known.min() < 0 or known.max() > 1):
        raise DataError(f"p-values from {known.min():g} to {known.max():g}: allowed are 0 to 1, or NaN for no test")
    return known
