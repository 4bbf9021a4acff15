"""One form, and one id, for all spellings of a formula.

Commutative arguments are sorted, constants folded, identities removed (`rules.py` lists them). The form is for
telling formulas apart and for naming them; the engine runs the expression as it was written.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

from lode.language.expression import Call, Expr, postorder
from lode.language.folding import OutOfRangeError
from lode.language.linear import Linear, of
from lode.language.rules import RULES
from lode.language.scaling import plain

_KEPT_IDS = 1024  # those of the library, which every sheet is compared with, and of what was tried last


def canonical(expr: Expr) -> Expr:
    """The canonical form of an expression; the form of a form is itself.

    Two expressions with the same form have the same values wherever float32 neither overflows nor runs out of digits.
    """
    known: dict[int, Linear] = {}
    for node in postorder(expr):
        args = [known[id(arg)] for arg in node.children]
        known[id(node)] = _reduced(node, args) if isinstance(node, Call) else of(node)
    return known[id(expr)].expr


def expression_id(expr: Expr) -> str:
    """The factor's id: the first 16 hex digits of the sha256 of the canonical form's text."""
    return _id(expr)


@lru_cache(maxsize=_KEPT_IDS)
def _id(expr: Expr) -> str:
    return hashlib.sha256(str(canonical(expr)).encode()).hexdigest()[:16]


def _reduced(call: Call, args: list[Linear]) -> Linear:
    try:
        return RULES.get(call.op, plain)(call.op, args)
    except (OutOfRangeError, OverflowError):
        return of(Call(call.op, tuple(arg.expr for arg in args)))
