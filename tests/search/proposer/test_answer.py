"""What is made of a model's answer, whatever it holds."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lode.language import BAR_FIELDS, parse
from lode.search import SearchSpace
from lode.search.idea import idea
from lode.search.proposer import answer as reasons
from lode.search.proposer.answer import LONGEST_ANSWER, MOST_TEXTS, read_answer

SPACE = SearchSpace.of(BAR_FIELDS, history=1000)
TWO = ["ts_corr(close, volume, 10)", "ts_std_dev(returns, 20)"]


def read(answer, most=20):
    found = read_answer(answer, SPACE, most=most)
    return [str(expr) for expr in found.expressions], dict(found.dropped)


@pytest.mark.parametrize(
    "answer",
    [
        json.dumps(TWO),
        f"Sure! See [1] and [2, 3].\n```json\n{json.dumps(TWO, indent=2)}\n```\nI hope these help.",
        json.dumps({"formulas": TWO}),
        json.dumps([{"expression": text, "reason": "it moves"} for text in TWO]),
        "\n".join(TWO),
        f"1. `{TWO[0]}`\n2) {TWO[1]},  # volatility\n",
        f'```\n- "{TWO[0]}",\n* {TWO[1]}\n```',
        f'["{TWO[0]}", "{TWO[1]}", "ts_mean(clo',
        f'<think>["close", "open", "high"] seem dull</think>{json.dumps(TWO)}',
    ],
)
def test_ways_to_write_the_same_answer(answer):
    assert read(answer)[0] == TWO


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("ts_mean(foo, 5)", reasons.UNREADABLE),
        ("__import__('os').system('true')", reasons.UNREADABLE),
        ("close.__class__", reasons.UNREADABLE),
        ("<script>alert(1)</script>", reasons.UNREADABLE),
        ("sector", reasons.NOT_SEARCHED),
        ("close + volume", reasons.WRONG_UNITS),
        ("ts_mean(close, 251)", ""),
        ("ts_mean(close, 252)", reasons.TOO_FAR),
        ("ts_delta(ts_mean(close, 200), 200)", reasons.TOO_FAR),
        ("ts_sum(close, 5)", reasons.NOT_SEARCHED),
        ("close - close", reasons.NOT_SEARCHED),
        ("1 + 1", reasons.NOT_SEARCHED),
        (" / ".join(["close"] * 9), reasons.TOO_LARGE),
        ("close" + " " * 400 + "/ open", reasons.TOO_LONG),
        ("-ts_delta(close, 3)", ""),
        ("rank(-(-ts_delta(close, 3)))", ""),
    ],
)
def test_each_is_kept_or_dropped_for_its_reason(text, reason):
    kept, dropped = read(json.dumps([text]))
    assert dropped == ({reason: 1} if reason else {})
    assert len(kept) == (not reason)


def test_a_minus_that_says_nothing_is_left_out():
    assert read(json.dumps(["-ts_delta(close, 3)", "rank(-returns)"]))[0] == ["ts_delta(close, 3)", "rank(returns)"]


def test_one_idea_counts_once_and_no_more_than_wanted():
    same = ["ts_delta(close, 3)", "-ts_delta(close, 3)", "rank(ts_delta(close, 3))"]
    assert read(json.dumps([*same, *TWO]), most=2) == (
        ["ts_delta(close, 3)", TWO[0]],
        {reasons.REPEATED: 2, reasons.SURPLUS: 1},
    )


def test_what_is_read_of_a_huge_answer_is_bounded():
    kept, dropped = read("\n".join(["close + volume"] * 500_000))
    assert kept == []
    assert sum(dropped.values()) <= LONGEST_ANSWER
    assert dropped[reasons.WRONG_UNITS] <= MOST_TEXTS
    assert read("[" * 1_000_000) == read("[" * LONGEST_ANSWER)
    assert read("x" * (LONGEST_ANSWER + 1)) == ([], {reasons.TOO_LONG: 1})


@pytest.mark.parametrize(
    "answer", ["", " \n", "[]", "{}", "null", "[[[]]]", '["', "[1, null, {}]", "\x00", "\ud800", "[NaN]", "1e999"]
)
def test_nothing_comes_of_nothing(answer):
    assert read(answer)[0] == []


@given(st.text(max_size=300) | st.text(alphabet='[]{}",()ts_mean close volume+-*/0123456789\n', max_size=300))
def test_whatever_is_said_only_expressions_of_the_space_come_of_it(answer):
    found = read_answer(answer, SPACE, most=5)
    assert len(found.expressions) <= 5
    assert all(SPACE.holds(expr) and parse(str(expr)) == expr for expr in found.expressions)
    assert len({idea(expr, SPACE.fields) for expr in found.expressions}) == len(found.expressions)
