from functools import cache

from lode.engine.memory import twin

SEEN: list[int] = []
TOTAL = 0


def remember(x, ever={}):  # noqa: B006
    ever[x] = True
    SEEN.append(x)
    return len(ever), len(SEEN)


def adds(x):
    global TOTAL  # noqa: PLW0603
    TOTAL += x
    return TOTAL, remember(x)


def test_a_twin_remembers_nothing_of_what_came_after_it_was_made():
    kept = twin(adds)
    assert adds(3) == (3, (1, 1))
    assert adds(4) == (7, (2, 2))
    assert twin(kept)(5) == (5, (1, 1))
    assert twin(kept)(6) == (6, (1, 1))
    assert (TOTAL, SEEN) == (7, [3, 4])


def test_closures_and_attributes_are_copied_and_caches_are_emptied():
    calls = []

    @cache
    def slow(x):
        calls.append(x)
        return x

    def counts(x):
        counts.number = getattr(counts, "number", 0) + 1
        return counts.number, len(calls), slow(x)

    kept = twin(counts)
    assert counts(1)[0] == 1
    assert counts(1)[0] == 2
    assert twin(kept)(1)[0] == 1
    assert twin(kept)(1)[0] == 1


def test_recursion_and_nested_functions_reach_the_twin():
    def factorial(n):
        return 1 if n < 2 else n * factorial(n - 1)

    assert twin(factorial)(5) == 120
