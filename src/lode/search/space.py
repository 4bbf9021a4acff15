"""The space that is searched: which expressions a searcher may ask for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from lode.errors import ExpressionError, UsageError
from lode.language import OPERATORS, Call, Constant, Expr, Field, Operator, Unit, check, lookback, own_operators, unit
from lode.language.operators.declaration import GROUPINGS
from lode.search.idea import positive
from lode.search.tree import operands_of, series_nodes, signature

WINDOWS = (1, 2, 3, 5, 8, 10, 15, 20, 30, 40, 60, 120, 250)
_HISTORY_PER_WINDOW = 4
_LONGEST_LOOKBACK = 500
_LARGEST_SEED = 64
_NEEDS_POSITIVE = frozenset({"log", "sqrt", "power"})
_POWERS = frozenset({"power", "signed_power"})
_NEEDS_SIGN = frozenset({"abs", "sign"})
_COMPARISONS = frozenset({"equal", "greater", "greater_equal", "less", "less_equal", "not_equal"})
_SEARCHED = frozenset(
    {
        *("abs", "add", "divide", "greater", "if_else", "inverse", "log", "max", "min", "multiply", "power", "sign"),
        *("signed_power", "sqrt", "subtract"),
        *("ts_arg_max", "ts_arg_min", "ts_av_diff", "ts_corr", "ts_covariance", "ts_decay_linear", "ts_delay"),
        *("ts_delta", "ts_max", "ts_mean", "ts_min", "ts_product", "ts_rank", "ts_scale", "ts_std_dev", "ts_zscore"),
        *("normalize", "rank", "scale", "winsorize", "zscore"),
        *("group_mean", "group_neutralize", "group_rank", "group_zscore"),
    }
)
"""What is generated unless operators are named. The others say what these say (`less` is `greater` turned round), say
it of measured numbers that are hardly ever equal, or are for those who write formulas."""


@dataclass(frozen=True)
class SearchSpace:
    """Fields with their units, operators, a grid of windows (sessions) and bounds on size (nodes) and lookback.

    Groups are the fields whose unit is `Unit.GROUP`; operators that need one are dropped where there is none, and so
    are those that compute one: groups are searched as they are.
    """

    fields: Mapping[str, Unit]
    operators: tuple[str, ...]
    windows: tuple[int, ...]
    max_size: int
    max_lookback: int

    @classmethod
    def of(
        cls,
        fields: Mapping[str, Unit],
        *,
        history: int | None = None,
        operators: Collection[str] | None = None,
        max_size: int = 16,
    ) -> SearchSpace:
        """Space over the fields that are present.

        history: sessions of train; windows and lookback stay below a quarter of it. UsageError where nothing is left
        to search, or an operator is unknown.
        """
        series = [name for name, measure in fields.items() if measure != Unit.GROUP]
        if not series:
            msg = f"no field to search over (given: {', '.join(fields) or 'none'}); a panel needs at least close"
            raise UsageError(msg)
        chosen = _known(operators)
        grouped = len(series) < len(fields)
        usable = tuple(name for name in chosen if _usable(OPERATORS[name], grouped=grouped))
        if not usable:
            msg = (
                f"no operator to search with (given: {', '.join(chosen) or 'none'}); group operators need a group field"
            )
            raise UsageError(msg)
        longest = _LONGEST_LOOKBACK if history is None else max(history // _HISTORY_PER_WINDOW, 1)
        return cls(
            fields=dict(sorted(fields.items())),
            operators=usable,
            windows=tuple(window for window in WINDOWS if window <= longest),
            max_size=max_size,
            max_lookback=min(longest, _LONGEST_LOOKBACK),
        )

    @property
    def series(self) -> tuple[str, ...]:
        """Names of the fields that are numbers."""
        return tuple(name for name, measure in self.fields.items() if measure != Unit.GROUP)

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the group labels."""
        return tuple(name for name, measure in self.fields.items() if measure == Unit.GROUP)

    def holds(self, expr: Expr) -> bool:
        """Whether `expr` is a well-typed factor within the bounds that says something."""
        return self._bounds(expr, self.max_size) and all(self.sensible(node) for _, node in series_nodes(expr))

    def admits(self, expr: Expr) -> bool:
        """Whether `expr` may be a seed: a well-typed factor of the fields, of any operators, within the lookback.

        What people publish is larger than what a search makes: 64 nodes are allowed.
        """
        try:
            check(expr)
        except ExpressionError:
            return False
        return self._bounds(expr, _LARGEST_SEED)

    def _bounds(self, expr: Expr, size: int) -> bool:
        """Whether `expr` is a well-typed series of the fields, within a size and the lookback."""
        if expr.size > size or not expr.fields <= self.fields.keys():
            return False
        try:
            return unit(expr, self.fields) != Unit.GROUP and lookback(expr) <= self.max_lookback
        except ExpressionError:
            return False

    def sensible(self, node: Expr) -> bool:
        """Whether a node is a leaf, or a call of the space's operators that can stand and does something."""
        if not isinstance(node, Call):
            return True
        if any(isinstance(arg, Call) and arg.op in GROUPINGS for arg in node.args):
            return False
        return node.op in self.operators and OPERATORS[node.op].fault(node.args) is None and not self._idle(node)

    def _idle(self, call: Call) -> bool:
        """Whether a call says nothing: `x - x`, the sign of a price, the root of a difference, a mean over one."""
        operands = operands_of(call)
        if len(operands) > 1 and operands[-1] == operands[-2] and call.op != "multiply":
            return True
        if call.op in _NEEDS_SIGN | _NEEDS_POSITIVE and positive(operands[0], self.fields) == (call.op in _NEEDS_SIGN):
            return True
        if call.op == "if_else" and not _is_comparison(operands[0]):
            return True
        if call.op in _POWERS and not isinstance(operands[1], Constant):
            return True
        return Constant(1.0) in call.args[len(operands) :] and self._needs_more_than_one(call)

    def _needs_more_than_one(self, call: Call) -> bool:
        """Whether an operator over a window of one session gives its operand back."""
        return lookback(Call(call.op, _over(call, Field(self.series[0])))) == 0

    def to_dict(self) -> dict[str, Any]:
        """The space as JSON takes it."""
        return {
            "fields": {name: asdict(measure) for name, measure in self.fields.items()},
            "operators": list(self.operators),
            "windows": list(self.windows),
            "max_size": self.max_size,
            "max_lookback": self.max_lookback,
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> SearchSpace:
        """The space that gave `content`."""
        return cls(
            fields={name: Unit(**measure) for name, measure in content["fields"].items()},
            operators=tuple(content["operators"]),
            windows=tuple(content["windows"]),
            max_size=content["max_size"],
            max_lookback=content["max_lookback"],
        )


def _is_comparison(expr: Expr) -> bool:
    """Whether the values of `expr` are the truth of a comparison."""
    return isinstance(expr, Call) and expr.op in _COMPARISONS


def _known(operators: Collection[str] | None) -> list[str]:
    if operators is None:
        return sorted({*_SEARCHED, *own_operators()})
    unknown = sorted(set(operators) - OPERATORS.keys())
    if unknown:
        msg = f"unknown operators {', '.join(unknown)}; known are {', '.join(sorted(OPERATORS))}"
        raise UsageError(msg)
    return sorted(operators)


def _usable(operator: Operator, *, grouped: bool) -> bool:
    """Whether an operator can be searched, `grouped` where the panel has a group."""
    return operator.kind != "grouping" and (grouped or all(param.kind != "group" for param in operator.params))


def _over(call: Call, field: Field) -> tuple[Expr, ...]:
    """Arguments of `call` with every operand exchanged for `field`."""
    return tuple(
        field if param.kind == "series" else arg for param, arg in zip(signature(call), call.args, strict=True)
    )
