"""The step `publish`: factors, evidence and daily series into the warehouse, and the run's result."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from lode.engine import Scorer
from lode.evaluation.labels import forward_returns
from lode.evaluation.quantiles import quantile_returns
from lode.evaluation.turnover import turnover
from lode.language import parse
from lode.panel import Panel, load_snapshot
from lode.warehouse.stores.factors import (
    FactorRecord,
    record_evidence,
    record_factors,
    record_series,
    record_values,
)
from lode.warehouse.stores.runs import read_run, read_trial_rate, record_run
from lode.workflow.context import Context, Event
from lode.workflow.generations import shard_results
from lode.workflow.language_model.brought import in_vain, of_run
from lode.workflow.own_formulas import became
from lode.workflow.plan import Plan, load_plan
from lode.workflow.pooling import pooled, record_pool
from lode.workflow.proving import verdict_key
from lode.workflow.rating import Ratings, rated, rating_rows
from lode.workflow.recording import read_code_note
from lode.workflow.scoring import SplitScorer
from lode.workflow.selection import read_trials_of
from lode.workflow.sheets import Sheets, with_sheet
from lode.workflow.values import long_frame

_SPLITS = ("train", "validation", "vault")
_LEAK_VALUES = {"passed": 1.0, "failed": 0.0}


def result_key(plan: Plan) -> str:
    """Lake key of a run's result, the last object that a run writes: what it says stays, however often it is told."""
    return plan.key("result.json")


def publish(event: Event, context: Context) -> Event:
    """Store what was found and refused: {run} → {run, rows}. Safe to run twice."""
    plan = load_plan(context, event["run"])
    verdict = context.load(verdict_key(plan))
    judged = verdict["factors"]
    record_factors(context.warehouse, [_factor(plan, factor) for factor in judged])
    rows = record_evidence(context.warehouse, [row for factor in judged for row in _evidence(plan, factor)])
    pool = pooled(plan, verdict, context)
    ratings = Ratings(plan, [member["id"] for member in pool["members"]])
    rows += _publish_series(plan, context, judged, ratings)
    found = rated(plan, context, ratings)
    rows += record_evidence(context.warehouse, rating_rows(plan, found))
    rows += record_pool(context.warehouse, plan.run, pool)
    result = _result(plan, context, verdict, pool, found["trials_on_vault"])
    _end_run(plan, context, context.keep(result_key(plan), result))
    return {"run": plan.run, "rows": rows + len(judged)}


def _factor(plan: Plan, factor: dict[str, Any]) -> FactorRecord:
    return FactorRecord(
        factor=factor["id"],
        run=plan.run,
        expression=factor["expression"],
        origin=f"mined by {plan.options.searcher}",
        state=factor["state"],
        reason=factor["reason"],
        direction=factor["direction"],
        lookback=factor["lookback"],
        horizon=plan.options.horizon,
        delay=plan.options.delay,
        snapshot=plan.snapshot,
    )


