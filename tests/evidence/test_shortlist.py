import numpy as np
import pytest

from lode.evaluation import newey_west_t
from lode.evaluation.ranks import average_ranks, rank_correlation
from lode.evidence.behaviour import behaviour_of
from lode.evidence.finalists import choose_finalists
from lode.evidence.shortlist import Candidate, spanning_candidates

SESSIONS, NAMES, PARTS = 400, 60, 5


class Market:
    """Returns of five things that predict, and mixtures of them that are longer formulas."""

    def __init__(self, mixtures, seed=0, strength=0.09):
        rng = np.random.default_rng(seed)
        self.parts = rng.standard_normal((PARTS, SESSIONS, NAMES)).astype(np.float32)
        noise = rng.standard_normal((SESSIONS, NAMES))
        self.returns = average_ranks((strength * self.parts.sum(axis=0) + noise).astype(np.float32))
        self.weights = {f"part{i}": np.eye(PARTS)[i] for i in range(PARTS)}
        for i in range(mixtures):
            kept = rng.random(PARTS) < 0.6
            self.weights[f"mixture{i:04}"] = np.where(kept, rng.uniform(0.5, 1.5, PARTS), 0) + 1e-3
        self.looked = []

    def values(self, name):
        self.looked.append(name)
        return np.einsum("p,ptn->tn", self.weights[name], self.parts).astype(np.float32)

    def candidates(self):
        for name in self.weights:
            series = rank_correlation(average_ranks(self.values(name)), self.returns)
            test = newey_west_t(series, horizon=1)
            yield Candidate(name, test.t, test.mean, 3 if name.startswith("part") else 11, behaviour_of(series))


def test_what_predicts_is_found_among_hundreds_of_stronger_mixtures():
    market = Market(mixtures=900)
    candidates = list(market.candidates())
    strongest = sorted(candidates, key=lambda candidate: -abs(candidate.t))[:300]
    assert not any(candidate.id.startswith("part") for candidate in strongest)
    market.looked.clear()
    assert sorted(spanning_candidates(candidates, market.values, 40)) == [f"part{i}" for i in range(PARTS)]
    assert len(market.looked) < 600
    assert {f"part{i}" for i in range(PARTS)} <= set(choose_finalists(candidates, market.values).ids)


def test_order_of_the_candidates_does_not_matter():
    market = Market(mixtures=40)
    candidates = list(market.candidates())
    found = spanning_candidates(candidates, market.values, 40)
    assert found == spanning_candidates(candidates[::-1], market.values, 40)
    assert found


def test_where_nothing_predicts_no_value_is_asked_for():
    market = Market(mixtures=60, strength=0.0)
    candidates = [candidate for candidate in market.candidates() if abs(candidate.t) < 3]
    market.looked.clear()
    assert spanning_candidates(candidates, market.values, 40) == []
    assert market.looked == []


@pytest.mark.parametrize(
    "candidate",
    [Candidate("a", 9.0), Candidate("a", 9.0, 0.05), Candidate("a", np.nan, 0.05, 3), Candidate("a", 1.9, 0.05, 3)],
)
def test_what_is_not_known_well_enough_is_no_member(candidate):
    def values(name):
        raise AssertionError(name)

    assert spanning_candidates([candidate], values, 40) == []


def test_candidates_without_a_behaviour_can_be_members():
    market = Market(mixtures=0)
    known = [Candidate(c.id, c.t, c.rank_ic, c.size) for c in market.candidates()]
    assert len(spanning_candidates(known, market.values, 40)) == PARTS
