"""The rendered machine, executed over what is outside: the same rows as a run of one machine."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from lode.workflow.run import execute as execute_here
from tests.aws.cloud import MOST_BYTES, Cloud, Fault, execute, functions_at, rows_of
from tests.replicas.outside import DAYS, SYMBOLS, TODAY, outside
from tests.replicas.world import evening
from tests.workflow.homes import Here, assert_same_rows

OPTIONS = {"candidates": 40, "shards": 2, "min_names": 3}
REQUEST = {"source": "yahoo", "universe": ",".join(SYMBOLS), "start": DAYS[0].isoformat(), "options": OPTIONS}


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    """Rows of a run of one machine, over replicas of its own."""
    with outside(tmp_path_factory.mktemp("local")) as world:
        with world.context() as context:
            execute_here(REQUEST, context, Here(context))
        return rows_of(world.home)


def test_an_execution_leaves_the_rows_of_a_local_run(tmp_path: Path, local: dict[str, pl.DataFrame]) -> None:
    """Every event is delivered twice; a function times out before its work, another one after it."""
    timeouts = {"collect_market": Fault("Sandbox.Timedout"), "snapshot": Fault("Lambda.Unknown", worked=True)}
    cloud = Cloud(twice=True, fault=lambda step, before: None if before else timeouts.get(step))
    with outside(tmp_path) as world, functions_at(world.home, lambda: evening(TODAY)):
        world.market.today = TODAY
        end = execute(cloud, REQUEST)
        assert end["status"] == "SUCCEEDED", end
        assert_same_rows(rows_of(world.home), local)
    steps = [call.step for call in cloud.calls]
    assert len(cloud.jobs) == 2
    assert [steps.count(f"collect_{name}") for name in ("market", "filings", "news")] == [2, 1, 1]
    assert steps.count("snapshot") == 2
    assert cloud.largest < MOST_BYTES / 8


def test_filings_that_fail_are_a_warning_and_the_market_is_not(tmp_path: Path) -> None:
    cloud = Cloud(fault=lambda step, _: Fault("CollectError", "EDGAR is away") if step == "collect_filings" else None)
    away = Cloud(fault=lambda step, _: Fault("CollectError", "Yahoo is away") if step == "collect_market" else None)
    request = REQUEST | {"options": OPTIONS | {"candidates": 2, "shards": 1}}
    with outside(tmp_path) as world, functions_at(world.home, lambda: evening(TODAY)):
        world.market.today = TODAY
        end = execute(away, request)
        assert (end["status"], end["cause"]) == ("FAILED", "Yahoo is away")
        end = execute(cloud, request)
        assert end["status"] == "SUCCEEDED", end
        runs = rows_of(world.home)["runs"].sort("state")
    failed, succeeded = runs.rows(named=True)
    assert (failed["state"], failed["message"]) == ("failed", "collect: Yahoo is away")
    assert (succeeded["state"], succeeded["message"]) == ("succeeded", "filings: EDGAR is away")
