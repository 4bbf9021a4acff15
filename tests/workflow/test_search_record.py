from __future__ import annotations

import math
from typing import Any

from lode.warehouse.stores.ledger import Trial
from lode.workflow.search_record import search_record


def trial(expression: str, t: float, operation: str = "sweep", **rest: Any) -> Trial:
    return Trial(expression, expression, 2, t / 100, t, 1.0, operation=operation, **rest)


def test_record_says_what_got_better_and_what_brought_it() -> None:
    trials = [
        trial("rank(close)", 1.0),
        trial("ts_mean(close, 5)", math.nan, "random"),
        trial("rank(open)", -3.0, "crossover"),
        trial("rank(low)", 9.0, "crossover", partial=True),
        trial("ts_mean(open, 5)", 2.0),
        trial("rank(ts_mean(open, 5))", 4.0, "hoist"),
    ]
    got = search_record(trials, ["rank(open)", "rank(ts_mean(open, 5))"])
    assert (got["trials"], got["raced_out"], got["without_score"]) == (6, 1, 1)
    assert [(step["trial"], step["t"]) for step in got["best_over_trials"]] == [(1, 1.0), (3, 3.0), (6, 4.0)]
    assert [(row["operation"], row["trials"], row["finalists"]) for row in got["operations"]] == [
        ("crossover", 2, 1),
        ("hoist", 1, 1),
        ("sweep", 2, 0),
        ("random", 1, 0),
    ]
    by_name = {row["operator"]: row for row in got["operators"]}
    assert by_name["rank"] == {"operator": "rank", "trials": 3, "finalists": 2, "lift": 4 / 3}
    assert by_name["ts_mean"]["lift"] == 2.0


def test_a_search_without_a_score_has_a_record_too() -> None:
    assert search_record([], [])["best_over_trials"] == []
    assert search_record([trial("rank(close)", math.nan)], [])["operators"] == []