def _evidence(plan: Plan, factor: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of the table `evidence` for one judged factor; a value that is not defined is NaN."""
    keys = {"factor": factor["id"], "run": plan.run}
    rows = [
        keys
        | {"split": split, "metric": metric, "value": math.nan if value is None else value, "low": None, "high": None}
        for split in _SPLITS
        for metric, value in (factor.get(split) or {}).items()
    ]
    leaks = [
        keys
        | {"split": "all", "metric": f"leak: {check['name']}", "value": _LEAK_VALUES.get(check["outcome"], math.nan)}
        for check in factor["leaks"]
    ]
    known = factor.get("spanning") is not None
    spanning = [keys | {"split": "train", "metric": "spanning", "value": float(factor["spanning"])}] if known else []
    return rows + [row | {"low": None, "high": None} for row in (*leaks, *spanning)]


def _publish_series(plan: Plan, context: Context, judged: list[dict[str, Any]], ratings: Ratings) -> int:
    """Write daily series and sheets, and rate the factors.

    To the end of validation, and of the vault for those that were tested on it.
    """
    rows, memory = 0, context.settings.memory_bytes
    shown = with_sheet(judged, plan.sessions, len(plan.instruments), memory)
    for opened in (False, True):
        chosen = [factor for factor in judged if bool(factor.get("vault")) == opened]
        if not chosen:
            continue
        stop = plan.sessions if opened else plan.splits.validation_stop
        panel = load_snapshot(plan.snapshot, context.lake, context.settings.cache, rows=slice(0, stop))
        scorer = SplitScorer(panel, plan.options, slice(0, stop))
        next_return = forward_returns(panel, horizon=1, delay=plan.options.delay)
        sheets = Sheets(context, plan, panel)
        for factor, values in zip(chosen, scorer.values([parse(f["expression"]) for f in chosen]), strict=True):
            series = _series(plan, panel, scorer, factor, values)
            rows += record_series(context.warehouse, series)
            ratings.add(factor, series, values, next_return)
            if factor["id"] in shown:
                sheets.add(factor, values)
            if factor["state"] == "proven":
                found = values_frame(factor["id"], panel, values, snapshot=plan.snapshot, at=context.clock())
                rows += record_values(context.warehouse, found)
        sheets.keep()
    return rows


def _series(plan: Plan, panel: Panel, scorer: SplitScorer, factor: dict[str, Any], values: np.ndarray) -> pl.DataFrame:
    """Rows of the table `factor_series`: the label sessions of each split that `panel` holds."""
    return series_frame(
        {"factor": factor["id"], "run": plan.run, "horizon": plan.options.horizon},
        panel.sessions,
        _split_of_rows(plan, len(panel.sessions)),
        values,
        scorer=scorer.scorer,
        forward=scorer.forward,
        direction=factor["direction"],
    )


def series_frame(
    keys: dict[str, Any],
    sessions: np.ndarray,
    split: np.ndarray,
    values: np.ndarray,
    *,
    scorer: Scorer,
    forward: np.ndarray,
    direction: int,
) -> pl.DataFrame:
    """Rows of the table `factor_series` for the sessions that have a split.

    keys: factor, run, horizon. split: (sessions,) names, "" for none. values, forward: (sessions, names).
    """
    used = split != ""
    quantiles = quantile_returns(values * np.float32(direction), forward)
    return pl.DataFrame(
        {
            "factor": keys["factor"],
            "run": keys["run"],
            "horizon": pl.Series([keys["horizon"]] * int(used.sum()), dtype=pl.UInt16),
            "session": sessions[used],
            "split": split[used].tolist(),
            "ic": pl.Series(scorer.ic(values)[used]).fill_nan(None),
            "rank_ic": pl.Series(scorer.rank_ic(values)[used]).fill_nan(None),
            "quantile_returns": pl.Series(quantiles[used]),
            "turnover": pl.Series(turnover(values)[used]).cast(pl.Float64).fill_nan(None),
        },
        schema_overrides={"quantile_returns": pl.List(pl.Float64)},
    )


def _split_of_rows(plan: Plan, rows: int) -> np.ndarray:
    split = np.full(rows, "", dtype=object)
    for name, part in plan.splits.parts().items():
        split[part] = name
    return split


def values_frame(factor: str, panel: Panel, values: np.ndarray, *, snapshot: str, at: datetime) -> pl.DataFrame:
    """Rows of the table `factor_values`: what a factor was on a panel's sessions."""
    rows = long_frame(panel, values).rename({"symbol": "instrument"})
    return rows.select(
        pl.lit(factor).alias("factor"),
        "session",
        "instrument",
        pl.col("value").cast(pl.Float64),
        pl.lit(snapshot).alias("snapshot"),
        pl.lit(at).cast(pl.Datetime("us", "UTC")).alias("updated_at"),
    )


def _result(plan: Plan, context: Context, verdict: Event, pool: Event, trials_on_vault: int) -> Event:
    """Return what `lode mine --json` prints."""
    options = plan.options
    model = of_run(plan.proposer, shard_results(context, plan) if plan.proposer else [])
    proven = [_shown(f, plan) for f in verdict["factors"] if f["state"] == "proven"]
    refused = [
        {"id": f["id"], "expression": f["expression"], "reason": f["reason"]}
        for f in verdict["factors"]
        if f["state"] != "proven"
    ]
    return {
        "run": plan.run,
        "snapshot": plan.snapshot,
        "source": plan.source,
        "universe": plan.universe,
        "label": plan.label,
        "warnings": [*plan.warnings, *in_vain(model)],
        "seed": options.seed,
        "searcher": options.searcher,
        "candidates": options.candidates,
        "trials": verdict["trials"],
        "trials_on_vault": trials_on_vault,
        "effective_trials": verdict.get("effective_trials"),
        "pbo": verdict.get("pbo"),
        "trials_per_second": read_trial_rate(context.warehouse, plan.run),
        "finalists": len(verdict["factors"]),
        "vault": verdict["opening"],
        "pool": {name: told for name, told in pool.items() if name != "model"},
        "proven": proven,
        "refused": refused,
        "formulas": became(options, read_trials_of(context, plan), verdict["factors"]) if options.formulas else [],
    } | model


def _shown(factor: dict[str, Any], plan: Plan) -> dict[str, Any]:
    kept = ("id", "expression", "direction", "lookback", "train", "validation", "vault")
    told = {name: factor[name] for name in kept}
    return told | {"spanning": factor.get("spanning"), "horizon": plan.options.horizon}  # earlier code did not tell it


def _end_run(plan: Plan, context: Context, result: Event) -> None:
    record = read_run(context.warehouse, plan.run)
    counts = {"proven": len(result["proven"]), "refused": len(result["refused"]), "finalists": result["finalists"]}
    counts |= {name: result[name] for name in ("trials", "trials_on_vault", "effective_trials", "pbo")}
    spent = result["vault"].get("message", "") if result["vault"] else ""
    note = read_code_note(context, plan.run, record.code_version)
    message = "; ".join(text for text in (spent, *result["warnings"], note) if text)
    record_run(context.warehouse, record.ending("succeeded", context.clock(), message=message, **counts))
