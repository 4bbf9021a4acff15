from lode.language import Unit
from lode.search.enumeration import EnumerationSearcher
from lode.search.protocol import Assignment
from lode.search.space import SearchSpace

SPACE = SearchSpace.of(
    {"close": Unit.PRICE, "volume": Unit.SHARES}, history=20, operators=["rank", "ts_delta", "divide"]
)


def everything(shard=0, shards=1, largest=5):
    searcher = EnumerationSearcher(SPACE, Assignment(1, shard, shards), largest=largest)
    asked = []
    while generation := searcher.ask(30):
        asked += generation
    assert searcher.ask(30) == []
    return [str(expr) for expr in asked]


def test_it_ends_with_every_idea_once_the_smaller_first():
    asked = everything(largest=3)
    assert asked[:2] in (["close", "volume"], ["volume", "close"])
    deltas = {f"ts_delta({field}, {d})" for field in ("close", "volume") for d in (1, 2, 3, 5)}
    ratios = {"close / volume", "volume / close"}
    assert set(asked[2:]) - ratios == deltas  # the rank of a field is the field's idea
    assert len(set(asked) & ratios) == 1  # and a ratio that of its inverse


def test_shards_share_nothing_and_miss_nothing():
    parts = [everything(shard, 3) for shard in range(3)]
    assert sorted(text for part in parts for text in part) == sorted(everything())
    assert all(parts)


def test_what_was_told_is_passed_over_and_the_place_is_kept():
    searcher = EnumerationSearcher(SPACE, Assignment(1), largest=5)
    before = searcher.ask(20)
    copy = EnumerationSearcher(SPACE, Assignment(1), largest=5)
    copy.restore(searcher.state())
    after = searcher.ask(20)
    assert copy.ask(20) == after
    assert not {*before} & {*after}
