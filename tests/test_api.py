"""Python's three functions on a frame of one's own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import lode
from lode.errors import DataError, ExpressionError, UsageError
from lode.warehouse.stores.ledger import count_trials
from lode.warehouse.stores.runs import read_run
from tests.workflow.homes import Home

FORMULA = "rank(-ts_delta(close, 5))"


@pytest.fixture(scope="module")
def bars(market: Path) -> pl.DataFrame:
    return pl.read_parquet(market)


@pytest.fixture(scope="module")
def panel(bars: pl.DataFrame) -> lode.Panel:
    return lode.Panel.from_frame(bars)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    home = Home(tmp_path_factory.mktemp("api") / "home")
    yield home
    home.stop()


def test_importing_the_package_is_cheap_and_its_names_are_listed() -> None:
    heavy = "'polars', 'numpy', 'pandas', 'scipy', 'chdb', 'clickhouse_connect', 'exchange_calendars', 'rich'"
    program = f"import sys, lode; print(dir(lode), [name for name in ({heavy}) if name in sys.modules])"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert told.strip() == "['LodeError', 'Panel', '__version__', 'compute', 'evaluate', 'mine', 'operator'] []"
    with pytest.raises(AttributeError, match="public names: LodeError, Panel, compute"):
        lode.nosuch  # noqa: B018


def test_compute_gives_sessions_by_names(panel: lode.Panel, bars: pl.DataFrame) -> None:
    values = lode.compute("close / ts_delay(close, 1) - 1", panel)
    assert values.columns == ["session", *panel.names]
    assert values["session"].to_list() == panel.sessions.tolist()
    name = panel.names[0]
    closes = bars.filter(pl.col("symbol") == name).sort("date").select("date", r=pl.col("close").pct_change())
    ours = values.select("session", name).join(closes, left_on="session", right_on="date").drop_nulls()
    assert ours.height > 300
    np.testing.assert_allclose(ours[name], ours["r"], rtol=1e-3, atol=1e-6)


def test_a_formula_of_qlib_is_read_and_said_to_be(panel: lode.Panel) -> None:
    with pytest.warns(UserWarning, match=r"read as qlib's syntax: ts_delay\(close, 5\) / close"):
        theirs = lode.compute("Ref($close, 5)/$close", panel)
    assert theirs.equals(lode.compute("ts_delay(close, 5) / close", panel))


def test_units_that_do_not_fit_are_warned_of(panel: lode.Panel) -> None:
    with pytest.warns(
        UserWarning, match="units do not fit: `close \\+ volume`: price and shares cannot be added"
    ) as told:
        lode.compute("close + volume", panel)
    assert len(told) == 1


def test_a_typo_is_pointed_at(panel: lode.Panel) -> None:
    with pytest.raises(ExpressionError, match="did you mean `close`"):
        lode.compute("rank(clse)", panel)


def test_evaluate_shows_itself_and_enters_the_ledger(panel: lode.Panel, home: Home) -> None:
    sheet = lode.evaluate(FORMULA, panel, home.settings)
    told = sheet.to_dict()
    assert {
        *("expression", "canonical", "id", "lookback", "unit", "fields", "coverage", "horizons", "quantiles"),
        *("turnover", "rank_autocorrelation", "half_life_sessions", "portfolio", "exposures", "neutral_rank_ic"),
        *("fama_macbeth", "leak_check"),
    } <= set(told)
    assert told["leak_check"] == "passed"
    assert told["horizons"]["1"]["rank_ic"] > 0.1
    assert {gate["name"] for gate in told["gates"]} >= {"Sharpe", "fitness", "self-correlation"}
    assert 0 <= told["verdicts"]["psr"] <= 1
    assert "<table" in sheet._repr_html_()
    with home.context() as context:
        runs = context.warehouse.query("SELECT run, factor FROM trials FINAL")
    assert runs["factor"].to_list() == [told["id"]]
    assert runs["run"][0].startswith("manual-")


def test_evaluate_takes_the_sheets_options(panel: lode.Panel, home: Home) -> None:
    assert lode.evaluate(FORMULA, panel, home.settings, quantiles=2, delay=0).options.delay == 0
    with pytest.raises(UsageError, match=r"unknown options \['speed'\]"):
        lode.evaluate(FORMULA, panel, home.settings, speed=1)


def test_mine_is_the_same_workflow(panel: lode.Panel, home: Home) -> None:
    run = lode.mine(panel, home.settings, candidates=24, shards=1, seed=7)
    assert run.proven
    assert run.trials == run.record["trials"]
    assert run.record["source"].startswith("frame:")
    assert str(run) == f"run {run.run}: {run.trials:,} trials, {len(run.proven)} proven, {len(run.refused)} refused"
    with home.context() as context:
        assert count_trials(context.warehouse, [run.run]) == run.trials
        assert read_run(context.warehouse, run.run).state == "succeeded"
    again = lode.mine(
        lode.Panel.from_snapshot(run.snapshot, home.settings), home.settings, candidates=24, shards=1, seed=7
    )
    assert again == run


def test_columns_of_ones_own_reach_candidate_at_most(bars: pl.DataFrame, home: Home) -> None:
    foretold = pl.col("close").shift(-2).over("symbol") / pl.col("close").shift(-1).over("symbol")
    peeking = lode.Panel.from_frame(bars.sort("symbol", "date").with_columns(crystal=foretold))
    run = lode.mine(peeking, home.settings, candidates=24, shards=1, min_names=10)
    assert not [factor for factor in run.proven if "crystal" in factor["expression"]]
    owned = [factor for factor in run.refused if "crystal" in factor["expression"]]
    assert any("leak check" in factor["reason"] for factor in owned)


def test_what_cannot_be_mined_is_explained(panel: lode.Panel, bars: pl.DataFrame, home: Home) -> None:
    with pytest.raises(UsageError, match="--horizon -1: allowed is 1 to 250"):
        lode.mine(panel, home.settings, horizon=-1)
    with pytest.raises(UsageError, match="unknown mining options"):
        lode.mine(panel, home.settings, candidate=5)
    with pytest.raises(UsageError, match="neither a snapshot nor made from a frame"):
        lode.mine(panel.slice(0, 400), home.settings)
    with pytest.raises(UsageError, match="sessions are too few"):
        lode.mine(lode.Panel.from_frame(bars.filter(pl.col("date") < date(2018, 8, 1))), home.settings)
    few = lode.Panel.from_frame(bars.filter(pl.col("symbol").is_in(panel.names[:8])))
    with pytest.raises(UsageError, match="--min-names 10: the panel has 8 names"):
        lode.mine(few, home.settings)
    with pytest.raises(DataError, match="rows"):
        lode.Panel.from_frame(bars.with_columns(close=-pl.col("close")))
