from __future__ import annotations

from lode.evaluation.known import known_library
from lode.panel import Panel
from lode.simulate import simulate
from lode.workflow.seeding import library_seeds


def test_shards_divide_the_library_and_seeds_are_a_tenth_at_most() -> None:
    panel = Panel.from_frame(simulate(12, 60))
    known = set(known_library(panel).values())
    parts = [library_seeds(panel, seed=3, budget=100_000, shard=shard, shards=3) for shard in range(3)]
    assert set().union(*parts) == known
    assert sum(len(part) for part in parts) == len(list(known_library(panel).values()))
    few = library_seeds(panel, seed=3, budget=55, shard=1, shards=3)
    assert few == parts[1][:5]
    assert library_seeds(panel, seed=4, budget=55, shard=1, shards=3) != few
    assert library_seeds(panel, seed=3, budget=9) == []
