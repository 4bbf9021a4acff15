from __future__ import annotations

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from lode.engine import Blocks, Evaluator, declare, forget
from lode.errors import DataError, ExpressionError
from lode.evidence.leaks import Subject, check_leaks
from lode.language import FIELD_UNITS, OPERATORS, Param, Unit, canonical, lookback, own_operators, parse, unit
from lode.search import SearchSpace, make_searcher
from tests.engine.markets import market
from tests.evidence.conftest import make_panel


@pytest.fixture(autouse=True)
def _none_stays():
    yield
    for name in own_operators():
        forget(name)


def midrange(name="ts_midrange", **declaration):
    def function(x, d):
        """The middle between the largest and the smallest."""
        out = np.full_like(x, np.nan)
        if len(x) >= d:
            windows = sliding_window_view(x, d, axis=0)
            out[d - 1 :] = (windows.max(axis=2) + windows.min(axis=2)) / 2
        return out

    function.__name__ = name
    return declare("time series", x="series", d="window", **declaration)(function)


def test_it_is_an_operator_as_any_other():
    midrange(missing="NaN where any is")
    expr = parse("rank(ts_midrange(ts_delta(close, 3), 5)) + ts_midrange(2, 5)", {"close"})
    assert lookback(expr) == 4 + 3
    assert unit(parse("ts_midrange(close, 5)"), FIELD_UNITS) == Unit.PRICE
    assert parse(str(canonical(expr))) == canonical(expr)
    operator = OPERATORS["ts_midrange"]
    assert (operator.signature, operator.nan_rule) == ("ts_midrange(x, d)", "NaN where any is")
    assert operator.formula == "The middle between the largest and the smallest."
    with pytest.raises(ExpressionError, match="d must be a whole number from 1 to 2520, not 0"):
        parse("ts_midrange(close, 0)")


def test_its_values_are_the_functions_own_in_blocks_of_any_height():
    function = midrange()
    fields, _ = market()
    expr = parse("ts_midrange(close, 7)")
    np.testing.assert_array_equal(Evaluator(fields).value(expr), function(fields["close"], 7))
    nested = parse("rank(ts_mean(ts_midrange(ts_delta(close, 2), 7), 3))")
    whole = Evaluator(fields).value(nested)
    for height in (1, 13):
        found = np.empty_like(whole)
        Blocks([nested], fields, height=height, threads=2).fill([found])
        np.testing.assert_array_equal(found, whole)


def test_numbers_groups_defaults_and_units():
    @declare("group", x="series", g="group", k=Param("k", "number", default=2.0, low=0, high=9), unit=Unit.RATIO)
    def scaled_in(x, g, k=2.0):
        assert g.dtype == np.int32
        return np.where(g == 0, x * k, 0)

    fields, groups = market()
    values = Evaluator(fields, groups).value(parse("scaled_in(close, sector)"))
    expected = np.where(groups["sector"] == 0, fields["close"] * 2, 0)
    np.testing.assert_array_equal(values, expected.astype(np.float32))
    values = Evaluator(fields).value(parse('scaled_in(close, bucket(volume, buckets="20"))'))
    expected = np.where(fields["volume"] < 20, fields["close"] * 2, 0)
    np.testing.assert_array_equal(values, expected.astype(np.float32))
    assert unit(parse("scaled_in(close, sector, 3)"), FIELD_UNITS) == Unit.RATIO
    assert lookback(parse("scaled_in(close, sector)")) == 0
    with pytest.raises(ExpressionError, match="from 0 to 9"):
        parse("scaled_in(close, sector, 10)")


def test_infinities_become_missing_and_constants_fold():
    @declare("elementwise", x="series", y="series")
    def over(x, y):
        with np.errstate(divide="ignore", invalid="ignore"):
            return x / y

    fields, _ = market()
    values = Evaluator(fields).value(parse("over(close, 0)"))
    assert np.isnan(values).all()
    np.testing.assert_array_equal(
        Evaluator(fields).value(parse("close + over(6, 3)")), Evaluator(fields).value(parse("close + 2"))
    )


