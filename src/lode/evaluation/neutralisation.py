"""Take the market, sectors, size or beta out of a factor's values, session by session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lode.errors import UsageError
from lode.evaluation.exposure import less_group_means
from lode.evaluation.ranks import row_mean
from lode.evaluation.regressions import daily_ols

Floats = NDArray[np.float32]
Codes = NDArray[np.int32]

NEUTRALIZATIONS = ("none", "market", "sector", "size", "beta")
_STYLES = ("size", "beta")
_LEFT = 1e-5


def neutralizations(asked: str) -> tuple[str, ...]:
    """Read "sector" or "sector,size": what to take out, in the order of NEUTRALIZATIONS; () for "none".

    >>> neutralizations("beta, sector")
    ('sector', 'beta')
    """
    given = {part.strip() for part in asked.split(",")}
    unknown = sorted(given - set(NEUTRALIZATIONS))
    if unknown or ("none" in given and len(given) > 1):
        allowed = ", ".join(NEUTRALIZATIONS)
        raise UsageError(f"neutralize {asked!r}: allowed are {allowed}, or several of them with commas: sector,size")
    return tuple(name for name in NEUTRALIZATIONS[1:] if name in given)


def neutralized(
    values: Floats, out: Sequence[str], styles: Mapping[str, Floats], sector: Codes | None, *, min_names: int = 3
) -> Floats:
    """Values less what is asked for, (sessions, names) float32; NaN where missing.

    out: of NEUTRALIZATIONS. "market": less the session's mean; "sector": less the mean of the sector, names without one
    making one more; "size", "beta": the residual of a regression, with a constant, of each session's values on those
    of the style, in which a name without the style counts as average. Several are taken out together. A session of
    which all but rounding is explained has no values; UsageError where the panel has no such style or sector.
    """
    _check_there(out, styles, sector)
    if not out:
        return values
    given = np.where(np.isfinite(values), values, np.nan).astype(np.float64)
    known = np.isfinite(given)
    controls = [np.where(known, np.nan_to_num(s - row_mean(s)[:, None]), np.nan) for s in _chosen(out, styles)]
    arrays: list[NDArray[np.floating]] = [given, *controls]
    if "sector" in out and sector is not None:
        arrays = less_group_means(arrays, known, sector)
    left, *controls = (array - row_mean(array)[:, None] for array in arrays)
    if controls:
        left = daily_ols(left, controls, min_names=min_names)[1]
    return _without_rounding(left, given)


def _check_there(out: Sequence[str], styles: Mapping[str, Floats], sector: Codes | None) -> None:
    there = {*styles} | ({"sector"} if sector is not None else set())
    for name in out:
        if name != "market" and name not in there:
            needed = {"size": "volume or market_cap", "beta": "close", "sector": "sectors"}[name]
            allowed = ", ".join(each for each in NEUTRALIZATIONS if each in {"none", "market", *there})
            raise UsageError(f"neutralize {name}: this panel has no {needed}; allowed here are {allowed}")


def _chosen(out: Sequence[str], styles: Mapping[str, Floats]) -> list[Floats]:
    return [styles[name] for name in _STYLES if name in out]


def _without_rounding(left: NDArray[np.floating], given: NDArray[np.floating]) -> Floats:
    """Residuals; a session whose residuals are rounding of its values has none."""
    size, whole = (np.nanmax(np.abs(np.nan_to_num(a)), axis=1, initial=0) for a in (left, given))
    return np.where((size > _LEFT * whole)[:, None], left, np.nan).astype(np.float32)
