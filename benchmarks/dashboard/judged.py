"""Finalists of a run that was not mined, with the evidence, series and pool that the workflow leaves of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl

from lode.language import expression_id, parse
from lode.warehouse import Warehouse
from lode.warehouse.stores.factors import FactorRecord, record_evidence, record_factors, record_series
from lode.warehouse.stores.ledger import Trial
from lode.warehouse.stores.pool import (
    FigureRecord,
    GrowthRecord,
    read_figures,
    record_figures,
    record_growth,
    record_weights,
)

_MAIN = ("train", "validation", "vault")
_QUANTILES = 5


@dataclass(frozen=True)
class Template:
    """What the real run left: one of its finalists, that one's evidence, the sessions with their split, the pool."""

    record: FactorRecord
    evidence: pl.DataFrame
    days: pl.DataFrame
    figures: pl.DataFrame
    fitted_on: date


def template_of(warehouse: Warehouse, run: str) -> Template:
    """Read the finalist of the real run that came farthest.

    days: session, split; the vault's sessions are what the snapshot has behind validation.
    """
    found = warehouse.query(
        "SELECT factor, count() AS n FROM evidence FINAL WHERE run = {run:String} GROUP BY factor "
        "ORDER BY n DESC, factor LIMIT 1",
        run=run,
    )
    factor = str(found["factor"][0])
    record = warehouse.query(
        "SELECT * EXCEPT updated_at FROM factors FINAL WHERE run = {run:String} AND factor = {factor:String}",
        run=run,
        factor=factor,
    ).row(0, named=True)
    evidence = warehouse.query(
        "SELECT split, metric, value, low, high FROM evidence FINAL "
        "WHERE run = {run:String} AND factor = {factor:String} ORDER BY split, metric",
        run=run,
        factor=factor,
    )
    sessions = warehouse.query("SELECT DISTINCT session FROM bars ORDER BY session")
    ends = np.array([0.6, 0.8]) * sessions.height
    split = np.array(_MAIN)[np.searchsorted(ends, np.arange(sessions.height), side="right")]
    days = sessions.with_columns(pl.Series("split", split.tolist()))
    return Template(FactorRecord(**record), evidence, days, read_figures(warehouse, run), days["session"][0])


def with_finalists(trials: Sequence[Trial], count: int) -> tuple[list[Trial], list[Trial]]:
    """The trials, the strongest with the ids that their formulas have, and those that are the strongest."""
    best = sorted(trials, key=lambda trial: -abs(trial.t_nw))[:count]
    ids = {trial.factor: expression_id(parse(trial.expression)) for trial in best}
    named = [
        replace(trial, factor=ids.get(trial.factor, trial.factor), parents=tuple(ids.get(p, p) for p in trial.parents))
        if trial.factor in ids or not ids.keys().isdisjoint(trial.parents)
        else trial
        for trial in trials
    ]
    chosen = set(ids.values())
    return named, [trial for trial in named if trial.factor in chosen]


def record(
    warehouse: Warehouse,
    run: str,
    snapshot: str,
    finalists: Sequence[Trial],
    like: Template,
    random: np.random.Generator,
) -> int:
    """Write the finalists, every tenth proven, and return how many are."""
    records = [_record(trial, run, snapshot, like, proven=not at % 10) for at, trial in enumerate(finalists)]
    record_factors(warehouse, records)
    _record_evidence(warehouse, records, like, random)
    record_series(warehouse, _series(records, like, random))
    _record_pool(warehouse, run, records, like, random)
    return sum(each.state == "proven" for each in records)


def _record(trial: Trial, run: str, snapshot: str, like: Template, *, proven: bool) -> FactorRecord:
    return replace(
        like.record,
        factor=trial.factor,
        run=run,
        snapshot=snapshot,
        expression=trial.expression,
        state="proven" if proven else "refused",
        reason="" if proven else "validation: q 0.31 > 0.05",
        direction=1 if trial.t_nw >= 0 else -1,
    )


def _record_evidence(
    warehouse: Warehouse, records: Sequence[FactorRecord], like: Template, random: np.random.Generator
) -> None:
    rows = [
        {"factor": record.factor, "run": record.run, **row}
        for record in records
        for row in like.evidence.iter_rows(named=True)
    ]
    for row, noise in zip(rows, random.normal(1, 0.3, len(rows)), strict=True):
        row["value"] = row["value"] if row["metric"].startswith("leak: ") else row["value"] * noise
    record_evidence(warehouse, rows)


def _series(records: Sequence[FactorRecord], like: Template, random: np.random.Generator) -> pl.DataFrame:
    """Daily series of all records, one behind the other; every session of the market has a row."""
    count = like.days.height
    rows = len(records) * count
    ic = random.normal(0.01, 0.08, rows)
    returns = random.normal(0, 0.01, (rows, 1)) + np.linspace(-1, 1, _QUANTILES) * ic[:, None] * 0.01
    every = pl.concat([like.days] * len(records))
    return every.with_columns(
        factor=pl.Series(np.repeat([record.factor for record in records], count)),
        run=pl.lit(records[0].run),
        horizon=pl.lit(like.record.horizon, pl.UInt16),
        ic=pl.Series(ic * 0.9),
        rank_ic=pl.Series(ic),
        quantile_returns=pl.Series(returns).cast(pl.List(pl.Float64)),
        turnover=pl.Series(random.uniform(0.1, 0.4, rows)),
    )


def _record_pool(
    warehouse: Warehouse, run: str, records: Sequence[FactorRecord], like: Template, random: np.random.Generator
) -> None:
    weights = dict(zip((each.factor for each in records), random.normal(size=len(records)).tolist(), strict=True))
    record_weights(warehouse, run, like.fitted_on, weights)
    record_figures(warehouse, run, [FigureRecord(**row) for row in like.figures.iter_rows(named=True)])
    ics = random.normal(0.02, 0.003, len(records)).tolist()
    grown = [GrowthRecord(at + 1, each.factor, ics[at], ics[at] - 0.001) for at, each in enumerate(records)]
    record_growth(warehouse, run, grown)
