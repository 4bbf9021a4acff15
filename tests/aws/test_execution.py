"""The rendered machine, executed: the same rows as a run of one machine."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from lode.workflow import handlers
from lode.workflow.context import open_context
from lode.workflow.run import execute as execute_here
from tests.aws.cloud import MOST_BYTES, Cloud, execute
from tests.replicas.outside import DAYS, SYMBOLS, TODAY, outside
from tests.replicas.world import evening
from tests.workflow.homes import RUN_TABLES, Here, Home, assert_same_rows, table_rows

OPTIONS = {"candidates": 40, "shards": 2, "min_names": 3}
REQUEST = {"source": "yahoo", "universe": ",".join(SYMBOLS), "start": DAYS[0].isoformat(), "options": OPTIONS}


@contextlib.contextmanager
def at_evening(home: Home) -> Iterator[None]:
    """What the functions are given: a home's settings, and the evening of the replicas' day."""
    with home._surroundings(), pytest.MonkeyPatch.context() as patch:

        @contextlib.contextmanager
        def opened(settings: Any) -> Iterator[Any]:
            with open_context(settings) as context:
                yield replace(context, clock=lambda: evening(TODAY))

        patch.setattr(handlers, "open_context", opened)
        yield


def rows_of(home: Home) -> dict[str, pl.DataFrame]:
    with home.context() as context:
        return table_rows(context.warehouse, RUN_TABLES)


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    """Rows of a run of one machine, over replicas of its own."""
    with outside(tmp_path_factory.mktemp("local")) as world:
        with world.context() as context:
            execute_here(REQUEST, context, Here(context))
        return rows_of(world.home)


def test_an_execution_leaves_the_rows_of_a_local_run(tmp_path: Path, local: dict[str, pl.DataFrame]) -> None:
    cloud = Cloud(log=tmp_path / "jobs.log")
    with outside(tmp_path) as world, at_evening(world.home):
        world.market.today = TODAY
        end = execute(cloud, REQUEST)
        assert end["status"] == "SUCCEEDED", (end, cloud.calls[-1])
        assert_same_rows(rows_of(world.home), local)
    assert cloud.largest < MOST_BYTES / 8
