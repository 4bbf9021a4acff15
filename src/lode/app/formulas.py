"""What stands in a formula, explained in the words of the operators' own declarations. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from lode.errors import ExpressionError
from lode.language import FIELD_UNITS, OPERATORS, Call, Field, Operator, parse, postorder


@dataclass(frozen=True)
class Part:
    """An operator or field: its name, how it is written, its value, when that is missing, its unit and lookback."""

    name: str
    written: str
    meaning: str
    missing: str
    unit: str
    lookback: str


def parts_of(expression: str) -> tuple[Part, ...]:
    """Operators of a formula, the outermost first, then its fields; none where it cannot be read here."""
    try:
        tree = parse(expression)
    except ExpressionError:
        return ()
    nodes = list(postorder(tree))
    operators = dict.fromkeys(node.op for node in reversed(nodes) if isinstance(node, Call))
    fields = dict.fromkeys(node.name for node in nodes if isinstance(node, Field))
    return (*(_operator(OPERATORS[name]) for name in operators), *(_field(name) for name in fields))


def _operator(operator: Operator) -> Part:
    ties = f"; ties: {operator.tie_rule}" if operator.tie_rule else ""
    unit, lookback = (_said(rule.__doc__) for rule in (operator.rule, operator.lookback))
    return Part(operator.name, operator.signature, f"{operator.formula}{ties}", operator.nan_rule, unit, lookback)


def _field(name: str) -> Part:
    known = str(FIELD_UNITS[name]) if name in FIELD_UNITS else "of your own column"
    meaning = "a field: of each name, as known at the session's close"
    return Part(name, name, meaning, "where it was not known", known, "0")


def _said(text: str | None) -> str:
    told = (text or "").strip().split("\n")[0].rstrip(".")
    return told[:1].lower() + told[1:]
