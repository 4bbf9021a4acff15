"""From a language model's answer to expressions of the space; what does not fit is dropped and counted by reason."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lode.errors import ExpressionError
from lode.language import Call, Expr, lookback, parse, unit
from lode.search.idea import NOTHING, idea
from lode.search.space import SearchSpace

LONGEST_ANSWER = 50_000  # characters that are read; an answer is some thousand
LONGEST_TEXT = 400  # characters of one expression; sixteen nodes take far less
MOST_TEXTS = 400
_MOST_ARRAYS = 50

UNREADABLE = "not an expression of the fields and operators here"
TOO_LONG = f"longer than {LONGEST_TEXT} characters"
TOO_LARGE = "too many nodes"
TOO_FAR = "looks back too far"
WRONG_UNITS = "units do not fit"
NOT_SEARCHED = "says nothing, or by an operator that is not searched"
REPEATED = "the same idea as another"
SURPLUS = "more than were wanted"

_THOUGHTS = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
_BULLET = re.compile(r"^\s*(?:[-*•]|\d{1,3}[.)])\s+")
_COMMENT = re.compile(r"\s(?:#|//).*$")
_ORDER_ONLY = frozenset({"normalize", "rank", "scale", "zscore"})


@dataclass(frozen=True)
class Reading:
    """What an answer holds: expressions of the space, no two of one idea, and counts of the rest by reason."""

    expressions: tuple[Expr, ...]
    dropped: Mapping[str, int]


def read_answer(answer: str, space: SearchSpace, *, most: int) -> Reading:
    """Read at most `most` expressions from an answer: a JSON array of texts, or one expression a line.

    Never raises for what the answer holds. Prose around an array, Markdown fences, numbered lines, an array that was
    cut off and objects with the key `expression` are understood.
    """
    kept: dict[str, Expr] = {}
    dropped: Counter[str] = Counter()
    for number, text in enumerate(texts_of(answer)):
        if number >= MOST_TEXTS or len(kept) >= most:
            dropped[SURPLUS] += 1
            continue
        read = _read(text, space)
        if isinstance(read, str):
            dropped[read] += 1
        elif (key := idea(read, space.fields)) == NOTHING:
            dropped[NOT_SEARCHED] += 1
        elif key in kept:
            dropped[REPEATED] += 1
        else:
            kept[key] = read
    return Reading(tuple(kept.values()), dict(dropped))


def texts_of(answer: str) -> list[str]:
    """The texts of an answer that stand for expressions, in their order."""
    text = _THOUGHTS.sub(" ", answer[:LONGEST_ANSWER])
    arrays = [found for found in _arrays(text) if found]
    if arrays:
        return max(arrays, key=len)
    if '"' in text and "[" in text:  # an array that was cut off
        return _QUOTED.findall(text[text.index("[") :])
    return [line for line in map(_plain, text.splitlines()) if line]


def _arrays(text: str) -> Iterator[list[str]]:
    """Texts of the JSON arrays in a text: the first few, since an expression has no brackets."""
    decoder, start = json.JSONDecoder(), -1
    for _ in range(_MOST_ARRAYS):
        if (start := text.find("[", start + 1)) < 0:
            return
        try:
            value, _end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        yield [each for each in map(_text_in, value) if each]


def _text_in(value: object) -> str:
    """The text of an element: itself, or what an object has under `expression`."""
    found = value.get("expression") if isinstance(value, dict) else value
    return found.strip() if isinstance(found, str) else ""


def _plain(line: str) -> str:
    """A line without what a list, a fence or a comment puts around an expression."""
    bare = _COMMENT.sub("", _BULLET.sub("", line)).strip().rstrip(",;").strip("`\"' \t")
    return "" if bare.lower() in {"", "json", "[", "]"} else bare


def _read(text: str, space: SearchSpace) -> Expr | str:
    """The expression of a text, or the reason why it is none of the space."""
    if len(text) > LONGEST_TEXT:
        return TOO_LONG
    try:
        expr = _upright(parse(text, space.fields))
    except ExpressionError:
        return UNREADABLE
    return _misfit(expr, space) or expr


def _misfit(expr: Expr, space: SearchSpace) -> str:
    if expr.size > space.max_size:
        return TOO_LARGE
    try:
        unit(expr, space.fields)
        if lookback(expr) > space.max_lookback:
            return TOO_FAR
    except ExpressionError:
        return WRONG_UNITS
    return "" if space.holds(expr) else NOT_SEARCHED


def _upright(expr: Expr) -> Expr:
    """`expr` without a minus in front or right within a rank: the direction comes from train, so that it says nothing.

    Formulas in print have one often, and `reverse` is not searched.
    """
    while isinstance(expr, Call) and expr.op == "reverse":
        expr = expr.args[0]
    if isinstance(expr, Call) and expr.op in _ORDER_ONLY:
        inner = expr.args[0]
        if isinstance(inner, Call) and inner.op == "reverse":
            return _upright(Call(expr.op, (inner.args[0], *expr.args[1:])))
    return expr
