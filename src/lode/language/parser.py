"""Formula text to expression, by Python's own grammar and without ever running anything.

1. The text is cut into tokens; whatever is not a name, a number, a sign or a list in quotes is refused. Quotes are
   blanked out in the text with a mark in their place.
2. Innermost first, each parenthesis is read by `ast` as a flat formula, then blanked out in the text with a mark in
   its place. So nesting costs neither Python's limit of 200 parentheses nor its stack, and columns stay true.
3. Each node that `ast` gives becomes a `Field`, a `Constant` or a checked `Call`; there is no other case.
"""

from __future__ import annotations

import ast
import math
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from lode.errors import ExpressionError
from lode.language.calls import MARK, Calls, Placed
from lode.language.expression import Call, Constant, Expr, Field, postorder
from lode.language.operators import OPERATORS
from lode.language.scanner import LOGICAL, NO_STRINGS, TRUTHS, Token, fault, scan
from lode.language.suggestions import unknown_field, unknown_operator

_BLANKS = str.maketrans("\t\r\n", "   ")
_CALL = "f("
# Python 3.11 counts the depth of the tree that it makes once for all threads, and raises SystemError where another one
# comes in between (python/cpython#106905). Reentrant: what a garbage collection runs may read a formula too.
_ONE_AT_A_TIME = threading.RLock()
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
    calls: Calls = field(init=False)

    def __post_init__(self) -> None:
        self.calls = Calls(self.text, self._expression)

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
            elif token.kind == "text":
                self._take_out(token)
            before, earlier = token, before
        if opened:
            raise fault("this parenthesis is never closed", self.text, opened[-1][0].position)
        return self._formula(0, len(self.line))

    def _take_out(self, token: Token) -> None:
        """Leave a mark for what stands in quotes."""
        end = token.position + len(token.text)
        self.line[token.position : end] = MARK.encode().ljust(len(token.text))
        self.calls.texts[token.position] = token.text[1:-1]

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
        self.line[mark : mark + 1] = MARK.encode()
        self.marks[mark] = expr

    def _formula(self, begin: int, end: int) -> Expr:
        """A flat formula, its parentheses already read."""
        body, offset = self._tree(begin, end, "{}")
        return self._expression(body, offset)[0]

    def _call(self, name: Token, begin: int, end: int) -> Expr:
        body, offset = self._tree(begin, end, _CALL + "{})")
        if not isinstance(body, ast.Call):
            raise fault(_BROKEN, self.text, begin)
        return self.calls.read(name, body, offset)

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
            with _ONE_AT_A_TIME:
                return ast.parse(source, mode="eval").body, offset
        except SyntaxError as error:  # an offset of 0 means the end
            reason, position = _BROKEN, (error.offset - 1 if error.offset else len(source)) + offset
        except (RecursionError, MemoryError):
            reason, position = "too many signs in a row; put parentheses around parts of it", lead
        raise fault(reason, self.text, min(max(position, begin), end))

    def _expression(self, root: ast.expr, offset: int) -> Placed:
        """One flat syntax tree as an expression, without recursion: sums may have thousands of terms."""
        values: list[Placed] = []
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

    def _value(self, node: ast.expr, position: int, args: Sequence[Placed]) -> Expr:
        match node:
            case ast.Name(id=name):
                return self._field(name, position)
            case ast.BinOp(op=op) | ast.Compare(ops=[op]):
                return self.calls.built(_BINARY[type(op)], position, args)
            case ast.UnaryOp(op=op):
                return self._signed(op, position, args)
            case ast.BoolOp(op=op):
                return self.calls.joined("and" if isinstance(op, ast.And) else "or", position, args)
            case ast.Constant(value=int() | float() as value) if math.isfinite(value):
                return Constant(float(value))
        raise fault("not a number that can be used; the largest is about 1.8e308", self.text, position)

    def _signed(self, sign: ast.unaryop, position: int, args: Sequence[Placed]) -> Expr:
        """-x, +x, not x, or a negative number."""
        operand = args[0][0]
        if isinstance(sign, ast.UAdd):
            return operand
        if isinstance(sign, ast.Not):
            return self.calls.built("not", position, args)
        return (
            Constant(-operand.value) if isinstance(operand, Constant) else self.calls.built("reverse", position, args)
        )

    def _field(self, name: str, position: int) -> Expr:
        if name == MARK and position in self.marks:
            return self.marks[position]
        if name == MARK and position in self.calls.texts:
            raise fault(NO_STRINGS, self.text, position)
        present = self.fields
        if name.lower() in TRUTHS and (present is None or name not in present):
            return Constant(TRUTHS[name.lower()])
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
