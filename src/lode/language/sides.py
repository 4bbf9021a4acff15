"""Rules of what has sides that may change places: one order, and one sign, of the arguments."""

from __future__ import annotations

from collections.abc import Sequence

from lode.language.expression import Call, Constant
from lode.language.linear import Linear, of
from lode.language.ordering import order
from lode.language.scaling import Args, plain

_OPPOSITE = {"min": "max", "max": "min"}


def side_order(arg: Linear) -> tuple[object, ...]:
    """The order of the sides of what is symmetric."""
    content, rest = arg.split()
    return arg.is_constant, order(rest.expr), abs(content), content < 0


def extreme(op: str, args: Args) -> Linear:
    """min and max: nested ones flattened, equal ones dropped, the sign of the first positive."""
    parts = {part.expr: part for arg in args for part in _parts(op, arg)}.values()
    constants = [part.constant for part in parts if part.is_constant]
    flat = sorted((part for part in parts if not part.is_constant), key=side_order)
    if constants:
        flat.append(of(Constant((min if op == "min" else max)(constants))))
    sign = 1.0
    if flat[0].split()[0] < 0:
        op, sign = _OPPOSITE[op], -1.0
        flat = [part.times(-1) for part in flat]
    if len(flat) == 1:
        return flat[0].times(sign)
    built = flat[0].expr
    for part in flat[1:]:
        built = Call(op, (built, part.expr))
    return Linear({built: sign}, parts=tuple(flat))


def _parts(op: str, arg: Linear) -> Sequence[Linear]:
    if not arg.parts or arg.constant:
        return (arg,)
    ((term, weight),) = arg.terms.items()
    if not isinstance(term, Call) or abs(weight) != 1:
        return (arg,)
    if term.op != (op if weight == 1 else _OPPOSITE[op]):
        return (arg,)
    return [part.times(weight) for part in arg.parts]


def less(op: str, args: Args) -> Linear:
    """All four orders as `less`: a > b is b < a, and a <= b is 1 - (b < a)."""
    if all(arg.is_constant for arg in args):
        return plain(op, args)
    left, right = args if op in {"less", "greater_equal"} else args[::-1]
    if min((left, right), key=side_order).split()[0] < 0:
        left, right = right.times(-1), left.times(-1)
    less = plain("less", [left, right])
    return less if op in {"less", "greater"} else of(Constant(1)).plus(less, -1)


def equal(op: str, args: Args) -> Linear:
    """One order of the sides, and one sign."""
    if all(arg.is_constant for arg in args):
        return plain(op, args)
    sides = sorted(args, key=side_order)
    if sides[0].split()[0] < 0:
        sides = [side.times(-1) for side in sides]
    equal = plain("equal", sides)
    return equal if op == "equal" else of(Constant(1)).plus(equal, -1)


def if_else(op: str, args: Args) -> Linear:
    """A constant condition chooses; factors of the condition do not matter; a complement swaps the choices."""
    condition, x, y = args
    if condition.is_constant:
        return x if condition.constant else y
    rest = condition.split()[1]
    if isinstance(rest.expr, Call) and rest.expr.op in {"less_equal", "not_equal"}:
        return plain(op, [of(Constant(1)).plus(rest, -1), y, x])
    return plain(op, [rest, x, y])
