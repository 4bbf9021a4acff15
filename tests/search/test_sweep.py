from lode.language import BAR_FIELDS
from lode.search.grammar import Grammar
from lode.search.protocol import Assignment
from lode.search.small import small_expressions
from lode.search.space import SearchSpace
from lode.search.sweep import Sweep

GRAMMAR = Grammar(SearchSpace.of(BAR_FIELDS, history=1500))


def test_goes_on_from_a_place_and_leaves_out_what_is_not_new():
    whole = Sweep(GRAMMAR, Assignment(1))
    first = [whole.next(lambda _: True) for _ in range(20)]
    expected = small_expressions(GRAMMAR, 1)
    assert first == [next(expected) for _ in range(20)]
    later = Sweep(GRAMMAR, Assignment(1), passed=15)
    assert [later.next(lambda _: True) for _ in range(5)] == first[15:]
    assert later.passed == whole.passed == 20
    choosy = Sweep(GRAMMAR, Assignment(1))
    assert choosy.next(lambda expr: expr == first[7]) == first[7]
    assert choosy.passed == 8
