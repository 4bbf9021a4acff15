import math
from dataclasses import replace
from random import Random

import numpy as np

from lode.language import FIELD_UNITS, parse
from lode.search.population import Population
from lode.search.protocol import Scored
from lode.search.reward import reward


def scored(text, t, rank_ic=None, coverage=1.0):
    return Scored(parse(text), rank_ic=t / 200 if rank_ic is None else rank_ic, t=t, coverage=coverage)


def population(*scores):
    made = Population(FIELD_UNITS)
    made.add(scores)
    return made


def expressions(made):
    return {member["expression"] for member in made.state()["members"]}


def test_reward_is_the_size_of_t_less_a_little_for_each_node():
    assert reward(scored("returns", -5.0)) == reward(scored("volume", 5.0))
    assert 4 < reward(scored("rank(ts_mean(returns, 5))", 5.0)) < reward(scored("returns", 5.0)) < 5


def test_reward_falls_with_coverage_below_a_half():
    assert reward(scored("returns", 5.0, coverage=0.6)) == reward(scored("returns", 5.0))
    assert reward(scored("returns", 5.0, coverage=0.25)) < 2.5


def test_without_a_score_there_is_no_place():
    nan = math.nan
    assert not len(population(scored("close", nan), scored("open", 4.0, coverage=nan), scored("low", math.inf)))


def test_of_the_same_scores_the_smallest_stays():
    made = population(scored("rank(returns)", 4.0), scored("returns", 4.0), scored("-returns", -4.0))
    assert expressions(made) == {"returns"}


def test_one_skeleton_has_only_a_few_places():
    made = population(*(scored(f"ts_mean(returns, {d})", 2 + d / 10) for d in range(2, 40)), scored("volume", 1.0))
    assert len(made) == 7
    assert {"ts_mean(returns, 39)", "volume"} <= expressions(made)


def test_the_better_and_the_less_used_are_chosen_more():
    made = population(scored("returns", 8.0), scored("volume", 5.0))
    rng = Random(1)
    before = sum(str(made.choose(rng, greed=0.5).expression) == "returns" for _ in range(400))
    assert 280 < before < 400
    made.choose(rng, greed=50.0).children = 200
    after = sum(str(made.choose(rng, greed=0.5).expression) == "returns" for _ in range(400))
    assert after < 150


def test_the_second_parent_is_the_best_of_its_skeleton():
    made = population(scored("ts_mean(returns, 5)", 6.0), scored("ts_mean(returns, 8)", 7.0), scored("volume", 4.0))
    rng = Random(1)
    assert {str(made.choose_other(rng).expression) for _ in range(100)} == {"ts_mean(returns, 8)", "volume"}


def test_state_round_trip():
    made = population(scored("returns", 4.0), scored("volume", -2.5))
    made.choose(Random(1), greed=1.0).children = 3
    other = Population(FIELD_UNITS)
    other.restore(made.state())
    assert other.state() == made.state()
    assert other.best == made.best


def behaving(text, t, behaviour):
    return replace(scored(text, t), behaviour=behaviour)


def test_what_is_found_does_not_take_all_the_children():
    """Four variants of a strong factor, and one weak factor of its own: each of the two niches has its turn."""
    rng = np.random.default_rng(0)
    strong, weak = rng.standard_normal((2, 128)).astype(np.float32) + np.float32(0.7)
    variants = [
        behaving(f"ts_mean(returns, {window})", 20.0 - window / 10, strong + np.float32(0.1) * rng.standard_normal(128))
        for window in (3, 5, 8, 10)
    ]
    made = population(*variants, behaving("ts_rank(volume, 20)", 6.0, weak))
    assert [head.t for head in made.niches.heads] == [20.0 - 0.3, 6.0]
    draws = Random(1)
    chosen = []
    for _ in range(400):
        parent = made.choose(draws, greed=1.5)
        parent.children += 1
        chosen.append(str(parent.expression))
    assert 60 < chosen.count("ts_rank(volume, 20)") < 340


def test_a_mix_of_what_was_found_is_worth_little():
    found = np.random.default_rng(2).standard_normal((3, 128)).astype(np.float32) + np.float32(0.7)
    heads = [behaving(f"ts_delay(volume, {i + 1})", 9.0, behaviour) for i, behaviour in enumerate(found)]
    mixed, fresh = (
        behaving("ts_mean(returns, 3)", 8.0, found.mean(axis=0)),
        behaving("ts_mean(returns, 60)", 8.01, np.random.default_rng(3).standard_normal(128) + 0.7),
    )
    made = population(*heads, mixed, fresh)
    worth = {str(member.expression): member.worth for member in made._members.values()}
    assert worth["ts_mean(returns, 3)"] < worth["ts_mean(returns, 60)"]
