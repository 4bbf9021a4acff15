import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lode.engine import KERNELS, Evaluator
from lode.language import OPERATORS, Call, Constant, Field, Numbers
from tests.engine.reference import REFERENCE

SHAPES = [(20, 70), (30, 19), (25, 5), (40, 1), (1, 9), (3, 0), (0, 4), (0, 0)]
CONTENTS = ["plain", "missing", "ties", "flat", "infinite", "spike"]


def content(kind, shape, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(1, 2, shape).astype(np.float32)
    if kind == "ties":
        x = np.round(x)
    if kind == "flat":
        x = np.where(np.arange(shape[1]) % 2, x, np.float32(0.1))
        x[shape[0] // 2 :] = np.float32(-7.3)
    if kind in ("missing", "infinite"):
        x = np.where(rng.random(shape) < 0.05, np.float32(np.nan if kind == "missing" else np.inf), x)
        x = np.where(rng.random(shape) < 0.01, np.float32(-np.inf if kind == "infinite" else np.nan), x)
    if kind == "spike":
        x = np.where(rng.random(shape) < 0.02, np.float32(1e9), x + np.float32(1e3))
    return np.ascontiguousarray(x, np.float32)


def calls(operator):
    """Over several windows, and over each value that a number may take (a few, where it may take any)."""
    yield from over_windows(operator)
    for p in operator.params:
        if p.kind == "number":
            for number in numbers(p):
                yield call(operator, 5, {p.name: number})


def over_windows(operator):
    windows = [1, 2, 5, 17, 100] if any(p.kind == "window" for p in operator.params) else [None]
    for window in windows:
        yield call(operator, window, {})


def call(operator, window, chosen):
    made = bare(operator, window, chosen)
    return Call("group_sum", (Field("y"), made)) if operator.kind == "grouping" else made


def bare(operator, window, chosen):
    series, args = iter("xyz"), []
    for p in operator.params:
        if p.kind == "series":
            args.append(Field(next(series)))
        elif p.kind == "group":
            args.append(Field("country" if Field("sector") in args else "sector"))
        elif p.kind == "edges":
            args.append(Numbers((-1.0, 0.5, 2.0)))
        elif p.kind == "window":
            args.append(Constant(float(max(window, int(p.low)))))
        else:
            args.append(Constant(float(chosen.get(p.name, numbers(p)[0]))))
    return Call(operator.name, tuple(args))


def numbers(param):
    if param.integer:
        return [int(param.default), *range(int(param.low), min(int(param.high), int(param.low) + 9) + 1)]
    return [n for n in (1.5, 0.8, 0.0, 1.0, 30.0) if param.low <= n <= param.high]


def reference(call, arrays):
    args = [
        arrays[a.name] if isinstance(a, Field) else reference(a, arrays) if isinstance(a, Call)
        else a.value if isinstance(a, Constant) else a.values
        for a in call.args
    ]  # fmt: skip
    if not args or all(isinstance(a, float) for a in args):
        return REFERENCE[call.op](*args)[: len(arrays["x"])] + np.zeros(arrays["x"].shape)
    return np.broadcast_to(REFERENCE[call.op](*args), arrays["x"].shape)


def panel(kind, shape, seed=0):
    rng = np.random.default_rng(seed + 99)
    groups = {name: rng.integers(-1, 4, shape).astype(np.int32) for name in ("sector", "country")}
    return {name: content(kind, shape, seed + i) for i, name in enumerate("xyz")}, groups


def same(got, want, scale=1.0):
    assert got.dtype == np.float32
    np.testing.assert_array_equal(np.isnan(got), np.isnan(want))
    np.testing.assert_allclose(got, want, rtol=2e-6, atol=2e-6 * scale)


REMAINDERS = {"resi", "ts_poly_regression", "ts_regression", "regression_neut"}
REMAINDERS |= {"vector_neut", "ts_vector_neut", "group_vector_neut"}
OF_RANKS = {"rank_gmean_amean_diff", "ts_rank_gmean_amean_diff"}


def scale_of(call, want, fields):
    """What rounding is measured by: what a fit leaves may be far smaller than what it is left of."""
    seen = [want, *fields.values()] if call.op in REMAINDERS else [want, np.ones(int(call.op in OF_RANKS))]
    return max(np.nanmax(np.abs(values), initial=1e-9, where=np.isfinite(values)) for values in seen)


def test_every_operator_has_a_kernel_and_a_reference():
    assert KERNELS.keys() == OPERATORS.keys() == REFERENCE.keys()


@pytest.mark.parametrize("name", sorted(OPERATORS))
@pytest.mark.parametrize("kind", CONTENTS)
def test_equals_the_reference(name, kind):
    for shape in SHAPES if kind == "missing" else SHAPES[1:3]:
        fields, groups = panel(kind, shape)
        for call in calls(OPERATORS[name]) if shape[1] < 16 else over_windows(OPERATORS[name]):
            got = Evaluator(fields, groups).value(call)
            want = reference(call, {**fields, **groups})
            same(got, want, scale=scale_of(call, want, fields))


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_equals_the_reference_on_any_cells(data):
    shape = data.draw(st.tuples(st.integers(1, 7), st.integers(1, 6)))
    cells = st.sampled_from([0.0, -0.0, 1.0, -1.0, 2.5, 1e-3, 1e4, -3.25, np.nan, np.inf, 1.0000001, 3e38])
    draw = lambda: np.array(  # noqa: E731
        data.draw(st.lists(cells, min_size=shape[0] * shape[1], max_size=shape[0] * shape[1])), np.float32
    ).reshape(shape)
    fields = {name: draw() for name in "xyz"}
    cell = np.arange(shape[0] * shape[1]).reshape(shape)
    groups = {"sector": (cell % 3 - 1).astype(np.int32), "country": (cell // 2 % 3 - 1).astype(np.int32)}
    operator = OPERATORS[data.draw(st.sampled_from(sorted(OPERATORS)))]
    for call in calls(operator):
        got, want = Evaluator(fields, groups).value(call), reference(call, {**fields, **groups})
        same(got, want, scale=scale_of(call, want, fields))
