from itertools import product

from lode.language import OPERATORS, Call, Constant, Field, Unit
from lode.search.every import every_expression
from lode.search.grammar import EXPONENTS, POWERS, Grammar
from lode.search.space import SearchSpace

UNITS = {"close": Unit.PRICE, "volume": Unit.SHARES, "sector": Unit.GROUP}
OPERATORS_TRIED = ["divide", "greater", "group_mean", "if_else", "power", "rank", "subtract", "ts_delta", "ts_mean"]


def space(largest=16, operators=OPERATORS_TRIED, history=12):
    return SearchSpace.of(UNITS, history=history, operators=operators, max_size=largest)


def every_tree(among, largest):
    """All trees of up to so many nodes, whether they are well-typed or not, made from the leaves up."""
    numbers = {0.0, *EXPONENTS, *map(float, among.windows)}
    made = {1: [*map(Field, UNITS), *map(Constant, numbers)]}
    for size in range(2, largest + 1):
        made[size] = [
            Call(name, args)
            for name in among.operators
            for sizes in product(range(1, size), repeat=len(OPERATORS[name].params))
            if sum(sizes) == size - 1
            for args in product(*(made[part] for part in sizes))
        ]
    return [tree for trees in made.values() for tree in trees]


def on_the_grid(expr):
    """Numbers among the operands stand where the grammar puts some: exponents, and zero beside a comparison."""
    if not isinstance(expr, Call):
        return True
    for place, (param, arg) in enumerate(zip(OPERATORS[expr.op].params, expr.args, strict=True)):
        if param.kind == "series" and isinstance(arg, Constant):
            exponent = expr.op in POWERS and place == 1 and arg.value in EXPONENTS
            if not exponent and (expr.op, place, arg.value) != ("greater", 1, 0.0):
                return False
    return all(map(on_the_grid, expr.args))


def test_all_of_a_small_space_and_nothing_else():
    among = space()
    brute = {tree for tree in every_tree(among, 4) if not isinstance(tree, Constant)}
    expected = {tree for tree in brute if on_the_grid(tree) and among.holds(tree)}
    found = list(every_expression(Grammar(among), seed=1, largest=4))
    assert set(found) == expected
    assert len(found) == len(expected)
    assert len(expected) > 60


def test_conditions_and_larger_trees_are_reached():
    among = space(operators=["greater", "if_else"])
    found = {str(expr) for expr in every_expression(Grammar(among), seed=1, largest=6)}
    assert "if_else(close > 0, volume, close)" not in found  # a price is no number of shares
    among = SearchSpace.of({"close": Unit.PRICE, "open": Unit.PRICE}, operators=["greater", "if_else"])
    found = {str(expr) for expr in every_expression(Grammar(among), seed=1, largest=6)}
    assert "if_else(close > open, open, close)" in found


def test_the_smaller_come_first_in_an_order_of_the_seed():
    one = list(every_expression(Grammar(space()), seed=1, largest=5))
    other = list(every_expression(Grammar(space()), seed=2, largest=5))
    assert [expr.size for expr in one] == sorted(expr.size for expr in one)
    assert one != other
    assert set(one) == set(other)
