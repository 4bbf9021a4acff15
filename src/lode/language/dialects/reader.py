"""A dialect's text to an expression, without recursion: values and what waits for them stand on two stacks."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal

from lode.errors import ExpressionError
from lode.language.dialects.notation import Notation, call
from lode.language.expression import Constant, Expr, Field
from lode.language.operators import OPERATORS
from lode.language.scanner import LONGEST_TEXT, fault, no_name
from lode.language.suggestions import unknown_field

_TOKEN = re.compile(
    r"""(?P<field>\$[A-Za-z_][A-Za-z0-9_]*)
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?P<days>d)?)(?![A-Za-z0-9_.$])
      | (?P<sign>\*\*|<=|>=|==|!=|[-+*/<>&|~(),])
      | (?P<blank>[ \t\r\n]+)""",
    re.VERBOSE,
)
_BROKEN = "a value, a sign or a comma is missing or out of place here"
_NEGATIVE, _NOT = "-x", "~x"
# Python's precedence, which qlib's text has: & and | bind tighter than comparisons.
_STRENGTH = {
    "<": 1, "<=": 1, ">": 1, ">=": 1, "==": 1, "!=": 1, "|": 2, "&": 3, "+": 4, "-": 4, "*": 5, "/": 5,
    _NEGATIVE: 6, _NOT: 6, "**": 7,
}  # fmt: skip
_MEANING = {
    _NEGATIVE: "reverse", _NOT: "not", "|": "or", "&": "and", "<": "less", "<=": "less_equal", ">": "greater",
    ">=": "greater_equal", "==": "equal", "!=": "not_equal", "+": "add", "-": "subtract", "*": "multiply",
    "/": "divide", "**": "power",
}  # fmt: skip


@dataclass(slots=True)
class _Waiting:
    """A sign that waits for its right side, or a parenthesis that is open (of a call where it has a name)."""

    kind: Literal["sign", "open"]
    text: str
    position: int
    base: int = 0


def read(text: str, notation: Notation, fields: Collection[str] | None = None) -> Expr:
    """The expression that a dialect's text means; ExpressionError points at the place.

    fields: the names that are present; None allows any.
    """
    if len(text) > LONGEST_TEXT:
        raise ExpressionError(f"the expression has {len(text)} characters; the longest that is read has {LONGEST_TEXT}")
    return _Reader(text, notation, fields).read()


@dataclass(slots=True)
class _Reader:
    text: str
    notation: Notation
    fields: Collection[str] | None
    values: list[Expr] = field(default_factory=list)
    waiting: list[_Waiting] = field(default_factory=list)
    position: int = 0
    complete: bool = False  # whether a value has just ended, so that a sign may follow

    def read(self) -> Expr:
        while self.position < len(self.text):
            match = _TOKEN.match(self.text, self.position)
            if match is None:
                raise self._fault(f"`{self.text[self.position]}` is not part of {self.notation.name}'s language")
            if match.lastgroup != "blank":
                self._take(match)
            self.position = match.end()
        if not self.complete:
            raise self._fault(_BROKEN)
        self._settle(0)
        if self.waiting:
            raise self._fault("this parenthesis is never closed", self.waiting[-1].position)
        return self.values[0]

    def _take(self, match: re.Match[str]) -> None:
        found = match.group()
        if match.lastgroup == "sign":
            self._sign(found)
        elif self.complete:
            raise self._fault(_BROKEN)
        elif match.lastgroup == "name" and self.text[match.end() :].lstrip()[:1] == "(":
            self.waiting.append(_Waiting("open", found, self.position, len(self.values)))
        elif match.lastgroup == "number":
            self._value(self._number(found))
        else:
            self._value(self._field(found))

    def _sign(self, sign: str) -> None:
        if sign == "(":
            self._open()
        elif sign == ")":
            self._close()
        elif sign == ",":
            self._comma()
        elif self.complete:
            self._between(sign)
        elif sign == "-" or (sign == "~" and self.notation.infix):
            self.waiting.append(_Waiting("sign", _NEGATIVE if sign == "-" else _NOT, self.position))
        elif sign != "+":
            raise self._fault(_BROKEN)

    def _open(self) -> None:
        """Open a parenthesis, unless the name right before it has done so."""
        last = self.waiting[-1] if self.waiting else None
        if last is not None and last.kind == "open" and last.text and not self._since(last):
            return
        if self.complete or not self.notation.infix:
            raise self._fault("a parenthesis follows the name of an operator")
        self.waiting.append(_Waiting("open", "", self.position, len(self.values)))

    def _since(self, opened: _Waiting) -> str:
        """What stands between a name and this place."""
        return self.text[opened.position + len(opened.text) : self.position].strip()

    def _comma(self) -> None:
        if not self.complete or not self._enclosing().text:
            raise self._fault(_BROKEN)
        self.complete = False

    def _close(self) -> None:
        if not self.complete:
            raise self._fault(_BROKEN)
        opened = self._enclosing()
        self.waiting.pop()
        if not opened.text:
            return
        args = self.values[opened.base :]
        del self.values[opened.base :]
        self._value(self._meant(opened, args))

    def _enclosing(self) -> _Waiting:
        """The parenthesis around this place, everything inside of it put together."""
        self._settle(0)
        if not self.waiting:
            raise self._fault("nothing was opened that this could end")
        return self.waiting[-1]

    def _between(self, sign: str) -> None:
        if not self.notation.infix or sign not in _MEANING:
            raise self._fault(f"{self.notation.name} has no `{sign}` between values")
        strength = _STRENGTH[sign]
        top = self.waiting[-1] if self.waiting else None
        if strength == 1 and top is not None and top.kind == "sign" and _STRENGTH[top.text] == 1:
            raise self._fault("comparisons do not chain; put parentheses around them")
        self._settle(strength + (sign == "**"))
        if strength == 1 and self.waiting and self.waiting[-1].kind == "sign":
            raise self._fault("comparisons do not chain; put parentheses around them")
        self.waiting.append(_Waiting("sign", sign, self.position))
        self.complete = False

    def _settle(self, strength: int) -> None:
        """Put together what waits and binds at least as tightly."""
        while self.waiting and self.waiting[-1].kind == "sign" and _STRENGTH[self.waiting[-1].text] >= strength:
            self._apply(self.waiting.pop())

    def _apply(self, sign: _Waiting) -> None:
        right = self.values.pop()
        if sign.text == _NEGATIVE and isinstance(right, Constant):
            self.values.append(Constant(-right.value))
        elif sign.text in {_NEGATIVE, _NOT}:
            self.values.append(self._meant(sign, [right]))
        else:
            left = self.values.pop()
            self.values.append(self._meant(sign, [left, right]))

    def _meant(self, what: _Waiting, args: list[Expr]) -> Expr:
        try:
            if what.kind == "sign":
                return simplified(call(_MEANING[what.text], *args))
            return simplified(self.notation.meaning(what.text, args))
        except ExpressionError as error:
            raise self._fault(error.reason, what.position) from None

    def _number(self, found: str) -> Expr:
        days = found.endswith("d")
        if days and not self.notation.sessions:
            raise self._fault(f"{self.notation.name} writes windows as whole numbers: {found[:-1]}")
        try:
            return Constant(float(found.removesuffix("d")))
        except ExpressionError as error:
            raise self._fault(error.reason) from None

    def _field(self, found: str) -> Expr:
        name = found.removeprefix("$")
        if name == found and self.notation.infix:
            raise self._fault(f"fields are written with a dollar sign: ${name}")
        reason = f"`{name}` is an operator of the language" if name in OPERATORS else no_name(name)
        if reason and name not in (self.fields or ()):
            raise self._fault(reason)
        if self.fields is not None and name not in self.fields:
            raise self._fault(unknown_field(name, self.fields))
        return Field(name)

    def _value(self, value: Expr) -> None:
        self.values.append(value)
        self.complete = True

    def _fault(self, reason: str, position: int | None = None) -> ExpressionError:
        return fault(reason, self.text, self.position if position is None else position)


def simplified(expr: Expr) -> Expr:
    """The operator itself where the expression takes a dialect's scale of it back: what the printers write."""
    from lode.language.dialects.scales import SCALES  # noqa: PLC0415  # scales are made of notation

    for scale in SCALES:
        found = scale(expr)
        if found is not None:
            return found
    return expr
