from __future__ import annotations

from datetime import date
from uuid import uuid4

import polars as pl
import pytest

from lode.warehouse import Warehouse
from lode.warehouse.stores.factors import FactorRecord, record_factors, record_series
from lode.warehouse.stores.track import read_monthly_rank_ic, read_since_vault


def _series(factor: FactorRecord, days: dict[date, tuple[str, float | None]]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "factor": factor.factor,
            "run": factor.run,
            "horizon": pl.Series([factor.horizon] * len(days), dtype=pl.UInt16),
            "session": list(days),
            "split": [split for split, _ in days.values()],
            "ic": [value for _, value in days.values()],
            "rank_ic": [value for _, value in days.values()],
            "quantile_returns": [[0.0, 0.1]] * len(days),
            "turnover": [0.5] * len(days),
        },
        schema_overrides={"ic": pl.Float64, "rank_ic": pl.Float64},
    )


@pytest.fixture(scope="module")
def proven(writer: Warehouse) -> FactorRecord:
    factor = FactorRecord(uuid4().hex[:16], uuid4().hex[:16], "-close", "mined", "proven", "", -1, 5, 1, 1, "s")
    record_factors(writer, [factor])
    days: dict[date, tuple[str, float | None]] = {
        date(2020, 1, 2): ("train", -0.5),
        date(2020, 1, 3): ("validation", -0.1),
        date(2020, 2, 3): ("vault", -0.2),
        date(2020, 2, 4): ("vault", -0.4),
        date(2020, 2, 5): ("vault", None),
        date(2020, 3, 2): ("live", -0.1),
    }
    record_series(writer, _series(factor, days))
    record_series(writer, _series(factor, days))  # the same rows again are no others
    return factor


def test_rank_ic_is_summed_by_month(writer: Warehouse, proven: FactorRecord) -> None:
    found = read_monthly_rank_ic(writer, [(proven.factor, proven.run), ("nothing", proven.run)])
    assert found["month"].to_list() == [date(2020, month, 1) for month in (1, 2, 3)]
    assert found["rank_ic"].to_list() == pytest.approx([-0.6, -0.6, -0.1])
    assert set(found["factor"]) == {proven.factor}


def test_nothing_asked_is_nothing_read(writer: Warehouse) -> None:
    assert read_monthly_rank_ic(writer, []).is_empty()


def test_vault_and_what_came_since_stand_side_by_side(writer: Warehouse, proven: FactorRecord) -> None:
    found = read_since_vault(writer).filter(pl.col("run") == proven.run)
    (row,) = found.iter_rows(named=True)
    assert (row["factor"], row["expression"], row["direction"], row["horizon"]) == (proven.factor, "-close", -1, 1)
    assert (row["vault_mean"], row["vault_variance"]) == pytest.approx((-0.3, 0.02))
    assert (row["vault_sessions"], row["live_sessions"]) == (2, 1)
    assert row["live_mean"] == pytest.approx(-0.1)
    assert row["last_session"] == date(2020, 3, 2)


def test_a_factor_without_sessions_since_its_vault_is_left_out(writer: Warehouse, proven: FactorRecord) -> None:
    other = FactorRecord(uuid4().hex[:16], proven.run, "close", "mined", "proven", "", 1, 5, 1, 1, "s")
    record_factors(writer, [other])
    record_series(writer, _series(other, {date(2020, 2, 3): ("vault", 0.1)}))
    assert other.factor not in set(read_since_vault(writer)["factor"])
