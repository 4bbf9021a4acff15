from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given

from lode.errors import ExpressionError
from lode.language import Call, Constant, Field, Numbers, parse, postorder
from tests.language.strategies import expressions


def test_size_counts_nodes_and_depth_counts_levels():
    expr = parse("rank(-ts_delta(close, 5))")
    assert (expr.size, expr.depth) == (5, 4)
    assert (Field("close").size, Field("close").depth) == (1, 1)


def test_fields_include_groups():
    assert parse("group_rank(close / open, sector)").fields == {"close", "open", "sector"}


def test_children_of_leaves_are_none():
    assert Field("close").children == Constant(1.0).children == ()


def test_nodes_cannot_be_changed():
    call = parse("rank(close)")
    with pytest.raises(AttributeError):
        call.op = "zscore"
    with pytest.raises(AttributeError):
        Field("close").name = "open"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_constants_are_finite(value):
    with pytest.raises(ExpressionError, match="finite"):
        Constant(value)


def test_minus_zero_is_zero():
    assert str(Constant(-0.0)) == "0"


def test_equality_distinguishes_operators_arguments_and_kinds():
    assert parse("rank(close)") == parse("rank( close )")
    assert parse("rank(close)") != parse("zscore(close)")
    assert parse("rank(close)") != parse("rank(open)")
    assert parse("rank(close)") != "rank(close)"
    assert Field("close") != Constant(1.0)


@given(expressions())
def test_pickled_and_copied_trees_are_equal(expr):
    for twin in (pickle.loads(pickle.dumps(expr)), copy.deepcopy(expr)):  # noqa: S301
        assert twin == expr
        assert hash(twin) == hash(expr)
        assert (twin.size, twin.depth) == (expr.size, expr.depth)


def test_depth_beyond_the_interpreters_stack():
    expr, twin = Field("close"), Field("close")
    for _ in range(5000):
        expr, twin = Call("rank", (expr,)), Call("rank", (twin,))
    assert expr == twin
    assert expr != Call("rank", (twin,))
    assert expr.depth == 5001
    assert expr.fields == {"close"}
    assert str(expr).startswith("rank(rank(")
    assert pickle.loads(pickle.dumps(expr)) == expr  # noqa: S301


def test_shared_branches_are_walked_once():
    expr = Field("close")
    for _ in range(100):
        expr = Call("add", (expr, expr))
    assert expr.size == 2**101 - 1
    assert len(list(postorder(expr))) == 101
    assert pickle.loads(pickle.dumps(expr)) == expr  # noqa: S301
    assert expr.fields == {"close"}


def test_a_list_of_numbers_is_a_leaf():
    edges = Numbers((1, 2.5))
    assert (edges.size, edges.depth, edges.children, edges.fields) == (1, 1, (), frozenset())
    assert str(edges) == '"1, 2.5"'
    assert pickle.loads(pickle.dumps(edges)) == edges != Numbers((1, 2))  # noqa: S301
    assert str(Numbers((-0.0,))) == '"0"'
    with pytest.raises(ExpressionError, match="finite"):
        Numbers((1, float("nan")))
