"""gplearn's programs: `sub(div(X0, X1), 0.5)`, as `str(program)` writes them.

gplearn's functions are protected: near zero they give a number of their own. Here the value is missing there.

- `div(x, y)` is 1 where |y| ≤ .001 there, `inv(x)` is 0 where |x| ≤ .001, `log(x)` is log |x|, and 0 where |x| ≤ .001.
  `sqrt(x)` is that of |x| in both.
- `sin`, `cos`, `tan` and functions of one's own (`make_function`) are refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from lode.errors import ExpressionError
from lode.language.dialects.notation import Notation, Word, call, same
from lode.language.dialects.reader import read
from lode.language.expression import Expr

_WAVE = "a period in the size of a number has no meaning for prices"

GPLEARN = Notation(
    name="gplearn",
    words={
        **{name: same(op, 2) for name, op in {"add": "add", "sub": "subtract", "mul": "multiply"}.items()},
        **{name: same(op, 2) for name, op in {"div": "divide", "max": "max", "min": "min"}.items()},
        **{name: same(op, 1) for name, op in {"abs": "abs", "neg": "reverse", "inv": "inverse"}.items()},
        "sig": same("sigmoid", 1),
        "sqrt": Word(1, 1, lambda x: call("sqrt", call("abs", x))),
        "log": Word(1, 1, lambda x: call("log", call("abs", x))),
    },
    refused=dict.fromkeys(("sin", "cos", "tan"), _WAVE),
    infix=False,
    sessions=False,
)
_COLUMN = re.compile(r"\bX([0-9]{1,6})\b")


def from_gplearn(text: str, fields: Sequence[str] = ()) -> Expr:
    """Read a program; ExpressionError points at the place.

    fields: names of the columns that it was fitted on, in their order; X0 is the first. Without them a program names
    its fields itself, as one does that was fitted with `feature_names`.

    >>> str(from_gplearn("sub(div(X0, X1), log(X1))", ["close", "volume"]))
    'close / volume - log(abs(volume))'
    """
    return read(_COLUMN.sub(lambda found: _field(found, fields), text), GPLEARN, set(fields) or None)


def _field(found: re.Match[str], fields: Sequence[str]) -> str:
    number = int(found[1])
    if number >= len(fields):
        given = f"{len(fields)} names of columns were given: {', '.join(fields)}" if fields else "no names were given"
        raise ExpressionError(f"`{found[0]}` is column {number}, counted from 0, and {given}")
    return fields[number]
