"""How much a small expression may be expected to say that others do not.

Operators come in families that order names much alike (a linear decay and a mean, a z-score and a rank in time): the
sweep visits one of a family often and the others now and then, and leaves it to breeding to find the best relative.
Levels (the mean, maximum or delay of a price, of a volume) order names as the field itself does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod

from lode.language import Call, Expr, Unit, unit
from lode.search.idea import positive
from lode.search.tree import series_nodes

_LEVEL = 0.05
_MIXED = 0.4
_OTHER = 0.5
_LEAST = 0.01
_WEIGHTS = {
    "ts_mean": 1.0,
    "ts_max": 0.6,
    "ts_min": 0.5,
    "ts_decay_linear": 0.5,
    "ts_delay": 0.6,
    "ts_product": 0.1,
    "ts_delta": 1.0,
    "ts_zscore": 0.8,
    "ts_rank": 0.7,
    "ts_av_diff": 0.5,
    "ts_scale": 0.5,
    "ts_arg_max": 0.6,
    "ts_arg_min": 0.5,
    "ts_std_dev": 1.0,
    "ts_corr": 1.0,
    "ts_covariance": 0.7,
    "divide": 1.0,
    "multiply": 0.8,
    "subtract": 0.6,
    "greater": 0.4,
    "min": 0.3,
    "max": 0.3,
    "add": 0.3,
    "abs": 1.0,
    "sign": 0.4,
    "log": 0.4,
    "sqrt": 0.2,
    "inverse": 0.1,
    "power": 0.1,
    "signed_power": 0.1,
    "rank": 1.0,
    "zscore": 0.4,
    "normalize": 0.3,
    "scale": 0.2,
    "winsorize": 0.1,
    "group_neutralize": 1.0,
    "group_mean": 1.0,
    "group_rank": 0.7,
    "group_zscore": 0.6,
}
_MIXES = frozenset({"divide", "multiply"})
_TAME_DIVISORS = frozenset({"subtract"})


def promise(operators: Iterable[str]) -> float:
    """In (0, 1]: how often the sweep visits expressions of these operators, relative to the most promising."""
    return max(prod(_WEIGHTS.get(name, _OTHER) for name in operators), _LEAST)


def novelty(expr: Expr, units: Mapping[str, Unit]) -> float:
    """In (0, 1]: the share of visits that are worth their while; low for a level, lower for what mixes units."""
    if not isinstance(expr, Call) or unit(expr, units).dimensionless:
        return 1.0
    if positive(expr, units):
        return _LEVEL
    return _MIXED if expr.op in _MIXES else 1.0


def tame(expr: Expr, units: Mapping[str, Unit]) -> bool:
    """Whether nothing in `expr` is divided by what may be next to nothing, a range (`high - low`) excepted."""
    divisors = [
        node.args[-1] for _, node in series_nodes(expr) if isinstance(node, Call) and node.op in {"divide", "inverse"}
    ]
    return all(positive(d, units) or (isinstance(d, Call) and d.op in _TAME_DIVISORS) for d in divisors)
