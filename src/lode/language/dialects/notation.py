"""What a dialect is made of: its operators, each with what it takes and what it means here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from lode.errors import ExpressionError
from lode.language.expression import Call, Constant, Expr
from lode.language.operators import OPERATORS
from lode.language.suggestions import nearest

Meaning: TypeAlias = Callable[..., Expr]


@dataclass(frozen=True, slots=True)
class Word:
    """An operator of a dialect: how many arguments, which of them (from `numbers` on) are numbers, what it means."""

    arity: int
    numbers: int
    meaning: Meaning


@dataclass(frozen=True, slots=True)
class Notation:
    """A dialect. refused: operators that it has and the language has not, with why.

    infix: whether signs may stand between values. sessions: whether windows may be written `20d`.
    """

    name: str
    words: Mapping[str, Word]
    refused: Mapping[str, str]
    infix: bool
    sessions: bool

    def meaning(self, name: str, args: Sequence[Expr]) -> Expr:
        """The call in the language; ExpressionError without a place where it has none."""
        if name in self.refused:
            raise ExpressionError(f"`{name}` cannot be said in the language: {self.refused[name]}")
        if name not in self.words:
            lower = nearest(name, {word.lower() for word in self.words})
            meant = re.sub("`(.+?)`", lambda found: f"`{self._spelled(found[1])}`", lower)
            raise ExpressionError(f"{self.name} has no operator `{name}`{meant}")
        word = self.words[name]
        if len(args) != word.arity:
            raise ExpressionError(f"`{name}` takes {word.arity} arguments, not {len(args)}")
        values: list[Expr | float] = list(args)
        for index in range(word.numbers, word.arity):
            arg = args[index]
            if not isinstance(arg, Constant):
                raise ExpressionError(f"argument {index + 1} of `{name}` must be a number, not {_shown(arg)}")
            values[index] = arg.value
        return word.meaning(*values)

    def _spelled(self, lower: str) -> str:
        return next(word for word in self.words if word.lower() == lower)


def call(op: str, *args: Expr | float) -> Call:
    """A call with numbers as constants and optional parameters filled in; ExpressionError where it breaks a rule."""
    operator = OPERATORS[op]
    given = [Constant(float(arg)) if isinstance(arg, (int, float)) else arg for arg in args]
    rest = [Constant(param.default) for param in operator.params[len(given) :] if param.default is not None]
    wrong = operator.fault((*given, *rest))
    if wrong:
        raise ExpressionError(wrong[1])
    return Call(op, (*given, *rest))


def past(x: Expr, days: float) -> Expr:
    """The value of some sessions ago; never one to come."""
    if days < 1:
        raise ExpressionError(f"{days:g} sessions ago is {'today' if not days else 'in the future'}; write 1 or more")
    return call("ts_delay", x, days)


def rolling(op: str) -> Word:
    """x over a window, as the operator of that name."""
    return Word(2, 1, lambda x, days: call(op, x, days))


def rolling_pair(op: str) -> Word:
    """x and y over a window, as the operator of that name."""
    return Word(3, 2, lambda x, y, days: call(op, x, y, days))


def variance(x: Expr, days: float) -> Expr:
    """The sample variance over a window."""
    return call("power", call("ts_std_dev", x, days), 2.0)


def same(op: str, arity: int) -> Word:
    """As the operator of that name, on series."""
    return Word(arity, arity, lambda *args: call(op, *args))


def _shown(arg: Expr) -> str:
    return f"`{arg}`" if arg.size == 1 else "an expression"
