from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lode.language import BAR_FIELDS, parse
from lode.search import variation
from lode.search.grammar import Grammar
from lode.search.space import SearchSpace

GRAMMAR = Grammar(SearchSpace.of(BAR_FIELDS, history=1500))
PARENT, OTHER = parse("rank(ts_corr(close, volume, 10))"), parse("ts_mean(returns, 20) / ts_std_dev(returns, 60)")


def children(move, parent=PARENT, count=200):
    rng = Random(3)
    return {str(child) for child in (move(GRAMMAR, rng, parent, OTHER) for _ in range(count)) if child is not None}


def test_shift_window_moves_along_the_grid_and_between():
    windows = {int(text.rstrip(")").split(", ")[-1]) for text in children(variation.shift_window)}
    assert {5, 8, 15, 20} <= windows
    assert min(windows) >= 5
    assert windows - set(GRAMMAR.space.windows)


def test_swap_operator_keeps_the_arguments():
    assert {"rank(ts_covariance(close, volume, 10))", "zscore(ts_corr(close, volume, 10))"} <= children(
        variation.swap_operator
    )


def test_swap_field_takes_mostly_the_same_unit():
    assert {"rank(ts_corr(vwap, volume, 10))", "rank(ts_corr(close, dollar_volume, 10))"} <= children(
        variation.swap_field
    )


def test_hoist_shrinks():
    assert children(variation.hoist) == {"ts_corr(close, volume, 10)", "close", "volume", "rank(close)", "rank(volume)"}


def test_transpose_exchanges_an_operator_with_the_one_below():
    parent = parse("ts_mean(ts_std_dev(returns, 20), 5)")
    assert children(variation.transpose, parent) == {"ts_std_dev(ts_mean(returns, 5), 20)"}


def test_graft_puts_something_small_in_the_place_of_a_node():
    assert any("ts_corr(close / " in text for text in children(variation.graft, count=2000))


def test_cross_takes_a_part_of_the_other():
    assert "rank(ts_corr(close, ts_std_dev(returns, 60), 10))" in children(variation.cross)


def test_combine_joins_both():
    assert all("close" in text and "returns" in text for text in children(variation.combine))


def test_distil_keeps_to_what_the_parents_are_made_of():
    assert "ts_corr(close, returns, 20)" in children(variation.distil, count=6000)


def test_moves_that_need_what_a_field_has_not_say_so():
    for move in (
        variation.shift_window,
        variation.swap_operator,
        variation.hoist,
        variation.transpose,
        variation.change_number,
    ):
        assert children(move, parse("close")) == set()


def test_change_number_draws_numbers():
    assert "winsorize(returns, std=2)" in children(variation.change_number, parse("winsorize(returns, std=4)"))


@pytest.mark.parametrize("moves", [variation.REFINING, variation.BREEDING], ids=["refining", "breeding"])
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_children_are_held_by_the_space(moves, seed):
    rng = Random(seed)
    expr = PARENT
    for _ in range(20):
        child = variation.vary(GRAMMAR, rng, (expr, OTHER), moves)
        if child is not None:
            assert GRAMMAR.space.holds(child)
            assert child != expr
            expr = child
