import math
from dataclasses import replace

import numpy as np
import pytest

from lode.evaluation.simulation import Gate, Simulation, brain_gates, figures_of

NONE = figures_of(
    Simulation(*(np.full(3, math.nan) for _ in range(2)), *(np.zeros((3, 1), np.float32) for _ in range(2)))
)
GOOD = replace(NONE, sharpe=2.2, fitness=1.4, turnover=0.3, largest=0.02)


def outcomes(book=GOOD, *, delay=1, sub=1.6, share=0.5, correlation=0.3):
    gates = brain_gates(book, delay=delay, sub_sharpe=sub, sub_share=share, self_correlation=correlation)
    return [gate.outcome for gate in gates]


def test_good_book_passes_everything():
    assert outcomes() == ["passed"] * 7
    assert outcomes(delay=0) == ["passed"] * 7


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"sharpe": 1.2}, 0),
        ({"fitness": 0.99}, 1),
        ({"turnover": 0.005}, 2),
        ({"turnover": 0.7}, 3),
        ({"largest": 0.1}, 4),
    ],
)
def test_each_limit_holds(changed, place):
    assert outcomes(replace(GOOD, **changed))[place] == "failed"


def test_same_close_asks_for_more():
    book = replace(GOOD, sharpe=1.5, fitness=1.1)
    assert (outcomes(book)[:2], outcomes(book, delay=0)[:2]) == (["passed"] * 2, ["failed"] * 2)


def test_sub_universe_by_hand():
    limit = 0.75 * math.sqrt(0.5) * 2.2  # 1.1667
    assert (outcomes(sub=limit)[5], outcomes(sub=1.16)[5]) == ("passed", "failed")


def test_correlated_book_fails():
    assert outcomes(correlation=0.7)[6] == "failed"


def test_what_is_not_known_passes_nothing():
    assert outcomes(NONE, sub=math.nan, correlation=math.nan) == ["undefined"] * 7
    assert Gate("x", math.nan, "below", 1, "why").to_dict()["outcome"] == "undefined"
