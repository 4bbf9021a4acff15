from dataclasses import replace

import numpy as np
import pytest

from lode.engine import KERNELS, Evaluator, Kernel
from lode.errors import DataError, ExpressionError
from lode.language import Call, Constant, Field, parse
from tests.engine.markets import NESTED, market

FIELDS, GROUPS = market()


def test_a_batch_has_the_values_of_each_expression_alone():
    texts = [*NESTED, *NESTED, "close", "ts_mean(close, 5)", "ts_mean(close, 5) + ts_mean(close, 5)"]
    batch = Evaluator(FIELDS, GROUPS)
    for _ in range(3):
        for text, values in zip(texts, batch.values([parse(text) for text in texts]), strict=True):
            np.testing.assert_array_equal(values, Evaluator(FIELDS, GROUPS, cache_bytes=0).value(parse(text)))


def test_common_parts_are_computed_once():
    calls = []

    def counted(site, arguments, out):
        calls.append(1)
        KERNELS["ts_mean"].run(site, arguments, out)

    kernels = {**KERNELS, "ts_mean": Kernel("time series", 1, counted)}
    evaluator = Evaluator(FIELDS, GROUPS, kernels=kernels)
    exprs = [parse(f"rank(ts_mean(close, 9)) * {k} - ts_mean(close, 9)") for k in range(2, 9)]
    list(evaluator.values(exprs))
    assert len(calls) == 1
    list(evaluator.values(exprs))  # seen twice: from now on kept between batches
    list(evaluator.values(exprs))
    assert len(calls) == 2


def test_any_operator_on_arrays_can_be_added():
    def double(_, arguments, out):
        np.multiply(arguments[0], 2, out=out)

    evaluator = Evaluator(FIELDS, kernels={**KERNELS, "double": Kernel("time series", 1, double)})
    np.testing.assert_array_equal(evaluator.value(Call("double", (Field("close"),))), FIELDS["close"] * 2)


def test_the_callers_array_is_its_own():
    evaluator = Evaluator(FIELDS)
    close = evaluator.value(Field("close"))
    close[:] = 0
    assert evaluator.value(Field("close")).any()
    mean = evaluator.value(parse("ts_mean(close, 3)"))
    evaluator.value(parse("ts_mean(volume, 3)"))
    np.testing.assert_array_equal(mean, evaluator.value(parse("ts_mean(close, 3)")))


def test_yielded_arrays_are_read_only():
    for values in Evaluator(FIELDS).values([Field("close"), parse("close + 1")]):
        assert not values.flags.writeable


def test_constants_need_no_panel_and_constant_expressions_fold():
    evaluator = Evaluator(FIELDS)
    assert (evaluator.value(parse("2 * 3 - 1")) == 5).all()
    assert evaluator.value(Constant(7)).shape == FIELDS["close"].shape
    assert np.isnan(evaluator.value(parse("log(0 - 1) + 2"))).all()
    assert (evaluator.value(parse("rank(2)")) == 0.5).all()
    mean = evaluator.value(Call("ts_mean", (Constant(0.1), Constant(4))))
    assert np.isnan(mean[:3]).all()
    assert (mean[3:] == np.float32(0.1)).all()
    np.testing.assert_array_equal(evaluator.value(parse("1 / close")), evaluator.value(parse("inverse(close)")))


def test_two_hundred_deep_needs_few_panels():
    expr = Field("close")
    for i in range(200):
        expr = Call("ts_mean", (Call("add", (expr, Field("volume"))), Constant(1 + i % 3)))
    evaluator = Evaluator(FIELDS, cache_bytes=0)
    evaluator.value(expr)
    assert evaluator.panels_allocated <= 3


def test_a_wide_tree_needs_about_the_logarithm_of_its_size():
    row = [Call("ts_delay", (Field("close"), Constant(i))) for i in range(1, 129)]
    while len(row) > 1:
        row = [Call("add", (row[i], row[i + 1])) for i in range(0, len(row), 2)]
    evaluator = Evaluator(FIELDS, cache_bytes=0)
    evaluator.value(row[0])
    assert evaluator.panels_allocated <= 10


def test_memory_stays_within_the_cache_and_the_working_set():
    panel = FIELDS["close"].nbytes
    evaluator = Evaluator(FIELDS, cache_bytes=5 * panel)
    exprs = [parse(f"rank(ts_mean(close, {d})) + ts_delta(volume, {d}) * ts_mean(close, {d})") for d in range(1, 40)]
    for _ in range(3):
        list(evaluator.values(exprs + exprs))
    assert evaluator.panels_allocated <= 5 + 5


