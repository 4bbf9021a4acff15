"""A Bayesian linear model: what weights may be, given rows and what they were worth."""

from __future__ import annotations

from random import Random

import numpy as np
from numpy.typing import NDArray

_DIGITS = 6
"""Digits of a prediction that count: what sums of another order make of the last ones shall not decide."""


class LinearModel:
    """Weights of mean zero and standard deviation `spread` beforehand, worth with a noise of standard deviation 1.

    rows: (observations, features). worth: (observations,), in units of its noise; its mean is set aside.
    """

    def __init__(self, rows: NDArray[np.float64], worth: NDArray[np.float64], *, spread: float) -> None:
        precision = rows.T @ rows + np.eye(rows.shape[1]) / spread**2
        self._root = np.linalg.cholesky(precision)
        self._centre = float(worth.mean())
        self.mean = np.linalg.solve(precision, rows.T @ (worth - self._centre))

    def draws(self, rows: NDArray[np.float64], rng: Random, count: int) -> NDArray[np.float64]:
        """What rows may be worth, (count, rows): each line is what one draw of the weights says (Thompson 1933).

        The weights are normal with the inverse of the precision as covariance, so that w = mean + L⁻ᵀz for standard
        normal z and precision LLᵀ.
        """
        noise = np.array([[rng.gauss() for _ in range(count)] for _ in self.mean])
        weights = self.mean[:, None] + np.linalg.solve(self._root.T, noise)
        return np.round((rows @ weights).T + self._centre, _DIGITS)
