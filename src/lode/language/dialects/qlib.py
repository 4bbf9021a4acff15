"""qlib's expressions: `Ref($close, 5)/$close`.

- `Rank` is r / d, `IdxMax` and `IdxMin` are places from 1, the oldest session, and `WMA` is a d-th of the weighted mean
  (it takes the mean of the weighted values); each is translated with its scale. Of equal extremes qlib has the first.
- qlib's windows take what there is (`min_periods=1`); here they are full or missing.
- `EMA` runs from the start of the data there, over 250 sessions here.
- A window of 0, the whole past, and `Ref` into the future are refused.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from lode.errors import ExpressionError
from lode.language.dialects.notation import Notation, Word, call, past, rolling, rolling_pair, same, variance
from lode.language.dialects.reader import read
from lode.language.dialects.scales import QLIB_RANK, QLIB_WMA
from lode.language.dialects.writer import Pattern, named, root_as, window_of, write
from lode.language.expression import Call, Constant, Expr

_PAIRS = {
    "Add": "add", "Sub": "subtract", "Mul": "multiply", "Div": "divide", "Power": "power", "Greater": "max",
    "Less": "min", "Gt": "greater", "Ge": "greater_equal", "Lt": "less", "Le": "less_equal", "Eq": "equal",
    "Ne": "not_equal", "And": "and", "Or": "or",
}  # fmt: skip
_SINGLES = {"Abs": "abs", "Sign": "sign", "Log": "log", "Not": "not"}
_ROLLING = {
    "Mean": "ts_mean", "Sum": "ts_sum", "Std": "ts_std_dev", "Skew": "ts_skewness", "Kurt": "ts_kurtosis",
    "Max": "ts_max", "Min": "ts_min", "Med": "ts_median", "Delta": "ts_delta", "Slope": "slope",
    "Rsquare": "rsquare", "Resi": "resi",
}  # fmt: skip
_TWO_SERIES = {"Corr": "ts_corr", "Cov": "ts_covariance"}
_EMA_SESSIONS = 250


def _place(op: str) -> Word:
    return Word(2, 1, lambda x, days: call("subtract", days, call(op, x, days)))


def _ema(x: Expr, span: float) -> Expr:
    """qlib takes a number below 1 for the weight of today instead."""
    if span <= 0:
        raise ExpressionError(f"an exponential mean needs a span above 0, not {span:g}")
    return call("ts_ewm_mean", x, 2 / span - 1 if span < 1 else span, _EMA_SESSIONS)


QLIB = Notation(
    name="qlib",
    words={
        **{name: same(op, 2) for name, op in _PAIRS.items()},
        **{name: same(op, 1) for name, op in _SINGLES.items()},
        **{name: rolling(op) for name, op in _ROLLING.items()},
        **{name: rolling_pair(op) for name, op in _TWO_SERIES.items()},
        "If": same("if_else", 3),
        "Ref": Word(2, 1, past),
        "Var": Word(2, 1, variance),
        "Quantile": Word(3, 1, lambda x, days, share: call("ts_percentile", x, days, share)),
        "Count": Word(2, 1, lambda x, days: call("subtract", days, call("ts_count_nans", x, days))),
        "Rank": Word(2, 1, QLIB_RANK.meaning),
        "WMA": Word(2, 1, QLIB_WMA.meaning),
        "IdxMax": _place("ts_arg_max"),
        "IdxMin": _place("ts_arg_min"),
        "EMA": Word(2, 1, _ema),
    },
    refused={
        "Mad": "there is no mean distance from the mean; ts_std_dev is near",
        "Mask": "it looks at one instrument alone",
        "ChangeInstrument": "it looks at one instrument alone",
        "TResample": "every field is daily",
        "P": "a panel has each field as known at the close already",
        "PRef": "a panel has each field as known at the close already",
    },
    infix=True,
    sessions=False,
)


def from_qlib(text: str, fields: Collection[str] | None = None) -> Expr:
    """Read qlib's syntax; ExpressionError points at the place.

    >>> str(from_qlib("Mean($close, 5)/$close"))
    'ts_mean(close, 5) / close'
    """
    return read(text, QLIB, fields)


def to_qlib(expr: Expr) -> str:
    """Write qlib's syntax; ExpressionError where it has no word for a part. `from_qlib` reads the same formula.

    >>> from lode.language import parse
    >>> to_qlib(parse("ts_delay(close, 5) / close - 1"))
    'Sub(Div(Ref($close, 5), $close), 1)'
    """
    return write(expr, _PATTERNS, "qlib")


def _rank(node: Call, texts: Sequence[str]) -> str | None:
    days = texts[1]
    return f"Div(Sub(Mul(Rank({texts[0]}, {days}), {days}), 1), {_less_one(node)})" if window_of(node) > 1 else None


def _exponential(node: Call, texts: Sequence[str]) -> str | None:
    span, memory = (arg.value for arg in node.args[1:] if isinstance(arg, Constant))
    return f"EMA({texts[0]}, {texts[1]})" if memory == _EMA_SESSIONS and span > 1 else None


def _less_one(node: Call) -> str:
    return str(int(window_of(node)) - 1)


_PATTERNS: dict[str, Pattern] = {
    **{op: named(name) for name, op in (_PAIRS | _SINGLES | _ROLLING | _TWO_SERIES).items()},
    "if_else": named("If"),
    "ts_delay": named("Ref"),
    "ts_percentile": named("Quantile"),
    "reverse": lambda _, texts: f"Sub(0, {texts[0]})",
    "inverse": lambda _, texts: f"Div(1, {texts[0]})",
    "sqrt": root_as("Power"),
    "ts_arg_max": lambda _, texts: f"Sub({texts[1]}, IdxMax({', '.join(texts)}))",
    "ts_arg_min": lambda _, texts: f"Sub({texts[1]}, IdxMin({', '.join(texts)}))",
    "ts_count_nans": lambda _, texts: f"Sub({texts[1]}, Count({', '.join(texts)}))",
    "ts_decay_linear": lambda _, texts: f"Mul(WMA({', '.join(texts)}), {texts[1]})",
    "ts_rank": _rank,
    "ts_ewm_mean": _exponential,
}
