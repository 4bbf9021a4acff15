from itertools import islice

from lode.language import BAR_FIELDS, Unit, expression_id
from lode.search.grammar import Grammar
from lode.search.small import TEMPLATES, small_expressions
from lode.search.space import SearchSpace

GRAMMAR = Grammar(SearchSpace.of(BAR_FIELDS, history=1500))


def first(count, seed=1, shard=0, shards=1):
    return list(islice(small_expressions(GRAMMAR, seed, shard, shards), count))


def test_all_are_held_by_the_space():
    assert all(GRAMMAR.space.holds(expr) for expr in first(300))


def test_shards_share_next_to_nothing():
    parts = [{expression_id(expr) for expr in first(120, shard=shard, shards=4)} for shard in range(4)]
    assert len(set.union(*parts)) > 0.98 * sum(len(part) for part in parts)


def test_the_seed_decides():
    assert first(60) == first(60)
    assert first(60) != first(60, seed=2)


def test_early_ones_span_operators_fields_and_windows():
    early = first(600)
    assert {"ts_corr", "ts_rank", "ts_std_dev", "divide", "group_mean", "ts_arg_max", "ts_delta", "abs"} <= {
        expr.op for expr in early if hasattr(expr, "op")
    }
    assert frozenset().union(*(expr.fields for expr in early)) == BAR_FIELDS.keys()
    assert max(expr.size for expr in early) <= 9


def test_ends_when_a_tiny_space_has_run_dry():
    space = SearchSpace.of({"close": Unit.PRICE}, history=20, operators=["rank", "ts_delta"])
    found = {str(expr) for expr in small_expressions(Grammar(space), seed=1)}
    assert {"close", "ts_delta(close, 1)", "ts_delta(close, 3)", "ts_delta(ts_delta(close, 1), 2)"} <= found
    assert "ts_delta(ts_delta(close, 3), 3)" not in found  # looks back further than a quarter of the history


def test_templates_are_small():
    assert all(text.count("F") <= 4 for text in TEMPLATES)
