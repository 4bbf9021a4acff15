"""Panels that nobody wants and everybody meets: empty, narrow, short, flat, missing, infinite."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from lode.engine import Evaluator
from lode.language import OPERATORS, Call, Constant, Field, lookback, parse
from tests.engine.markets import grouped

NAMES = ("open", "high", "low", "close", "volume", "vwap", "returns")
EXAMPLES = [grouped(parse(operator.example)) for operator in OPERATORS.values()]


def panel(sessions, names, fill=None, seed=0):
    draw = np.random.default_rng(seed)
    fields = {name: draw.normal(10, 3, (sessions, names)).astype(np.float32) for name in NAMES}
    if fill is not None:
        fields = {name: np.full((sessions, names), fill, np.float32) for name in NAMES}
    return fields, {"sector": draw.integers(-1, 3, (sessions, names)).astype(np.int32)}


def evaluated(fields, groups, **more):
    """Every operator's example; all that comes out is a number or missing."""
    evaluator = Evaluator(fields, groups, **more)
    shape = next(iter(fields.values())).shape
    found = [values.copy() for values in evaluator.values(EXAMPLES)]
    for expr, values in zip(EXAMPLES, found, strict=True):
        assert values.shape == shape, expr
        assert not np.isinf(values).any(), expr
    return dict(zip(map(str, EXAMPLES), found, strict=True))


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (5, 0), (1, 1), (1, 5), (300, 1), (3, 70)])
@pytest.mark.parametrize("fill", [None, np.nan, np.inf, -np.inf, 0.0, 1e-45, 3.4e38])
def test_every_operator_on_panels_of_any_shape_and_content(shape, fill):
    evaluated(*panel(*shape, fill))


def test_what_is_infinite_counts_as_missing():
    fields, groups = panel(60, 9, seed=3)
    spoilt = {name: values.copy() for name, values in fields.items()}
    for at, bad in ((7, np.inf), (20, -np.inf)):
        for name in NAMES:
            fields[name][at, 2], spoilt[name][at, 2] = np.nan, bad
    for ours, theirs in zip(evaluated(fields, groups).values(), evaluated(spoilt, groups).values(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_day_on_which_all_is_missing_spoils_no_other():
    fields, groups = panel(60, 9, seed=4)
    whole = evaluated(fields, groups)
    for values in fields.values():
        values[30] = np.nan
    holed = evaluated(fields, groups)
    for expr in EXAMPLES:
        ours, theirs = whole[str(expr)], holed[str(expr)]
        np.testing.assert_array_equal(ours[:30], theirs[:30], str(expr))
        assert lookback(expr) > 0 or np.array_equal(np.delete(ours, 30, 0), np.delete(theirs, 30, 0), equal_nan=True), (
            expr
        )


def test_a_day_on_which_nothing_can_be_traded_has_no_value():
    fields, groups = panel(40, 9, seed=5)
    mask = np.ones((40, 9), bool)
    mask[20] = False
    for text, values in evaluated(fields, groups, mask=mask).items():
        assert np.isnan(values[20]).all(), text


@pytest.mark.parametrize("name", [n for n, o in OPERATORS.items() if any(p.kind == "window" for p in o.params)])
@pytest.mark.parametrize("days", [1, 41, 2520])
def test_windows_of_one_session_and_beyond_the_history(name, days):
    fields, groups = panel(40, 9, seed=6)
    operator = OPERATORS[name]
    chosen = {"series": Field("close"), "group": Field("sector"), "window": Constant(days), "number": Constant(1)}
    args = [
        Constant(p.default) if p.kind == "number" and p.default is not None else chosen[p.kind] for p in operator.params
    ]
    expr = Call(name, tuple(args))
    if operator.fault(expr.args):
        assert days == 1  # what needs two values says so
        return
    values = Evaluator(fields, groups).value(expr)
    assert not np.isinf(values).any()


FULL = ("ts_mean", "ts_sum", "ts_std_dev", "ts_delta", "ts_delay", "ts_rank", "ts_min", "ts_max", "slope", "ts_median")


@pytest.mark.parametrize("name", FULL)
def test_a_full_window_that_the_history_does_not_hold_is_missing(name):
    fields, groups = panel(40, 9, seed=7)
    assert np.isnan(Evaluator(fields, groups).value(parse(f"{name}(close, 41)"))).all()
    last = 39 if OPERATORS[name].lookback([None, 2.0]) == 2 else 40
    assert np.isfinite(Evaluator(fields, groups).value(parse(f"{name}(close, {last})"))[-1]).all()


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("ts_mean(close, 1)", "close"),
        ("ts_rank(close, 1)", "close * 0 + 0.5"),
        ("ts_max(close, 1)", "close"),
        ("ts_decay_linear(close, 1)", "close"),
        ("ts_median(close, 1)", "close"),
        ("ts_arg_max(close, 1)", "close * 0"),
        ("ts_product(close, 1)", "close"),
        ("ts_av_diff(close, 1)", "close * 0"),
        ("rank(close - close)", "close * 0 + 0.5"),
        ("normalize(close - close)", "close * 0"),
    ],
)
def test_worked_by_hand(text, want):
    evaluator = Evaluator(*panel(40, 9, seed=8))
    np.testing.assert_allclose(evaluator.value(parse(text)), evaluator.value(parse(want)), rtol=1e-6)


@pytest.mark.parametrize("text", ["zscore(close - close)", "scale(close - close)", "ts_zscore(close - close, 5)",
                                  "ts_corr(close - close, open, 5)", "1 / (close - close)", "log(close - close)",
                                  "group_zscore(close - close, sector)", "ts_scale(close - close, 5)"])  # fmt: skip
def test_what_is_flat_has_no_deviation_to_divide_by(text):
    assert np.isnan(Evaluator(*panel(40, 9, seed=9)).value(parse(text))).all()


def test_600_operators_deep_and_ten_thousand_characters_within_a_bounded_memory():
    """Depth costs time, not panels: 600 of these would be 2.4 GB."""
    program = """
import resource
import numpy as np
from lode.engine import Evaluator
from lode.language import Call, Constant, Field, parse
rows = np.random.default_rng(0).normal(10, 1, (1000, 1000)).astype(np.float32)
evaluator = Evaluator({"close": rows, "open": rows[::-1].copy()}, cache_bytes=16 << 20)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (100 << 20),) * 2)
deep, wide = Field("close"), " + ".join(["close * open"] * 700)
for _ in range(300):
    deep = Call("subtract", (Field("open"), Call("abs", (deep,))))
for expr in (deep, parse(wide)):
    evaluator.value(expr)
assert evaluator.panels_allocated < 20, evaluator.panels_allocated
"""
    if not sys.platform.startswith("linux"):
        pytest.skip("the limit is Linux's")
    subprocess.run([sys.executable, "-c", program], check=True)
