from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import polars as pl
import pytest

from lode.errors import UsageError
from lode.warehouse import Warehouse
from lode.warehouse.stores.factors import FactorRecord, record_evidence, record_factors
from lode.warehouse.stores.leaderboard import SORTS, Filter, count_standings, read_board
from lode.warehouse.stores.runs import RunRecord, record_run

NOW = datetime(2026, 11, 20, 21, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def universe(writer: Warehouse) -> str:
    """A universe of its own with three factors of two runs: weak, strong (proven) and bare, without a figure."""
    name = uuid4().hex[:8]
    old, new = f"old{name}", f"new{name}"
    for run, started in ((old, NOW - timedelta(days=9)), (new, NOW)):
        record_run(
            writer, RunRecord(run, "s", "yahoo", name, "{}", "0", 0, "succeeded", started, trials=7, trials_on_vault=9)
        )
    weak = FactorRecord("weak", old, "-ts_delta(CLOSE, 5)", "mined by genetic", "refused", "q", -1, 5, 1, 1, "s")
    strong = replace(weak, factor="strong", run=new, expression="rank(volume)", state="proven", origin="mined by tree")
    record_factors(writer, [weak, strong, replace(weak, factor="bare", run=new)])
    record_evidence(writer, [*_figures(weak, t=-1.5, dsr=0.2), *_figures(strong, t=3.0, dsr=float("nan"))])
    keys = {"split": "train", "metric": "spanning", "low": None, "high": None}
    record_evidence(
        writer,
        [
            keys | {"factor": "weak", "run": old, "value": 0.0},
            keys | {"factor": "strong", "run": new, "value": 1.0},
        ],
    )
    return name


def _figures(factor: FactorRecord, *, t: float, dsr: float) -> list[dict[str, object]]:
    keys = {"factor": factor.factor, "run": factor.run, "low": None, "high": None}
    values = {("train", "t_nw"): 2 * t, ("validation", "t_nw"): t, ("train", "dsr"): dsr}
    return [keys | {"split": split, "metric": metric, "value": value} for (split, metric), value in values.items()]


def _order(warehouse: Warehouse, wanted: Filter) -> list[str]:
    return read_board(warehouse, wanted, most=10)["factor"].to_list()


def test_the_proven_come_first_and_what_is_not_known_is_null(writer: Warehouse, universe: str) -> None:
    board = read_board(writer, Filter(universe=universe), most=10)
    assert board["factor"].to_list() == ["strong", "weak", "bare"]
    assert board["validation_t"].to_list() == [3.0, -1.5, None]
    assert board["dsr"].to_list() == [None, 0.2, None]  # NaN is as unknown
    assert board["spanning"].to_list() == [True, False, None]
    assert board["trials_on_vault"].to_list() == [9, 9, 9]
    assert board["matching"].to_list() == [3, 3, 3]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Filter(states=("refused",)), ["weak", "bare"]),
        (Filter(states=("refused", "proven")), ["strong", "weak", "bare"]),
        (Filter(origin="mined by tree"), ["strong"]),
        (Filter(text="ts_DELTA(close"), ["weak", "bare"]),
        (Filter(text="%"), []),
        (Filter(least_t=1.5), ["strong", "weak"]),
        (Filter(spanning=True), ["strong"]),
        (Filter(sort="validation_t", ascending=True), ["weak", "strong", "bare"]),
        (Filter(sort="dsr"), ["weak", "strong", "bare"]),
        (Filter(sort="started", ascending=True), ["weak", "bare", "strong"]),
    ],
)
def test_a_filter_chooses_and_orders(writer: Warehouse, universe: str, wanted: Filter, found: list[str]) -> None:
    assert _order(writer, replace(wanted, universe=universe)) == found


def test_a_run_has_its_own(writer: Warehouse, universe: str) -> None:
    assert _order(writer, Filter(run=f"old{universe}")) == ["weak"]


@pytest.mark.parametrize("sort", SORTS)
def test_every_order_can_be_asked_for(writer: Warehouse, universe: str, sort: str) -> None:
    assert len(_order(writer, Filter(universe=universe, sort=sort))) == 3


def test_no_more_rows_than_asked_for_come_and_all_are_counted(writer: Warehouse, universe: str) -> None:
    board = read_board(writer, Filter(universe=universe), most=1)
    assert board["factor"].to_list() == ["strong"]
    assert board["matching"].to_list() == [3]


@pytest.mark.parametrize("hostile", ["'; DROP TABLE factors --", "{run:String}", "\\"])
def test_values_stay_values(writer: Warehouse, hostile: str) -> None:
    assert _order(writer, Filter(run=hostile, origin=hostile, text=hostile)) == []


def test_an_unknown_order_is_refused(writer: Warehouse) -> None:
    with pytest.raises(UsageError, match="cannot be sorted by 'factor; DROP': choose train_rank_ic"):
        read_board(writer, Filter(sort="factor; DROP"), most=1)


def test_standings_are_counted_the_newest_run_first(writer: Warehouse, universe: str) -> None:
    counted = count_standings(writer).filter(pl.col("universe") == universe)
    assert counted.select("run", "origin", "state", "count").rows() == [
        (f"new{universe}", "mined by genetic", "refused", 1),
        (f"new{universe}", "mined by tree", "proven", 1),
        (f"old{universe}", "mined by genetic", "refused", 1),
    ]
