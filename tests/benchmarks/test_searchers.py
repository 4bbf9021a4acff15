import numpy as np
import pytest

from benchmarks.searchers import STRENGTHS, Market, Result, in_regime, likeness, planted, searched, table
from lode.language import parse


def test_likeness_is_the_mean_daily_rank_correlation_whatever_its_sign():
    values = np.tile(np.arange(12, dtype=np.float32), (5, 1))
    assert likeness(values, -(values**3)) == pytest.approx(1.0)
    assert likeness(values, np.full_like(values, np.nan)) == 0.0


def test_the_table_sums_what_was_found_over_the_seeds():
    results = [
        Result("tree", "five", 5, seed, budget, found, 4.0 + seed, 1.0)
        for seed in (0, 1)
        for budget, found in ((10, 1), (20, 3))
    ]
    *_, line = table(results, seeds=2).splitlines()
    assert line == "| tree | 2 of 10 | 6 of 10 | 4.5 | 1.0 |"


def test_a_plant_is_found_by_itself_and_scores_are_made_once():
    market = Market(30, 300, "one", seed=1)
    told = market.scored([market.expressions[0]])
    assert market.found(told) == 1
    assert market.found([]) == 0
    assert market.scored([market.expressions[0]])[0] is told[0]
    [result] = searched(market, "enumeration", 1, [60])
    assert (result.candidates, result.plants) == (60, 1)


@pytest.mark.parametrize("kind", STRENGTHS)
def test_a_market_has_as_many_distinct_plants_as_strengths(kind):
    plants = planted(kind, 3)
    assert len({str(parse(plant)) for plant, _ in plants}) == len(STRENGTHS[kind])


def test_in_a_regime_every_plant_pays_in_one_state_of_the_market():
    [(rough, _), (calm, _)] = in_regime([("open", 0.1), ("close", 0.1)])
    assert "open, 0 * close" in rough
    assert "0 * close, close" in calm
    assert {str(part) for text in (rough, calm) for part in parse(text).args[:1]} == {str(parse(rough).args[0])}
