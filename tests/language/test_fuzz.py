"""Whatever text is given, every reader answers with an expression or an ExpressionError, soon, and runs nothing.

Two seconds here, ten minutes under `make soak`. Texts are grown from formulas by cutting, doubling, swapping and
throwing in what has broken parsers before.
"""

from __future__ import annotations

import contextlib
import copy
import os
import random
import sys
import time

import pytest

from lode.errors import ExpressionError
from lode.language import OPERATORS, canonical, check, expression_id, lookback, parse, unit
from lode.language.dialects import from_alphagen, from_qlib, read_any

SECONDS = 600.0
SLOW = 5.0
FIELDS = {"open", "high", "low", "close", "volume", "vwap", "returns", "sector"}
_DIALECTS = (
    "Ref($close, 5)/$close", "Corr($close/Ref($close,1), Log($volume/Ref($volume, 1)+1), 5)",
    "Sub(EMA($close,20d),Delta($low,50d))", "If($close>$open, Rank($close, 9), ~$volume)", "Mul(Constant(2.0),$vwap)",
)  # fmt: skip
SEEDS = [operator.example for operator in OPERATORS.values()] + list(_DIALECTS)
_WORDS = (
    "** // <= == and or not lambda yield await := 1e400 1e-400 0x1f 1_000 nan inf close sector ts_mean( f( if_else("
)
_WORDS += (
    " d= x= x=x 5d *close **close close, ,0) ,-1) ,2.5) ,1e9) __import__('os') \u0441lose \ufb01 \u200b \u202e \ud800"
)
PIECES = (
    *_WORDS.split(),
    "\\\n",
    *" \t\n\r\0()[]{}.,:;=+-*/<>!~^&|%@#$?'\"\\`_0123456789dexy",
    *(piece * 300 for piece in ("9", "(", ")", "-", "not ", "abs(")),
)


def grown(draw: random.Random) -> str:
    text = draw.choice(SEEDS)
    for _ in range(draw.randint(1, 5)):
        at, to = sorted(draw.randint(0, len(text)) for _ in range(2))
        change = draw.randint(0, 6)
        if change == 0:
            text = text[:at] + text[to:]
        elif change == 1:
            text = text[:at] + draw.choice(PIECES) + text[at:]
        elif change == 2:
            text = text[:to] + text[at:]
        elif change == 3:
            text = text[:at] + draw.choice(SEEDS) + text[to:]
        elif change == 4:
            text = text[:at] + draw.choice(PIECES) * draw.randint(1, 40) + text[to:]
        elif change == 5:
            text = draw.choice(list(OPERATORS)) + "(" + text + draw.choice((")", ", 5)", ", sector)", ",close,5)"))
        else:
            text = f"({text}){draw.choice('+-*/<')}({draw.choice(SEEDS)})"
    return text[:30_000]


def points_into_the_text(fault: ExpressionError) -> None:
    assert fault.position is None or 0 <= fault.position <= max(len(fault.text), 1)
    str(fault).encode("utf-8", "backslashreplace")


def holds(text: str) -> bool:
    """Try every reader on the text, and whatever is read on everything that takes expressions; True where one read."""
    read = False
    for reader in (parse, from_qlib, from_alphagen, read_any):
        for fields in (None, FIELDS):
            try:
                found = reader(text, fields)
            except ExpressionError as fault:
                points_into_the_text(fault)
                continue
            read = True
            expr = found[0] if isinstance(found, tuple) else found
            check(expr)
            assert copy.deepcopy(expr) == expr
            lookback(expr)
            with contextlib.suppress(ExpressionError):
                unit(expr)
            if len(str(expr)) <= 20_000:
                assert parse(str(expr)) == expr
            form = canonical(expr)
            assert canonical(form) == form, text
            assert expression_id(form) == expression_id(expr)
    return read


@pytest.mark.timeout(1200)
def test_any_text_is_read_or_explained(soak_scale):
    seconds = SECONDS if soak_scale == 1.0 else 2.0
    seed = int(os.environ.get("LODE_FUZZ_SEED", "0")) or (time.time_ns() if soak_scale == 1.0 else 20261122)
    draw, begun, tried, read, slowest = random.Random(seed), time.monotonic(), 0, 0, 0.0
    ran: list[str] = []
    watching = [True]
    sys.addaudithook(lambda event, _: ran.append(event) if watching[0] and event in {"exec", "os.system"} else None)
    try:
        while time.monotonic() - begun < seconds:
            text, started = grown(draw), time.process_time()
            try:
                read += holds(text)
            except BaseException as broken:
                raise AssertionError(f"seed {seed}, text {text!r}") from broken
            tried, slowest = tried + 1, max(slowest, time.process_time() - started)
            assert slowest < SLOW, f"seed {seed}: {slowest:.1f} s for {text!r}"
    finally:
        watching[0] = False
    assert not ran, ran[:3]
    assert read > tried / 50
    print(f"{tried:,} texts, {read:,} read, slowest {slowest:.2f} s, seed {seed}")
