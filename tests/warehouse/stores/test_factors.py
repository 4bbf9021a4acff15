from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from uuid import uuid4

import polars as pl
import pytest

from lode.errors import NotFoundError
from lode.warehouse import Warehouse
from lode.warehouse.stores.factors import (
    FactorRecord,
    list_factors,
    read_evidence,
    read_factor,
    read_series,
    record_evidence,
    record_factors,
    record_series,
    record_values,
)


def _factor(**more: object) -> FactorRecord:
    record = FactorRecord(
        uuid4().hex[:16], uuid4().hex[:16], "rank(close)", "mined", "refused", "q 1 > 0.05", -1, 5, 1, 1, "snap"
    )
    return replace(record, **more)  # type: ignore[arg-type]


def _evidence(factor: FactorRecord, **values: float) -> list[dict[str, object]]:
    keys = {"factor": factor.factor, "run": factor.run, "low": None, "high": None}
    return [
        keys | {"split": name.split("_")[0], "metric": name.split("_", 1)[1], "value": value}
        for name, value in values.items()
    ]


def test_a_factor_is_found_by_its_first_characters_and_its_newest_state_counts(writer: Warehouse) -> None:
    factor = _factor()
    assert record_factors(writer, [factor]) == 1
    record_factors(writer, [replace(factor, state="retired", reason="by hand")])
    assert read_factor(writer, factor.factor[:10]) == [replace(factor, state="retired", reason="by hand")]


def test_a_factor_has_a_row_for_every_run_that_judged_it(writer: Warehouse) -> None:
    factor = _factor()
    other = replace(factor, run=uuid4().hex[:16], state="proven")
    record_factors(writer, [factor])
    record_factors(writer, [other])
    assert [record.run for record in read_factor(writer, factor.factor)] == [other.run, factor.run]


def test_unknown_and_ambiguous_ids_are_told_apart(writer: Warehouse) -> None:
    stem = uuid4().hex[:8]
    record_factors(writer, [_factor(factor=f"{stem}{end}") for end in ("aaaa0000", "bbbb0000")])
    with pytest.raises(NotFoundError, match=f"2 factors begin with '{stem}': {stem}aaaa0000, {stem}bbbb0000"):
        read_factor(writer, stem)
    with pytest.raises(NotFoundError, match="no factor 'zzzz'; `lode factors list`"):
        read_factor(writer, "zzzz")


def test_the_leaderboard_has_the_proven_first_then_the_strongest_on_train(writer: Warehouse) -> None:
    run = uuid4().hex[:16]
    weak, strong, proven, bare = (_factor(run=run) for _ in range(4))
    proven = replace(proven, state="proven")
    record_factors(writer, [weak, strong, proven, bare])
    rows = _evidence(weak, train_t_nw=1.0) + _evidence(strong, train_t_nw=-9.0, train_rank_ic=-0.1)
    record_evidence(writer, rows + _evidence(proven, train_t_nw=2.0, validation_q=0.01, vault_p=math.nan))
    listed = list_factors(writer, run=run)
    assert listed["factor"].to_list()[:3] == [proven.factor, strong.factor, weak.factor]
    assert listed.row(0, named=True)["validation_q"] == 0.01
    assert listed.row(1, named=True)["train_rank_ic"] == -0.1
    assert listed.row(3, named=True)["train_t"] is None
    assert list_factors(writer, run=run, state="proven")["factor"].to_list() == [proven.factor]
    assert list_factors(writer, run="nobody").height == 0


def test_evidence_and_series_come_back_and_replace_themselves(writer: Warehouse) -> None:
    factor = _factor()
    for value in (1.0, 2.0):
        record_evidence(writer, _evidence(factor, train_t_nw=value, all_leak=math.nan))
    found = read_evidence(writer, factor.factor, factor.run)
    assert found.select("split", "metric").rows() == [("all", "leak"), ("train", "t_nw")]
    assert math.isnan(found["value"][0])
    series = pl.DataFrame(
        {
            "factor": factor.factor,
            "run": factor.run,
            "horizon": pl.Series([1, 1], dtype=pl.UInt16),
            "session": [date(2019, 1, 3), date(2019, 1, 2)],
            "split": "train",
            "ic": [0.1, None],
            "rank_ic": [0.2, None],
            "quantile_returns": [[0.1, -0.1], [0.0, math.nan]],
            "turnover": [None, 0.5],
        }
    )
    for _ in range(2):
        assert record_series(writer, series) == 2
    back = read_series(writer, factor.factor, factor.run)
    assert back["session"].to_list() == [date(2019, 1, 2), date(2019, 1, 3)]
    assert back["rank_ic"].to_list() == [None, 0.2]
    assert back["quantile_returns"][1].to_list() == [0.1, -0.1]


def test_nothing_is_no_row(writer: Warehouse) -> None:
    assert record_factors(writer, []) == record_evidence(writer, []) == 0
    assert record_series(writer, pl.DataFrame()) == record_values(writer, pl.DataFrame()) == 0
