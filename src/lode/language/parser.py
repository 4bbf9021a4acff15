"""Formula text to expression, by Python's own grammar and without ever running anything.

1. The text is cut into tokens; whatever is not a name, a number or a sign is refused.
2. Innermost first, each parenthesis is read by `ast` as a flat formula, then blanked out in the text with a mark in
   its place. So nesting costs neither Python's limit of 200 parentheses nor its stack, and columns stay true.
3. Each node that `ast` gives becomes a `Field`, a `Constant` or a checked `Call`; there is no other case.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from lode.errors import ExpressionError
from lode.language.expression import Call, Constant, Expr, Field, postorder
from lode.language.operators import ALIASES, OPERATORS, Operator, Param
from lode.language.scanner import LOGICAL, Token, fault, scan
from lode.language.suggestions import unknown_field, unknown_operator

_MARK = "_"
_BLANKS = str.maketrans("\t\r\n", "   ")
_CALL = "f("
_BROKEN = "a value, a sign or a comma is missing or out of place here"
_BINARY: dict[type[ast.AST], str] = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
    ast.Pow: "power",
    ast.Lt: "less",
    ast.LtE: "less_equal",
    ast.Gt: "greater",
    ast.GtE: "greater_equal",
    ast.Eq: "equal",
    ast.NotEq: "not_equal",
}
_Placed: TypeAlias = tuple[Expr, int]


def parse(text: str, fields: Collection[str] | None = None) -> Expr:
    """Read a formula such as `rank(-ts_delta(close, 5))`.

    fields: the names that are present, groups included; None allows any name.
    ExpressionError points at the place and names the nearest operators or fields. Text of any content is safe: it is
    read, never run. Arithmetic and comparisons may be infix or calls; parameters may be named.

    >>> str(parse("divide(close, ts_delay(close, d=1)) - 1"))
    'close / ts_delay(close, 1) - 1'
    """
    line = text.translate(_BLANKS)
    tokens = scan(line)
    if not tokens:
        raise fault("the expression is empty; write a formula such as rank(close)", line, 0)
    return _Reader(line, fields, bytearray(line, "ascii")).read(tokens)


def check(expr: Expr, fields: Collection[str] | None = None) -> None:
    """Hold an expression that was built by hand to the rules of `parse`; ExpressionError says what breaks them."""
    for node in postorder(expr):
        if isinstance(node, Field) and fields is not None and node.name not in fields:
            raise ExpressionError(unknown_field(node.name, fields))
        if isinstance(node, Call):
            if node.op not in OPERATORS:
                raise ExpressionError(unknown_operator(node.op))
            wrong = OPERATORS[node.op].fault(node.args)
            if wrong:
                raise ExpressionError(wrong[1])


@dataclass(slots=True)
class _Reader:
    """One formula while it is read. line: the text, what has been read blanked out but for its mark."""

    text: str
    fields: Collection[str] | None
    line: bytearray
    marks: dict[int, Expr] = field(default_factory=dict)

    def read(self, tokens: Sequence[Token]) -> Expr:
        opened: list[tuple[Token, Token | None]] = []
        before: Token | None = None
        earlier: Token | None = None
        for token in tokens:
            if token.text == "(":
                opened.append((token, before if before and _is_called(before, earlier) else None))
            elif token.text == ")":
                if not opened:
                    raise fault("this parenthesis closes nothing", self.text, token.position)
                self._close(*opened.pop(), token)
            before, earlier = token, before
        if opened:
            raise fault("this parenthesis is never closed", self.text, opened[-1][0].position)
        return self._formula(0, len(self.line))

    def _close(self, opening: Token, name: Token | None, closing: Token) -> None:
        """Read what stands between two parentheses and leave a mark for it."""
        inside, end = opening.position + 1, closing.position
        if name:
            begin = mark = name.position
            expr = self._call(name, inside, end)
        else:
            begin, mark = opening.position, inside
            expr = self._formula(inside, end)
        self.line[begin : end + 1] = b" " * (end + 1 - begin)
        self.line[mark : mark + 1] = _MARK.encode()
        self.marks[mark] = expr

    def _formula(self, begin: int, end: int) -> Expr:
        """A flat formula, its parentheses already read."""
        body, offset = self._tree(begin, end, "{}")
        return self._expression(body, offset)[0]

    def _call(self, name: Token, begin: int, end: int) -> Expr:
        operator = OPERATORS.get(ALIASES.get(name.text, name.text))
        if operator is None:
            raise fault(unknown_operator(name.text), self.text, name.position)
        body, offset = self._tree(begin, end, _CALL + "{})")
        if not isinstance(body, ast.Call):
            raise fault(_BROKEN, self.text, begin)
        if operator.chains and len(body.args) > len(operator.params) and not body.keywords:
            return self._joined(operator.name, name.position, [self._expression(arg, offset) for arg in body.args])
        given: dict[str, _Placed] = {}
        if len(body.args) > len(operator.params):
            raise fault(operator.takes(len(body.args) + len(body.keywords)), self.text, name.position)
        for param, arg in zip(operator.params, body.args, strict=False):
            given[param.name] = self._argument(param, arg, offset)
        for argument in body.keywords:
            given.update(self._named(operator, argument, offset, given))
        return self._bound(operator, name.position, given)

    def _named(
        self, operator: Operator, argument: ast.keyword, offset: int, given: Collection[str]
    ) -> dict[str, _Placed]:
        position = argument.col_offset + offset
        named = {param.name: param for param in operator.params}
        named |= {name: Param(name, "number") for name in operator.ignored}
        if argument.arg is None or argument.arg not in named:
            raise fault(f"{operator.signature} has no parameter `{argument.arg or '**'}`", self.text, position)
        if argument.arg in given:
            raise fault(f"{operator.signature} is given `{argument.arg}` twice", self.text, position)
        placed = self._argument(named[argument.arg], argument.value, offset)
        if argument.arg in operator.ignored and (reason := named[argument.arg].fault(placed[0])):
            raise fault(f"{operator.signature}: {reason}", self.text, placed[1])
        return {argument.arg: placed}

    def _argument(self, param: Param, node: ast.expr, offset: int) -> _Placed:
        """An argument; where names stand for numbers, the number."""
        if isinstance(node, ast.Name) and node.id in param.choices:
            return Constant(float(param.choices.index(node.id))), node.col_offset + offset
        return self._expression(node, offset)

    def _bound(self, operator: Operator, position: int, given: dict[str, _Placed]) -> Expr:
        """The call with what was given and the defaults for the rest."""
        placed: list[_Placed] = []
        for param in operator.params:
            if param.name in given:
                placed.append(given[param.name])
            elif param.default is not None:
                placed.append((Constant(param.default), position))
            else:
                raise fault(f"{operator.takes(len(given))}; `{param.name}` is missing", self.text, position)
        return self._built(operator.name, position, placed)

    def _built(self, op: str, position: int, placed: Sequence[_Placed]) -> Expr:
        args = tuple(expr for expr, _ in placed)
        wrong = OPERATORS[op].fault(args)
        if wrong:
            index, reason = wrong
            raise fault(reason, self.text, position if index is None else placed[index][1])
        return Call(op, args)

    def _tree(self, begin: int, end: int, frame: str) -> tuple[ast.expr, int]:
        """The syntax tree of a piece of the line, and what takes its columns to columns of the text."""
        piece = self.line[begin:end].decode("ascii")
        stripped = piece.strip()
        lead = begin + len(piece) - len(piece.lstrip())
        if not stripped and frame == "{}":
            raise fault("nothing stands between these parentheses", self.text, max(begin - 1, 0))
        offset = lead - frame.index("{")
        source = frame.format(stripped)
        try:
            return ast.parse(source, mode="eval").body, offset
        except SyntaxError as error:  # an offset of 0 means the end
            reason, position = _BROKEN, (error.offset - 1 if error.offset else len(source)) + offset
        except (RecursionError, MemoryError):
            reason, position = "too many signs in a row; put parentheses around parts of it", lead
        raise fault(reason, self.text, min(max(position, begin), end))

    def _expression(self, root: ast.expr, offset: int) -> _Placed:
        """One flat syntax tree as an expression, without recursion: sums may have thousands of terms."""
        values: list[_Placed] = []
        stack: list[tuple[ast.expr, bool]] = [(root, False)]
        while stack:
            node, ready = stack.pop()
            operands = self._operands(node, offset)
            if not ready:
                stack.append((node, True))
                stack.extend((operand, False) for operand in reversed(operands))
                continue
            first = len(values) - len(operands)
            value = self._value(node, node.col_offset + offset, values[first:])
            values[first:] = [(value, node.col_offset + offset)]
        return values[0]

    def _operands(self, node: ast.expr, offset: int) -> tuple[ast.expr, ...]:
        match node:
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
                return left, right
            case ast.Compare(left=left, comparators=[right]):
                return left, right
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() | ast.Not(), operand=operand):
                return (operand,)
            case ast.BoolOp(values=values):
                return tuple(values)
            case ast.Name() | ast.Constant():
                return ()
            case ast.Compare():
                reason = "comparisons do not chain; write (a < b) and (b < c)"
            case ast.BinOp():
                reason = "only + - * / ** and comparisons stand between values"
            case _:
                reason = "only names, numbers, calls and signs can stand here"
        raise fault(reason, self.text, node.col_offset + offset)

    def _value(self, node: ast.expr, position: int, args: Sequence[_Placed]) -> Expr:
        match node:
            case ast.Name(id=name):
                return self._field(name, position)
            case ast.BinOp(op=op) | ast.Compare(ops=[op]):
                return self._built(_BINARY[type(op)], position, args)
            case ast.UnaryOp(op=op):
                return self._signed(op, position, args)
            case ast.BoolOp(op=op):
                return self._joined("and" if isinstance(op, ast.And) else "or", position, args)
            case ast.Constant(value=int() | float() as value) if math.isfinite(value):
                return Constant(float(value))
        raise fault("not a number that can be used; the largest is about 1.8e308", self.text, position)

    def _joined(self, op: str, position: int, args: Sequence[_Placed]) -> Expr:
        """x and y and z, or f(x, y, z), from the left."""
        joined = args[0]
        for arg in args[1:]:
            joined = self._built(op, position, [joined, arg]), position
        return joined[0]

    def _signed(self, sign: ast.unaryop, position: int, args: Sequence[_Placed]) -> Expr:
        """-x, +x, not x, or a negative number."""
        operand = args[0][0]
        if isinstance(sign, ast.UAdd):
            return operand
        if isinstance(sign, ast.Not):
            return self._built("not", position, args)
        return Constant(-operand.value) if isinstance(operand, Constant) else self._built("reverse", position, args)

    def _field(self, name: str, position: int) -> Expr:
        if name == _MARK and position in self.marks:
            return self.marks[position]
        present = self.fields
        if name in OPERATORS and (present is None or name not in present):
            example = OPERATORS[name].example
            raise fault(f"`{name}` is an operator; write it with its arguments: {example}", self.text, position)
        if present is not None and name not in present:
            raise fault(unknown_field(name, present), self.text, position)
        return Field(name)


def _is_called(name: Token, before: Token | None) -> bool:
    """Whether a name in front of a parenthesis is called; `and` and `or` may stand between two values instead."""
    between = before is not None and (before.kind != "sign" or before.text == ")") and before.text not in LOGICAL
    return name.kind == "name" and not (name.text in {"and", "or"} and between)