def test_search_asks_for_it_and_holds_it_to_the_rules():
    midrange()
    fields = {name: FIELD_UNITS[name] for name in market()[0]}
    assert SearchSpace.of(fields).holds(parse("ts_midrange(close, 10) / close"))
    assert not SearchSpace.of(fields).holds(parse("ts_midrange(close, 10) + volume"))
    searcher = make_searcher("random", fields=fields, seed=1, shard=0, shards=1, budget=300, history=500)
    assert any("ts_midrange" in str(expr) for expr in searcher.ask(300))


def test_a_centred_window_is_caught_by_the_leak_checks():
    @declare("time series", x="series", d="window")
    def ts_centred_mean(x, d):
        out = np.full_like(x, np.nan)
        half = d // 2
        if len(x) >= d:
            out[half : half + len(x) - d + 1] = sliding_window_view(x, d, axis=0).mean(axis=2)
        return out

    midrange()
    rng = np.random.default_rng(0)
    panel = make_panel(50 * np.exp(np.cumsum(0.02 * rng.standard_normal((300, 20)), axis=0)))

    def outcome(text):
        expr = parse(text)
        subject = Subject(lambda p: Evaluator(p.fields).value(expr), fields=expr.fields, lookback=lookback(expr))
        checks = check_leaks(subject, panel, rebuild=lambda session: panel.slice(0, _row(panel, session) + 1))
        return {check.name: check.outcome for check in checks}

    sound, leaking = outcome("rank(ts_midrange(close, 9))"), outcome("rank(ts_centred_mean(close, 9))")
    assert (sound["scramble"], sound["cut"]) == ("passed", "passed")
    assert (leaking["scramble"], leaking["cut"]) == ("failed", "failed")


def _row(panel, session):
    return int(np.searchsorted(panel.sessions, session))


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (lambda x: x[1:], r"returned float32 \(\d+, 7\); a panel of numbers is needed, float32 \(\d+, 7\)"),
        (lambda x: None, "returned NoneType"),
        (lambda x: x.astype(str), "returned <U32"),
        (lambda x: x.mean(), "returned float32; "),
        (lambda x: 1 / 0, "failed: ZeroDivisionError"),
        (lambda x: x.fill(0), "failed: ValueError: assignment destination is read-only"),
    ],
)
def test_what_is_no_panel_is_refused_when_it_is_declared(returned, said):
    def bad(x):
        return returned(x)

    with pytest.raises(DataError, match=f"own operator `bad` {said}"):
        declare("elementwise", x="series")(bad)
    assert own_operators() == ()


def test_a_lookback_that_is_not_true_is_refused():
    def running(x, d):
        total = np.cumsum(np.nan_to_num(x), axis=0)
        return total - np.concatenate([np.zeros_like(total[:d]), total[:-d]])[: len(x)]

    with pytest.raises(ExpressionError, match=r"declares a lookback of 4 sessions \(running\(close, 5\)\), but"):
        declare("time series", x="series", d="window")(running)
    with pytest.raises(ExpressionError, match="declares a lookback of 1 sessions"):
        midrange(lookback=1)
    midrange(lookback=lambda d: d + 2)
    assert lookback(parse("ts_midrange(close, 10)")) == 12


def test_wrong_declarations_say_what_is_allowed():
    def last(d, x):
        return x

    with pytest.raises(ExpressionError, match=r"takes \(d, x\), its declaration is of \(x, d\)"):
        declare("time series", x="series", d="window")(last)
    with pytest.raises(ExpressionError, match="series come first"):
        declare("time series", d="window", x="series")(last)
    with pytest.raises(ExpressionError, match="x is 'serie'; allowed are series, group, window, number"):
        declare("elementwise", x="serie")(lambda x: x)
    for taken in ("rank", "close", "Mine"):
        with pytest.raises(ExpressionError, match=f"own operator `{taken}`: allowed are small letters"):
            midrange(taken)
