from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lode.language import BAR_FIELDS, Unit, parse
from lode.search.derivation import Derivation, Places, steps
from lode.search.grammar import Grammar
from lode.search.space import SearchSpace

GRAMMAR = Grammar(SearchSpace.of(BAR_FIELDS, history=1500))
PLACES = Places(GRAMMAR)


def test_steps_write_operators_before_their_operands():
    assert list(steps(parse("ts_corr(close, -volume, 10)"))) == ["ts_corr", "close", "reverse", "volume", "#10"]


@given(st.integers(0, 2**32))
def test_what_is_written_step_by_step_is_the_expression(seed):
    expr = GRAMMAR.fresh(Random(seed))
    if expr is not None:
        derivation = Derivation.start(PLACES, expr.size)
        for step in steps(expr):
            assert derivation.write(step)
        assert derivation.whole == expr
        assert derivation.room == 0


@given(st.integers(0, 2**32), st.integers(3, 11))
def test_options_are_shares_and_keep_within_the_size(seed, size):
    rng, derivation, sound = Random(seed), Derivation.start(PLACES, size), True
    while sound and derivation.whole is None:
        options = derivation.options()
        assert sum(options.values()) == pytest.approx(1.0)
        copy = derivation.copy()
        step = rng.choices(list(options), list(options.values()))[0]
        sound = derivation.write(step)
        assert copy.write(step) == sound
        assert copy == derivation
    if derivation.whole is not None:
        assert derivation.whole.size <= size
        assert all(GRAMMAR.space.sensible(node) for node in [derivation.whole])


def test_numbers_stand_where_the_grammar_has_them():
    power, condition = Derivation.start(PLACES, 9), Derivation.start(PLACES, 9)
    for step in ("power", "close"):
        power.write(step)
    assert set(power.options()) == {"#0.5", "#2", "#3"}
    condition.write("if_else")
    assert set(condition.options()) == {"greater"}
    for step in ("greater", "close"):
        condition.write(step)
    assert "#0" in condition.options()


def test_a_call_that_breaks_a_rule_is_refused_when_it_is_complete():
    derivation = Derivation.start(PLACES, 9)
    assert [derivation.write(step) for step in ("add", "close", "volume")] == [True, True, False]


def test_what_only_keeps_the_order_of_names_does_not_stand_outermost():
    outermost = Derivation.start(PLACES, 9).options()
    assert "rank" not in outermost
    assert {"ts_mean", "close", "group_rank"} <= outermost.keys()


def test_a_space_of_one_field_has_options():
    places = Places(Grammar(SearchSpace.of({"close": Unit.PRICE}, operators=["rank"])))
    assert Derivation.start(places, 5).options() == {"close": 1.0}
