"""A run that races: what is raced out is a trial, never a finalist; a race that is interrupted goes on as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from lode.engine import variates
from lode.errors import StoppedError
from lode.simulate import simulate, write_market
from lode.warehouse.stores.ledger import read_trials
from lode.workflow import racing
from lode.workflow.context import Context
from lode.workflow.generations import read_epoch
from lode.workflow.mining import mine
from lode.workflow.plan import Plan, load_plan
from lode.workflow.run import execute
from tests.workflow.homes import Here, Home

CANDIDATES = 480


@pytest.fixture(autouse=True)
def _eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """A race that starts soon enough for a small run."""
    monkeypatch.setattr(racing, "KEEP", 8)
    monkeypatch.setattr(variates, "FIT_AT", (40, 60))
    monkeypatch.setattr(variates, "MOST_KNOWN", 60)
    monkeypatch.setattr(racing, "LOOKS", (4,))
    monkeypatch.setattr(racing, "FEWEST_NAMES", 25)
    monkeypatch.setattr(racing, "FEWEST_CANDIDATES", 100)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path / "home")
    yield made
    made.stop()


def test_what_is_raced_out_is_a_trial_and_no_finalist(home: Home, tmp_path: Path, soak_scale: float) -> None:
    if soak_scale < 1:
        pytest.skip("half a minute, and --racing is off by default; make soak does")
    market = tmp_path / "market.parquet"
    write_market(simulate(100, 500, plant=[("-ts_delta(close, 5)", 0.1)], seed=1), market)
    options = {"candidates": CANDIDATES, "shards": 2, "racing": True, "searcher": "random"}
    with home.context() as context:
        result = execute({"source": str(market), "options": options}, context, Here(context))
        plan = load_plan(context, result["run"])
        trials = read_trials(context.warehouse, plan.run)
        out, exact = trials.filter(pl.col("partial")), trials.filter(~pl.col("partial"))
        assert result["trials"] == trials.height > 0.98 * CANDIDATES
        assert out.height > 60
        assert (out["t_error"] > 0).all()
        assert (out["rank_ic_error"] > 0).all()
        assert exact["t_error"].sum() == 0
        finalists = {row["id"] for row in context.load(plan.key("finalists.json"))["finalists"]}
        assert finalists
        assert finalists <= set(exact["factor"])
        _assert_goes_on(plan, context)


def _assert_goes_on(plan: Plan, context: Context) -> None:
    """The same shards, each of which dies after every generation, score as they did."""
    again = replace(plan, run="again")
    context.keep(again.key("plan.json"), again.to_event())
    for epoch, shard in ((0, 0), (0, 1), (1, 0)):
        for generations in range(1, 9):
            stops = [True, *[False] * generations]
            with suppress(StoppedError):
                mine({"run": again.run, "epoch": epoch, "shard": shard}, replace(context, stopping=stops.pop))
                break
        assert 2 < generations < 8
        if shard == 1:
            assert read_epoch(context, again, epoch) == read_epoch(context, plan, epoch)
    last = [context.load(run.key("epoch=1/shard=0/generation=000001.json")) for run in (plan, again)]
    assert last[0] == last[1]
