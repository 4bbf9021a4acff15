"""Formula text as tokens: names, numbers, signs, and numbers or a name in quotes. Anything else is refused here.

So nothing but these ever reaches Python's parser: no attributes, brackets, line breaks, or words of Python but `and`,
`or`, `not`, `True` and `False`; what stands in quotes does not reach it either.
"""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from typing import Literal

from lode.errors import ExpressionError

LONGEST_TEXT = 20_000
_LONGEST_NUMBER = 40
_LONGEST_NAME = 100

LOGICAL = frozenset({"and", "or", "not"})
TRUTHS = {"true": 1.0, "false": 0.0, "True": 1.0, "False": 0.0}
NO_STRINGS = (
    "there are no strings, but for numbers and names that stand in quotes as a parameter, such as "
    'bucket(rank(close), range="0, 1, 0.1") or driver="gaussian"'
)
_TOKEN = re.compile(
    r"""(?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?![A-Za-z0-9_.])
      | (?P<text>"[A-Za-z0-9_.,+ -]*"|'[A-Za-z0-9_.,+ -]*')
      | (?P<sign>\*\*|<=|>=|==|!=|[-+*/<>=(),])
      | (?P<blank>[ \t\r\n]+)""",
    re.VERBOSE,
)
_HINTS = {
    "^": "powers are written x ** y",
    "$": "fields are written without `$`: close",
    ";": "there is one formula; write what a name stands for in its place",
    "?": "a choice is written if_else(condition, x, y)",
    ":": "a choice is written if_else(condition, x, y)",
    "&": "conditions are combined with `and`",
    "|": "conditions are combined with `or`",
    ".": "there are no attributes",
    "!": "a condition is negated with not(x)",
    "'": NO_STRINGS,
    '"': NO_STRINGS,
    "[": "arguments stand in round parentheses",
    "{": "arguments stand in round parentheses",
}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text with the column where it starts; blanks are left out."""

    kind: Literal["name", "number", "text", "sign"]
    text: str
    position: int


def fault(reason: str, text: str, position: int) -> ExpressionError:
    """The error at `position`, to be raised; what a terminal cannot print is shown as a blank."""
    shown = "".join(char if char.isprintable() else " " for char in text)
    return ExpressionError(reason, shown, min(position, len(shown)))


def scan(text: str) -> list[Token]:
    """All tokens of `text`, or ExpressionError at the first character that is not part of the language."""
    if len(text) > LONGEST_TEXT:
        reason = f"the expression has {len(text)} characters; the longest that is read has {LONGEST_TEXT}"
        raise ExpressionError(reason)
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _refusal(text, position)
        if match.lastgroup != "blank":
            tokens.append(_token(match, text))
        position = match.end()
    return tokens


def _token(match: re.Match[str], text: str) -> Token:
    found, position = match.group(), match.start()
    if match.lastgroup == "name":
        reason = "" if found in LOGICAL or found in TRUTHS else no_name(found)
        if reason:
            raise fault(reason, text, position)
        return Token("name", found, position)
    if match.lastgroup == "number":
        if len(found) > _LONGEST_NUMBER:
            raise fault(f"a number of {len(found)} characters; numbers have at most {_LONGEST_NUMBER}", text, position)
        return Token("number", found, position)
    if match.lastgroup == "text":
        if position and (text[position - 1].isalnum() or text[position - 1] in "_\"'"):
            raise fault("a sign or a comma is missing in front of the quote", text, position)
        return Token("text", found, position)
    return Token("sign", found, position)


def no_name(word: str) -> str:
    """Why a word cannot be a name; empty where it can."""
    if keyword.iskeyword(word):
        return f"`{word}` is a word of Python, not of the language"
    return f"a name of {len(word)} characters; names have at most {_LONGEST_NAME}" if len(word) > _LONGEST_NAME else ""


def _refusal(text: str, position: int) -> ExpressionError:
    char = text[position]
    if char.isascii() and char.isdigit():
        return fault("not a number; numbers are written 20, 0.5 or 1e-6", text, position)
    shown = f"`{char}`" if char.isprintable() else f"the character U+{ord(char):04X}"
    hint = f": {_HINTS[char]}" if char in _HINTS else ""
    return fault(f"{shown} is not part of the language{hint}", text, position)
