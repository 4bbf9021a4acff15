from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from lode.language import BAR_FIELDS, check, lookback, parse, unit
from lode.search.grammar import Grammar
from lode.search.space import SearchSpace

SPACE = SearchSpace.of(BAR_FIELDS, history=800)
GRAMMAR = Grammar(SPACE)


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32), size=st.integers(1, 16))
def test_grown_expressions_are_well_typed_and_bounded(seed, size):
    expr = GRAMMAR.factor(Random(seed), size)
    if expr is not None:
        check(expr)
        assert unit(expr, BAR_FIELDS).kind != "group"
        assert expr.size <= size
        assert lookback(expr) <= SPACE.max_lookback
        assert parse(str(expr)) == expr


def test_fresh_expressions_have_about_eight_nodes_and_use_everything():
    rng = Random(1)
    drawn = [expr for expr in (GRAMMAR.fresh(rng) for _ in range(1500)) if expr is not None]
    assert len(drawn) > 750
    assert 7.5 < sum(expr.size for expr in drawn) / len(drawn) < 9
    text = " ".join(str(expr) for expr in drawn)
    assert all(f"{name}(" in text for name in ("ts_corr", "ts_rank", "group_neutralize", "if_else", "rank", "log"))
    assert frozenset().union(*(expr.fields for expr in drawn)) == BAR_FIELDS.keys()
