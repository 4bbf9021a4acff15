"""Nothing sees a row of the vault before it is opened: those rows are changed on disk, and all stays the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from lode.errors import EvidenceError
from lode.lake import Lake
from lode.panel import Panel, load_snapshot
from lode.warehouse.stores.runs import RunRecord, record_run
from lode.workflow.collecting import collect, validate
from lode.workflow.context import Context, Event
from lode.workflow.freezing import snapshot
from lode.workflow.manual import open_panel
from lode.workflow.options import MiningOptions
from lode.workflow.plan import splits_of
from lode.workflow.run import execute
from lode.workflow.vaults import run_settings
from tests.workflow.homes import RUN_TABLES, Here, Home, Mined, assert_same_rows, request_for, table_rows

FORMULA = "rank(-ts_delta(close, 5))"


def _poison(lake: Lake, home: Home, snapshot_id: str, start: int) -> int:
    """Change every value of the rows from `start` on in the snapshot's files; return the number of files."""
    rng, changed = np.random.default_rng(0), 0
    for key in lake.list(f"snapshots/{snapshot_id}"):
        path = lake.local_path(key, home.settings.cache)
        if path.suffix != ".npy" or path.stem == "sessions":
            continue
        array = np.load(path)
        tail = array[start:]
        if array.dtype == bool:
            array[start:] = ~tail
        elif array.dtype.kind == "i":
            array[start:] = -1
        else:
            array[start:] = 100 * rng.random(tail.shape) + 1
        np.save(path, array)
        changed += 1
    return changed


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory, market: Path) -> Iterator[tuple[Home, Event]]:
    home = Home(tmp_path_factory.mktemp("sight") / "home")
    with home.context() as context:
        event = request_for(market)
        for step in (validate, collect, snapshot):
            event = step(event, context)
        yield home, event
    home.stop()


def test_poisoned_vault_rows_change_nothing_before_the_vault_is_opened(
    poisoned: tuple[Home, Event], mined: Mined, market: Path
) -> None:
    home, event = poisoned
    assert event["snapshot"] == mined.result["snapshot"]
    splits = splits_of(420, MiningOptions())
    with home.context() as context:
        assert _poison(context.lake, home, event["snapshot"], splits.validation_stop) >= 10
        sheet = home.lode("evaluate", FORMULA, "--json").json
        result = execute(request_for(market), context, Here(context))
        ours = table_rows(context.warehouse, RUN_TABLES)
    with mined.home.context() as context:
        theirs = table_rows(context.warehouse, RUN_TABLES)
    unspoilt = mined.home.lode("evaluate", FORMULA, "--snapshot", mined.result["snapshot"], "--json").json
    assert _alone(sheet) == _alone(unspoilt)
    for table in ("trials", "evidence", "factor_series"):
        expected, found = (rows[table].filter(pl.col("run") == "RUN") for rows in (theirs, ours))
        if table != "trials":
            expected, found = (rows.filter(pl.col("split") != "vault") for rows in (expected, found))
        if table == "evidence":  # the try by hand above is a trial more, which deflates
            expected, found = (rows.filter(pl.col("metric") != "dsr") for rows in (expected, found))
        assert expected.height
        assert_same_rows({table: found}, {table: expected})
    proven = {factor["id"]: factor for factor in mined.result["proven"]}
    for factor in result["proven"] + result["refused"]:
        if factor["id"] in proven and "vault" in factor:
            assert factor["vault"]["rank_ic"] != proven[factor["id"]]["vault"]["rank_ic"]  # so the poison works
    assert result["proven"] != mined.result["proven"]


def _closed_vault(context: Context, panel: Panel, first: int, names: tuple[str, ...]) -> None:
    """Put a run on record whose vault begins with row `first` and was not opened."""
    settings = run_settings(MiningOptions(), panel.sessions[first].item(), panel.sessions[-1].item(), names)
    now = context.clock()
    record_run(context.warehouse, RunRecord(f"closed-{first}", "", "", "", settings, "", 0, "failed", now, now))


def test_a_try_by_hand_stops_before_every_vault_of_its_names_that_is_not_opened(
    poisoned: tuple[Home, Event],
) -> None:
    home, event = poisoned
    splits = splits_of(420, MiningOptions())
    with home.context() as context:
        whole = load_snapshot(event["snapshot"], context.lake, context.settings.cache)
        assert len(open_panel(context, event["snapshot"]).sessions) == splits.validation_stop
        _closed_vault(context, whole, 150, ("NOBODY", "ELSE"))
        assert len(open_panel(context, event["snapshot"]).sessions) == splits.validation_stop
        _closed_vault(context, whole, 200, whole.names[:1])
        assert len(open_panel(context, event["snapshot"]).sessions) == 200
        _closed_vault(context, whole, 0, whole.names[-1:])
        with pytest.raises(EvidenceError, match=r"no session of snapshot .* may be looked at"):
            open_panel(context, event["snapshot"])


def _alone(sheet: Event) -> Event:
    """Return a sheet without what it says of other factors, trials and market factors, which one home may not have."""
    gates = [gate for gate in sheet["gates"] if gate["name"] != "self-correlation"]
    own = {name: sheet["verdicts"][name] for name in ("psr", "track_record_sessions")}
    return {**sheet, "pool": [], "gates": gates, "verdicts": own, "market_factors": None}
