"""Depth, length and names beyond what anybody writes: an answer or an explanation, not a crash."""

from __future__ import annotations

import contextlib
import pickle
import subprocess
import sys

import pytest

from lode.errors import ExpressionError
from lode.language import (
    OPERATORS,
    Call,
    Constant,
    Field,
    Numbers,
    canonical,
    check,
    expression_id,
    lookback,
    parse,
    unit,
)

FIELDS = {"open", "high", "low", "close", "volume", "sector"}


def nested(name, depth):
    """An operator around itself `depth` times, by its first series or group; buckets of what has buckets."""
    operator, params = OPERATORS[name], OPERATORS[name].params
    stand_ins = {"series": Field("open"), "group": Field("sector"), "window": Constant(5), "number": Constant(1)}
    stand_ins |= {"edges": Numbers((1, 2))}
    rest = [Constant(p.default) if p.default is not None else stand_ins[p.kind] for p in params]
    kind = "series" if any(p.kind == "series" for p in params) else "group"
    first = next(i for i, param in enumerate(params) if param.kind == kind)
    expr = Field("close") if kind == "series" else Field("sector")
    for _ in range(depth):
        expr = Call(name, tuple(expr if i == first else arg for i, arg in enumerate(rest)))
        if operator.kind == "grouping" and kind == "series":
            expr = Call("group_rank", (Field("close"), expr))
    return expr


def everything(expr):
    """Whatever the language does with an expression."""
    check(expr)
    assert canonical(canonical(expr)) == canonical(expr)
    assert len(expression_id(expr)) == 16
    assert pickle.loads(pickle.dumps(expr)) == expr  # noqa: S301  its own
    assert lookback(expr) >= 0
    with contextlib.suppress(ExpressionError):
        unit(expr)


@pytest.mark.parametrize("name", [name for name, o in OPERATORS.items() if o.params[0].kind in {"series", "group"}])
def test_every_operator_nested_200_deep(name):
    expr = nested(name, 200)
    everything(expr)
    assert parse(str(expr)) == expr


@pytest.mark.parametrize("name", ["reverse", "ts_delta", "rank", "min"])
def test_nested_5000_deep(name):
    everything(nested(name, 5000))


def test_what_repeats_its_argument_does_not_grow_without_bounds():
    """Written out, 200 deviations from the mean in a row would be 2 ** 200 terms."""
    assert canonical(nested("ts_av_diff", 200)).size < 10_000
    assert canonical(nested("regression_neut", 200)).size < 10_000


@pytest.mark.parametrize(
    "text",
    [
        " + ".join(["close"] * 1250),
        "-" * 200 + "close",
        "(" * 4000 + "close" + ")" * 4000,
        "abs(" * 2000 + "close" + ")" * 2000,
    ],
)
def test_ten_thousand_characters(text):
    everything(parse(text, FIELDS))


def test_a_million_characters_are_refused_within_a_bounded_memory():
    program = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (256 << 20,) * 2)\n"
        "from lode.errors import ExpressionError\n"
        "from lode.language import parse\n"
        "from lode.language.dialects import read_any\n"
        "for text in ('close + ' * 125_000, '(' * 10**6, '$close' + ' + $close' * 110_000, 'f (' + ' ' * 10**6):\n"
        "    for read in (parse, read_any):\n"
        "        try: read(text)\n"
        "        except ExpressionError as fault: assert 'the longest that is read has 20000' in str(fault)\n"
        "        else: raise SystemExit('it was read')\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    ("text", "position", "said"),
    [
        ("close + 1e400", 8, "the largest is about 1.8e308"),
        ("close + 0x10", 8, "numbers are written 20, 0.5 or 1e-6"),
        ("close + 1_000", 8, "numbers are written 20, 0.5 or 1e-6"),
        ("close * nan", 8, "unknown field `nan`"),
        ("close - inf", 8, "unknown field `inf`"),
        ("cl\0ose", 2, r"U\+0000"),
        ("\u0441lose", 0, "is not part of the language"),
        ("close \u2212 open", 6, "is not part of the language"),
        ("clo\u200bse", 3, r"U\+200B"),
        ("ts_mean(close, 0)", 15, "from 1 to 2520, not 0"),
        ("ts_mean(close, -5)", 15, "from 1 to 2520, not -5"),
        ("ts_mean(close, 2.5)", 15, "from 1 to 2520, not 2.5"),
        ("ts_mean(close, 1e9)", 15, "from 1 to 2520"),
        ("ts_mean(close, open)", 15, "not open"),
        ("ts_mean(close)", 0, "takes 2 arguments, not 1; `d` is missing"),
        ("close + ts_meen(close, 5)", 8, "did you mean `ts_mean`"),
        ("rank(clse)", 5, "did you mean `close`"),
        ("-" * 5000 + "close", 0, "too many signs in a row"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_pointed_at(text, position, said):
    with pytest.raises(ExpressionError, match=said) as caught:
        parse(text, FIELDS)
    assert caught.value.position == position
