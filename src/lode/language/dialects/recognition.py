"""A formula typed by hand, in whichever syntax: qlib's and AlphaGen's are known by their dollar signs and names."""

from __future__ import annotations

import re
from collections.abc import Collection

from lode.language.dialects.alphagen import ALPHAGEN, from_alphagen
from lode.language.dialects.qlib import QLIB, from_qlib
from lode.language.expression import Expr
from lode.language.operators import ALIASES, OPERATORS
from lode.language.parser import parse
from lode.language.scanner import LONGEST_TEXT

_CALLED = re.compile(r"(?<![A-Za-z0-9_$.])[A-Za-z_][A-Za-z0-9_]*(?=\s{0,9}\()")
_FIELD = re.compile(r"\$[A-Za-z_]")
_DAYS = re.compile(r",\s{0,9}[-+]?[0-9.]+d\s{0,9}\)")
_QLIB, _ALPHAGEN = ({*notation.words, *notation.refused} for notation in (QLIB, ALPHAGEN))


def read_any(text: str, fields: Collection[str] | None = None) -> tuple[Expr, str | None]:
    """The expression, and the dialect that it was read as: `qlib`, `AlphaGen`, or None for the language itself.

    A dialect's text has `$close` or names that only the dialect has, and no operator of the language; without a dollar
    sign the language's operators may be written in capitals (`Rank(close)`). It is AlphaGen's
    where windows are written `20d` or a name is AlphaGen's alone, otherwise qlib's. ExpressionError points at the
    place.

    >>> expression, dialect = read_any("Ref($close, 5)/$close")
    >>> dialect, str(expression)
    ('qlib', 'ts_delay(close, 5) / close')
    """
    dialect = recognised(text)
    if dialect is None:
        return parse(text, fields), None
    return (from_qlib if dialect == QLIB.name else from_alphagen)(text, fields), dialect


def recognised(text: str) -> str | None:
    """Whose syntax the text is in: `qlib`, `AlphaGen`, or None."""
    if len(text) > LONGEST_TEXT:
        return None
    called = set(_CALLED.findall(text))
    dollars, own = _FIELD.search(text), {*OPERATORS, *ALIASES}
    if called & own or (called and not dollars and {name.lower() for name in called} <= own):
        return None
    if not (dollars or called & (_QLIB | _ALPHAGEN)):
        return None
    return ALPHAGEN.name if _DAYS.search(text) or called & (_ALPHAGEN - _QLIB) else QLIB.name
