"""What the page that compares factors reads: their figures and series, how alike they are, and the pool they are in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lode.app.clustering import Clusters, clusters_of, correlation_of_series
from lode.app.queries.caching import cached
from lode.app.queries.overview import Overview, read_overview
from lode.errors import NotFoundError, UsageError
from lode.lake import open_lake
from lode.settings import Settings
from lode.warehouse import open_warehouse
from lode.warehouse.stores.factors import read_rank_ics
from lode.warehouse.stores.pool import read_figures, read_growth, read_weights, read_weights_of
from lode.workflow.likeness import read_likeness

MOST = 60


@dataclass(frozen=True, eq=False)
class Comparison:
    """Factors side by side. `read_at` is UTC.

    run: the one whose pool it is; "" where the factors are of several runs and none was named.
    factors: as the overview has them, with `number` from 1 on, in the order of their clusters; weight and adds in the
        run's pool; turnover, mean share of new names. Null where the pool has no such member.
    correlation: (factors, factors) in the order of `clusters.order` before it is applied; see `measure`.
    measure: "values", mean daily Spearman correlation of the values on train; "rank_ic", of the daily rank ICs.
    days: session, factor, run, split, rank_ic. growth: as `read_growth`, with expression. figures: as `read_figures`.
    weights: pool, fitted_on, factor, weight, of pools of the same source and universe.
    """

    run: str
    factors: pl.DataFrame
    correlation: NDArray[np.float64]
    clusters: Clusters
    measure: Literal["values", "rank_ic"]
    days: pl.DataFrame
    growth: pl.DataFrame
    figures: pl.DataFrame
    weights: pl.DataFrame
    read_at: datetime


def chosen_factors(found: Overview, factors: Sequence[str], run: str) -> tuple[str, pl.DataFrame]:
    """Return the run whose pool is meant, and a row of the overview for each factor to compare, each once.

    Without factors they are those that `run` judged, the newest finished run where none is named. A factor that the
    run did not judge stands as the newest of its runs judged it; `factor@run` names a run of its own. NotFoundError for
    what is unknown.
    """
    if not factors:
        run = run or _newest(found)
        rows = found.factors.filter(pl.col("run") == run)
        if rows.is_empty():
            raise NotFoundError(f"run {run!r} has judged no factor; `lode runs list` shows all runs")
        return run, rows.head(MOST)
    wanted = list(dict.fromkeys(factors))
    if len(wanted) > MOST:
        raise UsageError(f"{len(wanted)} factors: at most {MOST} are compared; choose fewer")
    rows = pl.concat([_standing(found.factors, factor, run) for factor in wanted])
    runs = rows["run"].unique().to_list()
    return run or (runs[0] if len(runs) == 1 else ""), rows


@cached
def read_comparison(settings: Settings, factors: tuple[str, ...], run: str) -> Comparison:
    """Read what `chosen_factors` chooses."""
    found = read_overview(settings)
    run, rows = chosen_factors(found, factors, run)
    with open_warehouse(settings, access="read") as warehouse:
        days = read_rank_ics(warehouse, list(rows.select("factor", "run").iter_rows()))
        growth = read_growth(warehouse, run)
        figures = read_figures(warehouse, run)
        own = read_weights(warehouse, run)
        weights = read_weights_of(warehouse, _pools_alike(found.runs, run))
    ids = rows["factor"].to_list()
    correlation, measure = _correlations(settings, rows, days)
    clusters = clusters_of(correlation)
    numbered = _with_pool(rows[clusters.order], growth, own, days).with_row_index("number", offset=1)
    known = found.factors.filter(pl.col("run") == run).select("factor", "expression")
    return Comparison(
        run=run,
        factors=numbered,
        correlation=correlation,
        clusters=clusters,
        measure=measure,
        days=days,
        growth=growth.join(known, on="factor", how="left", maintain_order="left"),
        figures=figures,
        weights=weights.filter(pl.col("factor").is_in(ids)),
        read_at=datetime.now(UTC),
    )


def _newest(found: Overview) -> str:
    judged = found.factors["run"].unique().to_list()
    done = found.runs.filter(pl.col("state") == "succeeded", pl.col("run").is_in(judged))["run"]
    if done.is_empty():
        raise NotFoundError("no run has judged a factor yet; `lode run` mines a market and judges what it finds")
    return str(done[0])


def _standing(factors: pl.DataFrame, factor: str, run: str) -> pl.DataFrame:
    factor, _, own = factor.partition("@")
    rows = factors.filter(pl.col("factor") == factor)
    if rows.is_empty():
        raise NotFoundError(f"no factor {factor!r}; `lode factors list` shows those that are known")
    judged = rows.filter(pl.col("run") == (own or run))
    return judged if judged.height else rows.sort("updated_at", descending=True).head(1)


def _correlations(
    settings: Settings, rows: pl.DataFrame, days: pl.DataFrame
) -> tuple[NDArray[np.float64], Literal["values", "rank_ic"]]:
    """Correlations of values where one run kept those of all the factors, else of their daily rank ICs."""
    ids, runs = rows["factor"].to_list(), rows["run"].unique().to_list()
    kept = read_likeness(open_lake(settings), runs[0]) if len(runs) == 1 else None
    if kept is not None and set(ids) <= set(kept.factors):
        places = [kept.factors.index(factor) for factor in ids]
        return kept.correlation[np.ix_(places, places)], "values"
    return correlation_of_series(days, ids), "rank_ic"


def _with_pool(rows: pl.DataFrame, growth: pl.DataFrame, weights: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """Join weight and adds of the run's pool, and the mean turnover; adds is what the whole pool loses without one."""
    whole = growth.drop_nulls("rank_ic").tail(1)["rank_ic"]
    adds = (pl.lit(whole[0] if whole.len() else None, dtype=pl.Float64) - pl.col("rank_ic_without")).alias("adds")
    newest = weights.sort("fitted_on").unique("factor", keep="last").select("factor", "weight")
    turnover = days.group_by("factor").agg(pl.col("turnover").fill_nan(None).mean())
    joined = rows
    for part in (newest, growth.select("factor", adds), turnover):
        joined = joined.join(part, on="factor", how="left", maintain_order="left")
    return joined


def _pools_alike(runs: pl.DataFrame, run: str) -> list[str]:
    """Runs of the same source and universe, itself included."""
    own = runs.filter(pl.col("run") == run).select("source", "universe")
    return runs.join(own, on=["source", "universe"], how="semi")["run"].to_list()
