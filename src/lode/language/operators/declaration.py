"""What an operator declares, and the rules that declarations are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeAlias

from lode.language.expression import Call, Constant, Expr, Field, Numbers
from lode.language.units import FIELD_UNITS, Unit, UnitError

ParamKind: TypeAlias = Literal["series", "window", "number", "group", "edges", "ignore"]
OperatorKind: TypeAlias = Literal["elementwise", "time series", "cross-section", "group", "grouping"]
Units: TypeAlias = Sequence[Unit]
Values: TypeAlias = Sequence[float | None]
UnitRule: TypeAlias = Callable[[Units, Values], Unit]
LookbackRule: TypeAlias = Callable[[Values], int]
Options: TypeAlias = Mapping[str, Expr]
Meaning: TypeAlias = Callable[[str, tuple[Expr, ...], Options], Expr]
"""From an operator's name, its arguments and its options to what the call means without them."""

LONGEST_WINDOW = 2520
_ANY = 1e15
GROUPINGS = frozenset({"bucket", "densify", "group_cartesian_product", "group_coalesce"})
"""Operators whose value is a group; `grouping.py` declares them."""


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter: its name, what may stand there, and for windows and numbers the range (both ends allowed).

    choices: the names that may be written for the numbers 0, 1, …
    words: names that may be written for numbers of the range. also: other names of the parameter itself.
    Edges and what is to be ignored are lists of numbers, written in quotes.
    """

    name: str
    kind: ParamKind
    default: float | None = None
    low: float | None = None
    high: float | None = None
    integer: bool = False
    choices: tuple[str, ...] = ()
    words: tuple[tuple[str, float], ...] = ()
    also: tuple[str, ...] = ()

    def fault(self, arg: Expr) -> str | None:
        """Why `arg` cannot stand here, or None when it can."""
        if self.kind == "series":
            return _series_fault(arg)
        if self.kind == "group":
            return _group_fault(arg)
        if self.kind == "edges" and isinstance(arg, Numbers) and not _rising(arg.values):
            return f"{self.name} must be {self.range}, not {arg}"
        if isinstance(arg, Numbers) if self.is_list else isinstance(arg, Constant) and self._holds(arg.value):
            return None
        received = f", not {arg}" if arg.size == 1 else ", not an expression"
        return f"{self.name} must be {self.range}{received}"

    @property
    def is_list(self) -> bool:
        """Whether numbers in quotes stand here."""
        return self.kind in {"edges", "ignore"}

    @property
    def range(self) -> str:
        """`a whole number from 1 to 2520`, `a number from 0`, `gaussian, uniform or cauchy`."""
        if self.kind == "edges":
            return 'rising numbers in quotes, buckets="2, 5, 10" or range="start, stop, step"'
        if self.kind == "ignore":
            return '"NAN", or "NAN 0" with numbers that count as missing too'
        if self.choices:
            return " or ".join(filter(None, (", ".join(self.choices[:-1]), self.choices[-1])))
        number = "a whole number" if self.integer else "a number"
        if self.low is not None and self.low <= -_ANY:
            return number
        low = "" if self.low is None else f" from {self.low:g}"
        high = (
            ""
            if self.high is None or self.high >= _ANY
            else f" up to {self.high:g}"
            if self.low is None
            else f" to {self.high:g}"
        )
        return f"{number}{low}{high}"

    def number_of(self, word: str) -> float | None:
        """The number that a name stands for here, None where it is no such name."""
        named = {**dict(self.words), **{name: float(number) for number, name in enumerate(self.choices)}}
        return named.get(word, named.get(word.lower()))

    def shown(self, value: float) -> str:
        """A value as it is written: its name where it has one."""
        if self.kind == "ignore":
            return '"NAN"'
        return self.choices[int(value)] if self.choices and self._holds(value) else f"{value:g}"

    def _holds(self, value: float) -> bool:
        if self.integer and not value.is_integer():
            return False
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


def _series_fault(arg: Expr) -> str | None:
    if isinstance(arg, Numbers):
        return f"{arg} is a list of numbers, which is no series; it stands in bucket(x, buckets={arg})"
    if isinstance(arg, Field) and FIELD_UNITS.get(arg.name) == Unit.GROUP:
        return f"`{arg.name}` is a group, which has no values; write for example group_rank(close, {arg.name})"
    if isinstance(arg, Call) and arg.op in GROUPINGS:
        return (
            f"{arg.op}(…) is a group, which has no values; write for example group_rank(close, {arg.op}(…)), "
            "and group_cartesian_product(g1, g2) to join two groups"
        )
    return None


def _group_fault(arg: Expr) -> str | None:
    groups = [name for name, unit in FIELD_UNITS.items() if unit == Unit.GROUP]
    if isinstance(arg, Field) and FIELD_UNITS.get(arg.name, Unit.GROUP) == Unit.GROUP:
        return None
    if isinstance(arg, Call) and arg.op in GROUPINGS:
        return None
    received = f"`{arg}`" if arg.size == 1 else "an expression"
    made = 'bucket(rank(x), range="0, 1, 0.1") makes one of an expression'
    return f"a group field is needed here (such as {', '.join(groups)}), not {received}; {made}"


def _rising(values: Sequence[float]) -> bool:
    return bool(values) and all(after > before for before, after in pairwise(values))


@dataclass(frozen=True, slots=True)
class Operator:
    """The declaration of one operator.

    rule: the unit of the result, see `unit_rule`. lookback: sessions before t that the operator itself reaches back,
    from the values of its arguments (None where an argument is not a constant); what its arguments reach back comes on
    top. formula, nan_rule, tie_rule and example are for readers; the example runs. chains: f(x, y, z) may be written
    for f(f(x, y), z), or for what `meaning` makes of them. options: further published parameters; a call that gives
    one is read as what `meaning` makes of it, in terms of other operators, so that the operator itself does without.
    overload: the operator that is meant where one more argument is given.
    """

    name: str
    kind: OperatorKind
    params: tuple[Param, ...]
    rule: UnitRule
    lookback: LookbackRule
    formula: str
    nan_rule: str
    example: str
    tie_rule: str = ""
    commutative: bool = False
    chains: bool = False
    options: tuple[Param, ...] = ()
    meaning: Meaning | None = None
    overload: str = ""

    @property
    def required(self) -> int:
        """Number of arguments that have no default; these come first."""
        return sum(param.default is None for param in self.params)

    @property
    def signature(self) -> str:
        """`winsorize(x, std=4)`."""
        both = (*self.params, *self.options)
        named = (p.name if p.default is None else f"{p.name}={p.shown(p.default)}" for p in both)
        return f"{self.name}({', '.join(named)})"

    def unit_rule(self, units: Units, values: Values) -> Unit:
        """The unit of a call, or UnitError.

        units: one per argument, in order; constants are `constant_unit(value)`. values: one per argument, the number
        where it is a constant, else None. Costs about a microsecond: a search may ask before it builds.
        """
        for param, given in zip(self.params, units, strict=True):
            if (given.kind == "group") != (param.kind == "group"):
                reason = f"{param.name} of {self.signature} must be a {param.kind}, not a {given}"
                raise UnitError(reason)
        return self.rule(units, values)

    def takes(self, given: int) -> str:
        """The message for a wrong number of arguments."""
        most, least = len(self.params) + len(self.options), self.required
        number = f"{least} or more" if self.chains else f"{least} to {most}" if least < most else f"{most}"
        return f"{self.signature} takes {number} argument{'' if most == 1 else 's'}, not {given}"

    def fault(self, args: Sequence[Expr]) -> tuple[int | None, str] | None:
        """The first argument that cannot stand where it does (None: the number of them is wrong) and why."""
        if len(args) != len(self.params):
            return None, self.takes(len(args))
        for index, (param, arg) in enumerate(zip(self.params, args, strict=True)):
            reason = param.fault(arg)
            if reason:
                return index, f"{self.signature}: {reason}"
        return None


def window(low: int = 1, default: int | None = None) -> Param:
    """A window of `d` sessions that ends today."""
    return Param("d", "window", default=default, low=low, high=LONGEST_WINDOW, integer=True)


def choice_of(name: str, *choices: str) -> Param:
    """One of these names, the first where none is given; kept as its number."""
    return Param(name, "number", default=0.0, low=0, high=len(choices) - 1, integer=True, choices=choices)


def number(name: str, default: float | None = None, low: float = -_ANY, high: float = _ANY) -> Param:
    """Any number within a range."""
    return Param(name, "number", default=default, low=low, high=high)


def truth(name: str) -> Param:
    """false where nothing is given, or true."""
    return choice_of(name, "false", "true")


def whole(name: str, default: int | None, low: int, high: int) -> Param:
    """A whole number within a range."""
    return Param(name, "number", default=default, low=low, high=high, integer=True)


X = Param("x", "series")
Y = Param("y", "series")
D = window()
MEMORY = window(default=250)
GROUP = Param("group", "group", also=("g",))
IGNORE = Param("ignore", "ignore", default=0.0)


# Lookback rules ---------------------------------------------------------------------------------------------------


def today(values: Values) -> int:  # noqa: ARG001
    """None."""
    return 0


def inside_window(values: Values) -> int:
    """The window but for today: d - 1."""
    return _window(values) - 1


def beyond_window(values: Values) -> int:
    """The window and one session before: d."""
    return _window(values)


def inside_window_and_lag(values: Values) -> int:
    """The window but for today, and the lag: d - 1 + lag."""
    return _constant(values[2]) - 1 + _constant(values[3])


def yesterday(values: Values) -> int:  # noqa: ARG001
    """One session."""
    return 1


def window_at(position: int, *, beyond: bool = False) -> LookbackRule:
    """The rule of an operator whose window is not its last argument."""

    def rule(values: Values) -> int:
        return _constant(values[position]) - (0 if beyond else 1)

    rule.__doc__ = (beyond_window if beyond else inside_window).__doc__
    return rule


def _window(values: Values) -> int:
    """The window is the last argument, where nothing else is said."""
    return _constant(values[-1])


def _constant(value: float | None) -> int:
    if value is None:
        reason = "a window must be a constant"
        raise UnitError(reason)
    return int(value)
