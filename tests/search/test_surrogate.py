"""What the surrogate and the tree learn from what they are told; that they keep the protocol, test_searchers shows."""

import pytest

from lode.language import BAR_FIELDS
from lode.search import Scored, make_searcher
from lode.search.surrogate import SurrogateSearcher

GENERATIONS = 12


def paid(searcher, pays):
    """Share of the best generation that pays, when a formula's t follows from its parts alone."""
    shares = []
    for _ in range(GENERATIONS):
        asked = searcher.ask(40)
        searcher.tell([Scored(e, 0.01, 6.0 if pays(str(e)) else len(str(e)) % 7 / 4, 1.0) for e in asked])
        shares.append(sum(pays(str(expr)) for expr in asked) / len(asked))
    return max(shares)


@pytest.mark.parametrize("name", ["surrogate", "tree"])
def test_what_pays_is_asked_more(name):
    def pays(text):
        return "ts_std_dev" in text and "volume" in text

    def made(kind):
        return make_searcher(kind, fields=BAR_FIELDS, seed=1, history=1000)

    assert paid(made(name), pays) > max(2 * paid(made("random"), pays), 0.2)


def test_the_model_keeps_the_best_and_the_latest_only(monkeypatch):
    monkeypatch.setattr("lode.search.surrogate._KEPT_BEST", 30)
    monkeypatch.setattr("lode.search.surrogate._KEPT_LATEST", 50)
    searcher = make_searcher("surrogate", fields=BAR_FIELDS, seed=1, history=1000)
    assert isinstance(searcher, SurrogateSearcher)
    for number in range(4):
        searcher.tell([Scored(e, 0.01, 9.0 - number, 1.0) for e in searcher.ask(40)])
    kept = searcher.state()["told"]
    assert len(kept) == 80
    assert sum(worth > 4.4 for _, worth in kept) >= 30