def test_the_mask_hides_names_from_their_session_and_from_the_result():
    mask = np.random.default_rng(1).random(FIELDS["close"].shape) < 0.7
    evaluator = Evaluator(FIELDS, GROUPS, mask=mask)
    hidden = {name: np.where(mask, field, np.float32(np.nan)) for name, field in FIELDS.items()}
    for text in ("rank(close)", "group_neutralize(volume, sector)", "zscore(returns)"):
        np.testing.assert_array_equal(evaluator.value(parse(text)), Evaluator(hidden, GROUPS).value(parse(text)))
    through = evaluator.value(parse("ts_mean(close, 5)"))
    np.testing.assert_array_equal(through, np.where(mask, Evaluator(FIELDS).value(parse("ts_mean(close, 5)")), np.nan))
    assert np.isnan(evaluator.value(Constant(1))[~mask]).all()


def test_infinities_count_as_missing():
    close = FIELDS["close"].copy()
    close[3, 4] = np.inf
    evaluator = Evaluator({"close": close})
    assert np.isnan(evaluator.value(Field("close"))[3, 4])
    assert evaluator.value(parse("is_nan(close)"))[3, 4] == 1
    assert np.isnan(evaluator.value(parse("ts_delay(close, 1)"))[4, 4])


@pytest.mark.parametrize(
    ("expr", "message"),
    [
        (Field("closs"), "no field closs in this panel; present are close, high, low, open, returns, sector, volume"),
        (Call("frobnicate", (Field("close"),)), "no kernel for frobnicate"),
        (Field("sector"), "`sector` is a group"),
        (Call("rank", (Field("sector"),)), "`sector` is a group"),
        (
            Call("group_mean", (Field("close"), Field("volume"))),
            "a series or a number is no group; groups of this panel are: sector",
        ),
        (Call("ts_mean", (Field("close"), Field("volume"))), "must be a number"),
    ],
)
def test_what_cannot_be_computed_is_named(expr, message):
    with pytest.raises(ExpressionError, match=message):
        list(Evaluator(FIELDS, GROUPS).values([expr]))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "no field was given"),
        ({"close": np.zeros((3, 2))}, "field close must be a .* of float32, not float64"),
        ({"close": np.zeros((3, 2), np.float32).T}, "field close is not row-major"),
        ({"a": np.zeros((3, 2), np.float32), "b": np.zeros((3, 3), np.float32)}, "field b has the shape"),
        ({"close": [1.0]}, "not list"),
    ],
)
def test_unfit_arrays_are_refused(fields, message):
    with pytest.raises(DataError, match=message):
        Evaluator(fields)


def test_read_only_fields_are_fine():
    close = FIELDS["close"].copy()
    close.flags.writeable = False
    assert np.isfinite(Evaluator({"close": close}).value(parse("rank(close)"))).any()


@pytest.mark.parametrize("cache_bytes", [0, 60 * 37 * 4, 1 << 20])
def test_percentiles_of_one_window_are_computed_together_and_stay_what_they_are(cache_bytes):
    fields, _ = market()
    texts = [f"ts_percentile(close * 2, {d}, percentage={p})" for d in (5, 20) for p in (0.2, 0.8, 0.35)]
    exprs = [parse(text) for text in (*texts, "ts_median(close * 2, 5)", "rank(ts_median(close * 2, 5))", texts[0])]
    alone = [Evaluator(fields).value(expr) for expr in exprs]
    evaluator = Evaluator(fields, cache_bytes=cache_bytes)
    for _ in range(2):
        for want, got in zip(alone, evaluator.values(exprs), strict=True):
            np.testing.assert_array_equal(got, want)


def test_percentiles_of_one_window_are_one_call_of_the_core(monkeypatch):
    fields, _ = market()
    runs = []

    def together(x, calls, out):
        runs.append(len(calls))
        KERNELS["ts_median"].together(x, calls, out)

    kernel = replace(KERNELS["ts_percentile"], together=together)
    exprs = [parse(f"ts_percentile(close, 9, percentage={p})") for p in (0.1, 0.2, 0.8)]
    evaluator = Evaluator(fields, kernels={**KERNELS, "ts_percentile": kernel})
    assert len([value.copy() for value in evaluator.values(exprs)]) == 3
    assert runs == [3]
