import numpy as np
import pytest

from benchmarks.searchers import Market, Result, likeness, searched, table


def test_likeness_is_the_mean_daily_rank_correlation_whatever_its_sign():
    values = np.tile(np.arange(12, dtype=np.float32), (5, 1))
    assert likeness(values, -(values**3)) == pytest.approx(1.0)
    assert likeness(values, np.full_like(values, np.nan)) == 0.0


def test_the_table_sums_what_was_found_over_the_seeds():
    results = [
        Result("tree", 5, seed, budget, found, 4.0 + seed, 1.0)
        for seed in (0, 1)
        for budget, found in ((10, 1), (20, 3))
    ]
    *_, line = table(results, seeds=2).splitlines()
    assert line == "| tree | 2 of 10 | 6 of 10 | 4.5 | 1.0 |"


def test_a_plant_is_found_by_itself_and_scores_are_made_once():
    market = Market(30, 300, (0.2,), seed=1)
    told = market.scored([market.expressions[0]])
    assert market.found(told) == 1
    assert market.found([]) == 0
    assert market.scored([market.expressions[0]])[0] is told[0]
    [result] = searched(market, "enumeration", 1, [60])
    assert (result.candidates, result.plants) == (60, 1)
