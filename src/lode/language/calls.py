"""The arguments of a call, bound to the operator's parameters and options."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from lode.language import quoted
from lode.language.expression import Call, Constant, Expr, Numbers
from lode.language.operators import ALIASES, OPERATORS, Operator, Param
from lode.language.scanner import NO_STRINGS, TRUTHS, Token, fault
from lode.language.suggestions import unknown_operator

MARK = "_"
Placed: TypeAlias = tuple[Expr, int]


@dataclass(slots=True)
class Calls:
    """Makes calls of syntax. text: the formula. expression: reads a node that starts at an offset.

    texts: what stands in quotes, by the place of the mark that it left.
    """

    text: str
    expression: Callable[[ast.expr, int], Placed]
    texts: dict[int, str] = field(default_factory=dict)

    def read(self, name: Token, body: ast.Call, offset: int) -> Expr:
        """The call of an operator by name; ExpressionError at the argument that cannot stand there."""
        operator = self._meant(name, len(body.args) + len(body.keywords))
        if operator.chains and len(body.args) > len(operator.params):
            params = _repeated(operator, len(body.args))
        else:
            params = [*operator.params, *operator.options]
        if len(body.args) > len(params):
            raise fault(operator.takes(len(body.args) + len(body.keywords)), self.text, name.position)
        given: dict[str, Placed] = {}
        placed = [self._argument(param, arg, offset, param.name) for param, arg in zip(params, body.args, strict=False)]
        if len(placed) > len(operator.params) and operator.chains:
            self._name(operator, body.keywords, offset, given)
            return self._chained(operator, params, [*body.args], placed, given)
        given.update({param.name: one for param, one in zip(params, placed, strict=False)})
        self._name(operator, body.keywords, offset, given)
        call = self.built(operator.name, name.position, self._bound(operator, name.position, given))
        return self._meaning(operator, call.args, given) or call

    def built(self, op: str, position: int, placed: Sequence[Placed]) -> Call:
        """The call, its arguments checked."""
        args = tuple(expr for expr, _ in placed)
        wrong = OPERATORS[op].fault(args)
        if wrong:
            index, reason = wrong
            raise fault(reason, self.text, position if index is None else placed[index][1])
        return Call(op, args)

    def joined(self, op: str, position: int, args: Sequence[Placed]) -> Expr:
        """x and y and z, from the left."""
        joined = args[0]
        for arg in args[1:]:
            joined = self.built(op, position, [joined, arg]), position
        return joined[0]

    def _meant(self, name: Token, given: int) -> Operator:
        """The operator of this name, in small or capital letters; its overload where one argument more is given."""
        spelled = name.text if name.text in OPERATORS or name.text in ALIASES else name.text.lower()
        operator = OPERATORS.get(ALIASES.get(spelled, spelled))
        if operator is None:
            raise fault(unknown_operator(name.text), self.text, name.position)
        return OPERATORS[operator.overload] if operator.overload and given > len(operator.params) else operator

    def _name(self, operator: Operator, keywords: Sequence[ast.keyword], offset: int, given: dict[str, Placed]) -> None:
        """Put what is given by name among `given`."""
        named = {name.lower(): p for p in (*operator.params, *operator.options) for name in (p.name, *p.also)}
        for keyword in keywords:
            position, spelled = keyword.col_offset + offset, keyword.arg or "**"
            param = named.get(spelled.lower())
            if param is None:
                raise fault(f"{operator.signature} has no parameter `{spelled}`", self.text, position)
            if param.name in given:
                raise fault(f"{operator.signature} is given `{spelled}` twice", self.text, position)
            given[param.name] = self._argument(param, keyword.value, offset, spelled.lower())

    def _argument(self, param: Param, node: ast.expr, offset: int, spelled: str) -> Placed:
        """An argument; where names or quotes stand for numbers, the numbers."""
        position = node.col_offset + offset
        if isinstance(node, ast.Name):
            if node.id == MARK and position in self.texts:
                return self._quoted(param, spelled, position), position
            number = param.number_of(node.id)
            if number is not None:
                return Constant(number), position
        return self.expression(node, offset)

    def _quoted(self, param: Param, spelled: str, position: int) -> Expr:
        """What the text in quotes says for this parameter."""
        content = self.texts[position]
        try:
            if param.kind == "edges":
                return Numbers(quoted.edges(spelled, content))
            if param.kind == "ignore":
                return Numbers(quoted.left_out(content))
            number = param.number_of(content.strip())
            if number is None and param.kind in {"window", "number"} and not param.choices:
                number = quoted.number(content)
        except quoted.QuotedError as error:
            reason, at = f"{spelled}: {error.reason}", position + 1 + error.offset
            raise fault(reason, self.text, at) from None
        if number is None:
            allowed = f"{param.name} must be {param.range}" if param.choices else NO_STRINGS
            raise fault(allowed, self.text, position)
        return Constant(number)

    def _bound(self, operator: Operator, position: int, given: dict[str, Placed]) -> list[Placed]:
        """What was given for the operator's own parameters, and the defaults for the rest."""
        placed: list[Placed] = []
        for param in operator.params:
            if param.name in given:
                placed.append(given[param.name])
            elif param.default is not None:
                placed.append((Constant(param.default), position))
            else:
                missing = " or ".join(f"`{name}`" for name in (param.name, *(param.also if param.is_list else ())))
                raise fault(f"{operator.takes(len(given))}; {missing} is missing", self.text, position)
        return placed

    def _chained(
        self,
        operator: Operator,
        params: Sequence[Param],
        nodes: Sequence[ast.expr],
        placed: Sequence[Placed],
        given: dict[str, Placed],
    ) -> Expr:
        """f(x, y, z, …): joined from the left, or as the operator says."""
        for param, node, (arg, position) in zip(params, nodes, placed, strict=True):
            reason = param.fault(arg)
            if not reason and operator.options and isinstance(node, ast.Name) and node.id in TRUTHS:
                reason = f"options are given by name here: {operator.options[0].name}={node.id.lower()}"
            if reason:
                raise fault(f"{operator.signature}: {reason}", self.text, position)
        if operator.meaning is None:
            return self.joined(operator.name, placed[0][1], placed)
        args = tuple(expr for expr, _ in placed)
        return self._meaning(operator, args, given) or operator.meaning(operator.name, args, _defaults(operator))

    def _meaning(self, operator: Operator, args: tuple[Expr, ...], given: dict[str, Placed]) -> Expr | None:
        """What the call means with its options; None where all of them have their defaults."""
        options = _defaults(operator)
        for param in operator.options:
            if param.name in given:
                options[param.name], position = given[param.name]
                if reason := param.fault(options[param.name]):
                    raise fault(f"{operator.signature}: {reason}", self.text, position)
        changed = options != _defaults(operator)
        return operator.meaning(operator.name, args, options) if changed and operator.meaning else None


def _defaults(operator: Operator) -> dict[str, Expr]:
    return {
        param.name: Numbers(()) if param.kind == "ignore" else Constant(param.default or 0.0)
        for param in operator.options
    }


def _repeated(operator: Operator, count: int) -> list[Param]:
    """The parameters of a chain: the first as often as is needed, then those that are no series."""
    last = [param for param in operator.params if param.kind != operator.params[0].kind]
    return [operator.params[0]] * (count - len(last)) + last
