from __future__ import annotations

import inspect
import pickle
import re

import pytest

from lode import errors
from lode.errors import ExpressionError, LodeError, UsageError

ALL = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, LodeError)]


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn = re.findall(r"(\w+(?:Error))\b", (errors.__doc__ or "").split("\n\n", 2)[2])
    assert sorted(set(drawn)) == sorted(kind.__name__ for kind in ALL)


def test_wrong_calls_exit_with_two_and_all_else_with_one() -> None:
    for kind in ALL:
        assert kind.exit_code == (2 if issubclass(kind, UsageError) else 1)
        assert kind.__doc__


@pytest.mark.parametrize("kind", ALL)
def test_errors_pass_between_processes(kind: type[LodeError]) -> None:
    again = pickle.loads(pickle.dumps(kind("what happened; what to do")))  # noqa: S301  our own bytes
    assert type(again) is kind
    assert str(again) == "what happened; what to do"


def test_an_expression_error_points_at_the_place() -> None:
    error = ExpressionError("unknown field `clse`", "rank(clse)", 5)
    assert str(error) == "unknown field `clse`\n  rank(clse)\n       ^"
    again = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert (str(again), again.position) == (str(error), 5)


def test_of_a_long_formula_the_part_around_the_fault_is_shown() -> None:
    text = "x" * 200 + "!" + "y" * 200
    reason, shown, mark = str(ExpressionError("here", text, 200)).split("\n")
    assert reason == "here"
    assert shown.startswith("  …x")
    assert shown.endswith("y…")
    assert shown[mark.index("^")] == "!"
    assert len(shown) < 110
