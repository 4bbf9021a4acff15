"""Prices that were adjusted before they came: only what does not depend on their level can be proven."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lode.evaluation.ranks import average_ranks, row_correlation, series_mean
from lode.evidence.leaks.outcome import LeakCheck
from lode.panel import Panel

Values = NDArray[np.float32]

PRICE_FIELDS = ("open", "high", "low", "close", "vwap", "raw_close", "dollar_volume")
_SAME_RANKS = 1 - 1e-4
_MOST_POWER = 3


def check_rescale(
    evaluate: Callable[[Panel], Values], panel: Panel, values: Values, *, rng: np.random.Generator
) -> LeakCheck:
    """Evaluate anew with each name's prices multiplied by a random power of two, from 1/8 to 8, the same on every day.

    A power of two changes no bit of a ratio; a logarithm rounds differently, so values count as unmoved as well when
    the same ones are missing and their mean daily rank correlation with the first is above .9999. Otherwise the factor
    uses the level of adjusted prices, in which later splits and dividends are contained: not checkable.
    """
    powers = rng.integers(-_MOST_POWER, _MOST_POWER, len(panel.names), endpoint=True)
    scale = np.exp2(powers).astype(np.float32)
    fields = {name: field * scale if name in PRICE_FIELDS else field for name, field in panel.fields.items()}
    again = evaluate(replace(panel, fields=fields))
    if _unmoved(values, again):
        return LeakCheck("rescale", "passed", "values do not depend on the level of prices")
    return LeakCheck(
        "rescale", "not checkable", "these prices were adjusted before they came, and the values depend on their level"
    )


def _unmoved(values: Values, again: Values) -> bool:
    if np.array_equal(values, again, equal_nan=True):
        return True
    if not np.array_equal(np.isnan(values), np.isnan(again)):
        return False
    return series_mean(row_correlation(average_ranks(values), average_ranks(again))) > _SAME_RANKS
