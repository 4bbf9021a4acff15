"""Control variates: what a look misses of a candidate, as far as candidates that were scored exactly tell.

A candidate's looked-at daily rank ICs are a mixture of those of others, since few ideas make many candidates. For the
others the exact daily rank ICs are known as well; the same mixture of what the look missed of them is what it missed
of the candidate. The mixture is over the leading principal components of the looked-at series (Lavenberg and Welch
1981 for the method; components instead of single candidates, since these are nearly collinear).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from lode.engine.arrays import Floats
    from lode.engine.scoring import Scores

MOST_KNOWN = 400
FIT_AT = (80, 160, MOST_KNOWN)
_KNOWN_A_COMPONENT = 5
_MOST_EXPLAINED = 0.98


class ControlVariates:
    """Learns from candidates that were looked at and scored exactly; corrects the looks of others."""

    def __init__(self) -> None:
        self._known = 0
        self._looked: list[Scores] = []
        self._exact: list[Scores] = []
        self._components: Floats | None = None
        self._missed: Floats | None = None

    @property
    def fitted(self) -> bool:
        """Whether anything is corrected yet."""
        return self._components is not None

    @property
    def full(self) -> bool:
        """Whether nothing more is learned."""
        return self._known >= MOST_KNOWN

    def learn(self, looked: Scores, exact: Scores) -> None:
        """Take in a candidate's looked-at and exact series, (sessions,), NaN where undefined."""
        if self.full:
            return
        self._looked.append(np.nan_to_num(looked))
        self._exact.append(np.nan_to_num(exact))
        self._known += 1
        if self._known in FIT_AT:
            self._fit()

    def corrected(self, looked: Scores) -> tuple[Scores, float]:
        """The series with what was missed put in, and the share of its noise that is left."""
        if self._components is None or self._missed is None:
            return looked, 1.0
        filled = np.nan_to_num(looked).astype(np.float32)
        weights = self._components @ filled
        total = float(filled @ filled)
        explained = float(weights @ weights) / total if total > 0 else 0.0
        freedom = len(filled) / max(len(filled) - len(weights), 1)
        left = max((1 - explained) * freedom, 1 - _MOST_EXPLAINED)
        return looked + weights @ self._missed, min(left, 1.0)

    def _fit(self) -> None:
        """Components, (components, sessions) of unit length, and what the look missed of each."""
        looked, exact = np.array(self._looked), np.array(self._exact)
        count = min(len(looked) // _KNOWN_A_COMPONENT, looked.shape[1] // _KNOWN_A_COMPONENT)
        sizes, mixtures = np.linalg.eigh(looked @ looked.T)
        kept = [i for i in reversed(range(len(sizes))) if sizes[i] > 1e-9 * sizes[-1]][:count]
        if kept:
            mixing = mixtures[:, kept].T / np.sqrt(sizes[kept])[:, None]
            self._components = (mixing @ looked).astype(np.float32)  # half as much to read for each candidate
            self._missed = (mixing @ (exact - looked)).astype(np.float32)
        if self.full:
            self._looked, self._exact = [], []
