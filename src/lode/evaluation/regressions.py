"""Cross-sectional regressions, one per session, and what their slopes say together (Fama-MacBeth)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lode.evaluation.newey_west import NeweyWest, newey_west_t
from lode.evaluation.ranks import centred, row_blocks

Matrix = NDArray[np.float64]

_MIN_NAMES = 10
_DEPENDENT = 1e-10


def fama_macbeth(
    values: NDArray[np.floating],
    forward: NDArray[np.floating],
    *,
    controls: Sequence[NDArray[np.floating]] = (),
    horizon: int = 1,
    lags: int | None = None,
    min_names: int = _MIN_NAMES,
) -> NeweyWest:
    """Test the mean slope of forward returns on values, one regression with a constant per session.

    Fama and MacBeth (1973), with Newey-West's standard error of the slopes; with `lags=0` it is the paper's own, of
    slopes that are independent, but for its factor n / (n - 1). The slope is return per unit of value, for values as
    they are, beside those of `controls`, each (sessions, names). NaN where undefined; sessions in which the values do
    not vary are left out, and cells without one of the controls.
    """
    slopes, _ = daily_ols(forward, [values, *controls], min_names=min_names)
    return newey_west_t(slopes[:, 0], lags, horizon)


def daily_ols(
    explained: NDArray[np.floating], regressors: Sequence[NDArray[np.floating]], *, min_names: int = _MIN_NAMES
) -> tuple[Matrix, Matrix]:
    """Least squares with a constant in each session, over the names that have everything.

    explained and each regressor: (sessions, names). Returns slopes (sessions, regressors) and residuals (sessions,
    names). Slopes of a session with fewer than max(min_names, regressors + 2) names are NaN, as is that of a regressor
    which does not vary there; among regressors that depend on each other the shortest solution counts. Residuals are
    NaN where anything is missing.
    """
    slopes, residuals = np.full((len(explained), len(regressors)), np.nan), np.full(explained.shape, np.nan)
    for block in row_blocks(explained.shape):
        slopes[block], residuals[block] = _block_ols(explained[block], [r[block] for r in regressors], min_names)
    return slopes, residuals


def _block_ols(
    explained: NDArray[np.floating], regressors: Sequence[NDArray[np.floating]], min_names: int
) -> tuple[Matrix, Matrix]:
    used = np.isfinite(explained)
    for regressor in regressors:
        used &= np.isfinite(regressor)
    used &= (used.sum(axis=1) >= max(min_names, len(regressors) + 2))[:, None]
    y, x = centred(explained, used), np.stack([centred(r, used) for r in regressors], axis=1)
    length = np.sqrt(np.einsum("tkn,tkn->tk", x, x))
    scale = np.divide(1.0, length, out=np.zeros_like(length), where=length > 0)
    gram = (x @ x.transpose(0, 2, 1)) * scale[:, :, None] * scale[:, None, :]
    moment = np.einsum("tkn,tn->tk", x, y) * scale
    slopes = np.einsum("tkj,tj->tk", np.linalg.pinv(gram, rcond=_DEPENDENT, hermitian=True), moment) * scale
    residuals = np.where(used, y - np.einsum("tk,tkn->tn", slopes, x), np.nan)
    return np.where(length > 0, slopes, np.nan), residuals
