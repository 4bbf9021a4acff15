import math

import pytest

from lode.language import parse
from lode.search.protocol import Scored
from lode.search.reward import merit, reward

FIELD = parse("returns")


def test_what_is_added_to_the_pool_counts_instead_of_what_it_scores_alone():
    alone = Scored(FIELD, 0.02, -5.0, 1.0)
    assert merit(alone) == 5.0
    assert merit(Scored(FIELD, 0.02, -5.0, 1.0, added_t=-0.5)) == 0.5
    assert reward(Scored(FIELD, 0.02, 1.0, 1.0, added_t=5.0)) == reward(alone)


def test_a_full_turnover_costs_one_t_and_an_unknown_one_nothing():
    free = reward(Scored(FIELD, 0.02, 5.0, 1.0))
    assert reward(Scored(FIELD, 0.02, 5.0, 1.0, turnover=1.0)) == pytest.approx(free - 1.0)
    assert reward(Scored(FIELD, 0.02, 5.0, 1.0, turnover=0.0)) == free


def test_without_a_score_there_is_no_reward_whatever_is_added():
    assert math.isnan(reward(Scored(FIELD, math.nan, math.nan, 0.0, added_t=3.0)))
    assert math.isnan(reward(Scored(FIELD, 0.02, 3.0, math.nan)))
