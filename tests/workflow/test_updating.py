from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from lode.engine import Evaluator, Scorer
from lode.evaluation import forward_returns
from lode.evaluation.quantiles import quantile_returns
from lode.evaluation.turnover import turnover
from lode.language import parse
from lode.panel import load_snapshot
from lode.warehouse.stores.factors import read_series
from lode.workflow.run import execute
from lode.workflow.updating import summary, update
from tests.workflow.homes import Here, Home, Killed, assert_same_rows, dying, request_for, table_rows

TABLES = {"factor_values": ["factor", "session", "instrument"], "factor_series": ["factor", "horizon", "session"]}
SESSIONS = 400


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory, market: Path) -> Iterator[tuple[Home, Path]]:
    """A home with a run on the first 400 sessions of a market, into which the other 20 were imported since."""
    folder = tmp_path_factory.mktemp("grown")
    bars = pl.read_parquet(market)
    days = bars["date"].unique().sort()
    begun = folder / "grown.parquet"
    bars.filter(pl.col("date") <= days[SESSIONS - 1]).write_parquet(begun)
    home = Home(folder / "home")
    with home.context() as context:
        result = execute(request_for(begun), context, Here(context))
        assert result["proven"]
        assert summary(update(context))["values"] == 0
        assert "nothing new" in update(context)[0].message
    yield home, market
    home.stop()


def test_without_a_proven_factor_it_says_so(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    try:
        assert "no factor is proven yet" in home.lode("update").out
        assert home.lode("update", "--json").json == {"runs": [], "factors": 0, "values": 0, "series": 0}
    finally:
        home.stop()


def test_updated_values_are_those_of_a_full_recomputation_bit_for_bit(grown: tuple[Home, Path]) -> None:
    home, market = grown
    with home.context() as context:
        before = table_rows(context.warehouse, TABLES)
    assert home.lode("import", "bars", market, "--source", "grown", "--json").json["kept"] > 0
    whole = _killed_then_updated(home, before)
    with home.context() as context:
        again = summary(update(context))
        assert (again["values"], again["series"]) == (0, 0)
    (done,) = whole["runs"]
    assert done["sessions"] == 20
    assert done["restated"] == {}
    with home.context() as context:
        panel = load_snapshot(done["snapshot"], context.lake, home.settings.cache)
        stored = context.warehouse.query("SELECT * FROM factor_values FINAL ORDER BY factor, session, instrument")
        factors = context.warehouse.query(
            "SELECT factor, expression, direction FROM factors FINAL WHERE state = 'proven'"
        )
        evaluator = Evaluator(panel.fields, panel.groups, mask=panel.tradable)
        for factor, expression, direction in factors.iter_rows():
            rows = stored.filter(pl.col("factor") == factor)
            found = np.full(panel.shape, np.nan, np.float32)
            at = np.searchsorted(panel.sessions, rows["session"].to_numpy())
            found[at, np.searchsorted(panel.names, rows["instrument"].to_numpy())] = rows["value"].to_numpy()
            expected = evaluator.value(parse(expression))
            np.testing.assert_array_equal(found[SESSIONS:], expected[SESSIONS:])
            series = read_series(context.warehouse, factor, done["run"])
            live = series.filter(pl.col("split") == "live")
            assert live["session"].to_list() == panel.sessions[SESSIONS - 2 : -2].tolist()
            forward = forward_returns(panel)
            scores = Scorer(forward, rows=slice(0, None)).rank_ic(expected)
            for name, wanted in (("rank_ic", scores), ("turnover", turnover(expected))):
                np.testing.assert_array_equal(live[name].fill_null(np.nan).to_numpy(), wanted[SESSIONS - 2 : -2])
            returns = quantile_returns(expected * np.float32(direction), forward)[SESSIONS - 2 : -2]
            np.testing.assert_array_equal(np.array(live["quantile_returns"].to_list()), returns)
        earlier = {
            name: rows.filter(pl.col("session") <= before[name]["session"].max())
            for name, rows in table_rows(context.warehouse, TABLES).items()
        }
        assert_same_rows(earlier, before)


def _killed_then_updated(home: Home, before: dict[str, pl.DataFrame]) -> dict[str, Any]:
    """Let an update die while it freezes, then after its first, second and third row, then let it end."""
    for writes in (5, 1, 2, 3):
        with home.context() as context:
            with pytest.raises(Killed), dying(writes):
                update(context)
            now = table_rows(context.warehouse, TABLES)
        assert all(now[name].height >= rows.height for name, rows in before.items())
        home.lode("snapshot", "--source", "grown", "--json")  # what it died at is there from now on
    with home.context() as context:
        return summary(update(context))
