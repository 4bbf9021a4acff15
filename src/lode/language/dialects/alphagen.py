"""AlphaGen's expressions: `Sub(EMA($close,20d),Delta($low,50d))`, windows as `20d` or plain whole numbers.

- `Rank` is r / d with r counted from the largest value, `WMA` weights the sessions 0 (oldest) to d - 1, `EMA` has a
  window, `Skew` and `Kurt` are those of moments (the latter over the sample variance): each is translated as it is.
- `Med` is the lower of the middle two where the window is even.
- `CSRank` is read as `rank`: ranks from 0 over n there and over n - 1 here, ties in any order there.
- `Ref` into the future is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from lode.language.dialects.notation import Notation, Word, call, past, rolling, rolling_pair, same, variance
from lode.language.dialects.reader import read
from lode.language.dialects.scales import ALPHAGEN_RANK
from lode.language.dialects.writer import Pattern, named, root_as, window_of, write
from lode.language.expression import Call, Constant, Expr

_SERIES = {
    "Add": "add", "Sub": "subtract", "Mul": "multiply", "Div": "divide", "Pow": "power", "Greater": "max",
    "Less": "min",
}  # fmt: skip
_SINGLES = {"Abs": "abs", "Sign": "sign", "Log": "log", "CSRank": "rank"}
_ROLLING = {
    "Mean": "ts_mean", "Sum": "ts_sum", "Std": "ts_std_dev", "Max": "ts_max", "Min": "ts_min", "Delta": "ts_delta",
}  # fmt: skip
_TWO_SERIES = {"Cov": "ts_covariance", "Corr": "ts_corr"}


def _weighted(x: Expr, days: float) -> Expr:
    """Weights 0 to d - 1 from weights 1 to d: ((d + 1) * decay - 2 * mean) / (d - 1)."""
    decay = call("multiply", call("ts_decay_linear", x, days), days + 1)
    twice = call("multiply", call("ts_mean", x, days), 2.0)
    return call("divide", call("subtract", decay, twice), days - 1)


def _median(x: Expr, days: float) -> Expr:
    if days % 2:
        return call("ts_median", x, days)
    return call("ts_percentile", x, days, (days / 2 - 1) / (days - 1) if days > 1 else 0.0)


def _skewness(x: Expr, days: float) -> Expr:
    moments = [call("ts_moment", x, days, order) for order in (3.0, 2.0)]
    return call("divide", moments[0], call("power", moments[1], 1.5))


def _kurtosis(x: Expr, days: float) -> Expr:
    squared = call("power", call("ts_std_dev", x, days), 4.0)
    return call("subtract", call("divide", call("ts_moment", x, days, 4.0), squared), 3.0)


def _factor(days: float) -> float:
    """How much less a session weighs than the one after it."""
    return 1 - 2 / (1 + days)


ALPHAGEN = Notation(
    name="AlphaGen",
    words={
        **{name: same(op, 2) for name, op in _SERIES.items()},
        **{name: same(op, 1) for name, op in _SINGLES.items()},
        **{name: rolling(op) for name, op in _ROLLING.items()},
        **{name: rolling_pair(op) for name, op in _TWO_SERIES.items()},
        "Constant": Word(1, 0, Constant),
        "Ref": Word(2, 1, past),
        "Var": Word(2, 1, variance),
        "Skew": Word(2, 1, _skewness),
        "Kurt": Word(2, 1, _kurtosis),
        "Med": Word(2, 1, _median),
        "Rank": Word(2, 1, ALPHAGEN_RANK.meaning),
        "WMA": Word(2, 1, _weighted),
        "EMA": Word(2, 1, lambda x, days: call("ts_decay_exp_window", x, days, _factor(max(days, 1)))),
    },
    refused={"Mad": "there is no mean distance from the mean; ts_std_dev is near"},
    infix=False,
    sessions=True,
)


def from_alphagen(text: str, fields: Collection[str] | None = None) -> Expr:
    """Read AlphaGen's syntax; ExpressionError points at the place.

    >>> str(from_alphagen("Div(Ref($close,5d),$close)"))
    'ts_delay(close, 5) / close'
    """
    return read(text, ALPHAGEN, fields)


def to_alphagen(expr: Expr) -> str:
    """Write AlphaGen's syntax; ExpressionError where it has no word for a part. `from_alphagen` reads the same formula.

    >>> from lode.language import parse
    >>> to_alphagen(parse("rank(-ts_delta(close, 5))"))
    'CSRank(Sub(0,Delta($close,5d)))'
    """
    return write(expr, _PATTERNS, "AlphaGen")


def _rank(node: Call, texts: Sequence[str]) -> str | None:
    x, days = texts
    last = window_of(node)
    return f"Div(Sub({days},Mul(Rank({x},{days}d),{days})),{int(last) - 1})" if last > 1 else None


def _odd_median(node: Call, texts: Sequence[str]) -> str | None:
    return f"Med({texts[0]},{texts[1]}d)" if window_of(node) % 2 else None


def _exponential(node: Call, texts: Sequence[str]) -> str | None:
    factor = node.args[2].value if isinstance(node.args[2], Constant) else -1.0
    return f"EMA({texts[0]},{texts[1]}d)" if factor == _factor(window_of(node)) else None


_PATTERNS: dict[str, Pattern] = {
    **{op: named(name, comma=",") for name, op in (_SERIES | _SINGLES).items()},
    **{op: named(name, "d", ",") for name, op in (_ROLLING | _TWO_SERIES | {"Ref": "ts_delay"}).items()},
    "reverse": lambda _, texts: f"Sub(0,{texts[0]})",
    "inverse": lambda _, texts: f"Div(1,{texts[0]})",
    "sqrt": root_as("Pow", ","),
    "ts_median": _odd_median,
    "ts_rank": _rank,
    "ts_decay_exp_window": _exponential,
}
