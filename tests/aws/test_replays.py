"""Events that are delivered once more, whenever that is, leave the same rows."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lode.workflow.batch import shard_of
from lode.workflow.context import open_context
from lode.workflow.mining import mine_recorded
from tests.aws.cloud import Call, Cloud, execute, functions_at, rows_of
from tests.workflow.homes import Home, assert_same_rows

OPTIONS = {"candidates": 12, "shards": 2}
REQUEST = {"source": "market", "options": OPTIONS}


class Replayed(Cloud):
    """After every call, one of those so far is made again; a job's children count among them."""

    def __init__(self, home: Home, seed: int) -> None:
        super().__init__(after=lambda _call: self.replay())
        self.home, self.random = home, random.Random(seed)
        self.replays: list[str] = []

    def replay(self) -> None:
        children = [(job, shard) for job in self.jobs for shard in range(job["ArrayProperties"]["Size"])]
        chosen: Any = self.random.choice([*self.calls, *children])
        if isinstance(chosen, Call):
            self.replays.append(chosen.step)
            self.deliver(chosen)
        else:
            self.replays.append("mine")
            self.mine(*chosen)

    def mine(self, job: dict[str, Any], shard: int) -> None:
        given = {e["Name"]: e["Value"] for e in job["ContainerOverrides"]["Environment"] if "Name" in e}
        with open_context(self.home.settings) as context:
            mine_recorded(shard_of(given | {"AWS_BATCH_JOB_ARRAY_INDEX": str(shard)}), context)


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory, market: Path) -> Iterator[Home]:
    home = Home(tmp_path_factory.mktemp("local") / "home")
    assert home.lode("import", "bars", market).code == 0
    words = [word for name, value in OPTIONS.items() for word in (f"--{name}", value)]
    assert home.lode("run", "--source", "market", *words).code == 0
    yield home
    home.stop()


def test_any_event_replayed_at_any_time_leaves_the_same_rows(
    tmp_path: Path, market: Path, local: Home, soak_scale: float
) -> None:
    home = Home(tmp_path / "home")
    assert home.lode("import", "bars", market).code == 0
    cloud = Replayed(home, seed=random.randrange(1_000_000) if soak_scale == 1 else 7)
    try:
        with functions_at(home):
            end = execute(cloud, REQUEST)
            assert end["status"] == "SUCCEEDED", (end, cloud.replays)
            assert_same_rows(rows_of(home), rows_of(local))
            for call in list(cloud.calls):
                cloud.deliver(call)
            for _ in range(3):
                cloud.mine(cloud.jobs[0], 1)
            assert_same_rows(rows_of(home), rows_of(local))
    finally:
        home.stop()
    assert len(cloud.replays) == len(cloud.calls) == 8
