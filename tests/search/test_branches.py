import json

import pytest

from lode.search.branches import Branch, branches, pruned


def tree():
    root = Branch(1.0, visits=100)
    for step, chance, visits, rewards in (("a", 0.5, 50, [2.0, 4.0]), ("b", 0.25, 20, [8.0]), ("c", 0.25, 1, [])):
        child = root.children[step] = Branch(chance, visits)
        for value in rewards:
            child.learn(value)
    root.children["a"].children["x"] = Branch(1.0, visits=3)
    return root


def test_worth_mixes_mean_and_best():
    assert tree().children["a"].worth() == pytest.approx(0.5 * 3.0 + 0.5 * 4.0)
    assert Branch(0.1).worth() == 0.0


def test_the_preferred_step_is_worth_most_with_its_allowance():
    root = tree()
    assert root.preferred(8.0, exploration=0.0) == "b"
    assert root.preferred(8.0, exploration=1.0) == "c"  # .25 · 10 / 2 = 1.25 beside 1 + .25 · 10 / 21
    root.children["b"].spent = root.children["c"].spent = True
    assert root.preferred(8.0, exploration=1.0) == "a"
    root.children["a"].spent = True
    assert root.preferred(8.0, exploration=1.0) is None


def test_along_a_path_as_far_as_it_goes():
    root = tree()
    assert root.along(["a", "x", "y"]) == [root, root.children["a"], root.children["a"].children["x"]]


def test_state_round_trip():
    root = tree()
    root.children["b"].spent = True
    assert Branch.of(json.loads(json.dumps(branches(root)))) == root
    assert root.count() == 5


def test_pruning_cuts_the_least_visited_leaves():
    root = tree()
    assert pruned(root, 4) == 4
    assert set(root.children) == {"a", "b"}
    assert pruned(root, 3) == 3
    assert not root.children["a"].children
