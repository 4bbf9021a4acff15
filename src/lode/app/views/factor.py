"""A factor's page: what it is, what became of it, and the evidence. `?factor=…&run=…` reopens it."""

from __future__ import annotations

import json
import math
from typing import Any

import altair as alt
import polars as pl
import streamlit as st

from lode.app import charts, notices, tables
from lode.app.navigation import Go
from lode.app.queries.caching import place
from lode.app.queries.factor import FactorPage, read_factor_page
from lode.app.queries.overview import read_overview
from lode.app.series import quantile_means, timeline
from lode.settings import Settings

_SPLITS = ("train", "validation", "vault")
_METRICS = ("rank_ic", "t_nw", "p", "q", "p_holm", "coverage")
_LEAK = "leak: "
_NO_VERDICT = "– no verdict"
_VERDICTS = {
    "proven": "Proven: it held on validation, passed every leak check and held on the vault.",
    "refused": "Refused.",
    "candidate": "Candidate: it held on validation, and not every leak check can be made.",
    "retired": "Retired.",
}


def show(settings: Settings, go: Go) -> None:
    """Draw the page of the factor in the query string; without one, let the reader choose."""
    st.title("Factor", anchor=False)
    wanted = st.query_params.get("factor", "")
    if not wanted:
        _choose(settings, go)
        return
    page = read_factor_page(settings, wanted, st.query_params.get("run", ""))
    notices.unreal_data([page.label] if page.label else [])
    _other_runs(page, go)
    _identity(page)
    _evidence(page)
    _pictures(page)
    _origin(page)
    st.text(
        f"Source {page.run.source}, as of {page.snapshot.as_of:%Y-%m-%d %H:%M} UTC. "
        f"Read from {place(settings)} at {page.read_at:%Y-%m-%d %H:%M:%S} UTC."
    )


def _choose(settings: Settings, go: Go) -> None:
    found = read_overview(settings)
    notices.unreal_data(found.labels)
    if found.factors.is_empty():
        notices.no_factors() if found.runs.height else notices.no_runs()
        return
    rows = list(found.factors.select("factor", "run", "state", "expression").iter_rows())
    chosen = st.selectbox(
        "Factor",
        range(len(rows)),
        index=None,
        placeholder="Choose a factor",
        format_func=lambda at: f"{tables.shown_state(rows[at][2])}  {rows[at][3]}",
    )
    if chosen is not None:
        factor, run, *_ = rows[chosen]
        go("factor", factor=factor, run=run)


def _other_runs(page: FactorPage, go: Go) -> None:
    """Let the reader change to another run that judged the same formula."""
    runs = [record.run for record in page.standings]
    if len(runs) == 1:
        return
    chosen = st.selectbox("Judged by run", runs, index=runs.index(page.record.run))
    if chosen != page.record.run:
        go("factor", factor=page.record.factor, run=chosen)


def _identity(page: FactorPage) -> None:
    record = page.record
    st.code(record.expression, language=None, wrap_lines=True)
    box = {"proven": st.success, "refused": st.error}.get(record.state, st.info)
    box(_VERDICTS.get(record.state, "The state that is stored is not known."))
    if record.reason:
        st.text(record.reason)
    evidence = {
        (split, metric): value for split, metric, value in page.evidence["split", "metric", "value"].iter_rows()
    }
    with st.container(horizontal=True):
        for split in _SPLITS:
            _figure(f"Rank IC {split}", evidence.get((split, "rank_ic")), ".4f")
        _figure("q validation", evidence.get(("validation", "q")), ".2g")
        _figure("Trials of run", page.run.trials, ",")
        _figure("Trials on vault", page.run.trials_on_vault, ",")
        _figure("Independent", page.run.effective_trials, ",.0f")
        _figure("Direction", record.direction, "+d")
        _figure("Lookback", record.lookback, ",")


def _figure(name: str, value: float | None, form: str) -> None:
    st.metric(name, "–" if value is None or math.isnan(value) else f"{value:{form}}", width=124)


def _evidence(page: FactorPage) -> None:
    left, right = st.columns([3, 2])
    with left:
        st.header("Evidence by split", anchor=False)
        _table(_by_split(page.evidence), "Evidence by split")
        st.caption(
            f"Daily rank IC of the formula as written, horizon {page.record.horizon}, delay {page.record.delay}; "
            f"p in direction {page.record.direction:+d}."
        )
        if opened := _vault_note(page):
            st.text(opened)
    with right:
        st.header("Leak checks", anchor=False)
        _leak_checks(page.evidence)


def _by_split(evidence: pl.DataFrame) -> pl.DataFrame:
    """One row per split, one column per metric, null where it is undefined or was not tested."""
    values = {(split, metric): value for split, metric, value in evidence["split", "metric", "value"].iter_rows()}
    columns: dict[str, Any] = {metric: [values.get((split, metric)) for split in _SPLITS] for metric in _METRICS}
    return pl.DataFrame(
        {"split": _SPLITS, **columns}, schema_overrides=dict.fromkeys(_METRICS, pl.Float64)
    ).with_columns(pl.col(_METRICS).fill_nan(None))


def _vault_note(page: FactorPage) -> str:
    """Say which sessions stayed closed for this factor; empty where the vault was opened for it."""
    if page.evidence.filter(pl.col("split") == "vault").height:
        return ""
    try:
        first, last = json.loads(page.run.settings)["vault"]
    except (ValueError, KeyError, TypeError):
        return "The vault was not opened for this factor."
    return f"The vault, {first} to {last}, was not opened for this factor."


def _leak_checks(evidence: pl.DataFrame) -> None:
    checks = evidence.filter(pl.col("metric").str.starts_with(_LEAK))
    if checks.is_empty():
        st.text("Not made: they are for factors that held on validation.")
        return
    outcomes = [{1.0: "✔ passed", 0.0: "✘ failed"}.get(value, _NO_VERDICT) for value in checks["value"]]
    names = [metric.removeprefix(_LEAK) for metric in checks["metric"]]
    st.dataframe(
        pl.DataFrame({"outcome": outcomes, "check": names}),
        column_config=tables.columns(),
        hide_index=True,
        alt="Leak checks",
    )
    if _NO_VERDICT in outcomes:
        st.caption("No verdict: these data do not allow the check, or it is a diagnostic, which decides nothing.")


def _pictures(page: FactorPage) -> None:
    st.header("Session by session", anchor=False)
    if page.series["rank_ic"].drop_nulls().is_empty():
        st.info("No session has a rank IC, so there is nothing to draw.")
        return
    record = page.record
    days = timeline(page.series, direction=record.direction, horizon=record.horizon)
    signed = "rank IC" if record.direction > 0 else "rank IC × −1"
    if record.direction < 0:
        st.caption("The charts show the bet: rank IC times direction −1, and low values in the top quantile.")
    _draw(charts.daily_rank_ic(days, signed=signed))
    left, right = st.columns(2)
    with left:
        _draw(charts.cumulative_rank_ic(days, signed=signed))
        _draw(charts.cumulative_spread(days))
    with right:
        _draw(charts.quantile_bars(quantile_means(page.series), horizon=record.horizon))
        _draw(charts.daily_turnover(days))


def _draw(chart: alt.LayerChart) -> None:
    st.altair_chart(chart, width="stretch", alt=f"{chart.title.text}: {chart.title.subtitle}")


def _origin(page: FactorPage) -> None:
    st.header("Where it comes from", anchor=False)
    record, run, snapshot = page.record, page.run, page.snapshot
    facts = {
        "Factor": record.factor,
        "Origin": record.origin,
        "Run": f"{run.run} ({run.state}), seed {run.seed}, started {run.started:%Y-%m-%d %H:%M} UTC",
        "Code": run.code_version,
        "Snapshot": snapshot.snapshot,
        "Data": f"{snapshot.source}, universe {snapshot.universe}, {snapshot.names:,} names, "
        f"{snapshot.sessions:,} sessions from {snapshot.first_session} to {snapshot.last_session}",
        "Fields": ", ".join(snapshot.fields),
    }
    st.code("\n".join(f"{name:<10}{value}" for name, value in facts.items()), language=None, wrap_lines=True)
    if not page.ancestry.is_empty():
        _table(_family(page.ancestry), "What the search made it of, the nearest first")


def _table(rows: pl.DataFrame, alt: str) -> None:
    st.dataframe(rows, column_config=tables.columns(), hide_index=True, placeholder="–", alt=alt)


def _family(ancestry: pl.DataFrame) -> pl.DataFrame:
    """One row per ancestor: how many generations ago, its formula, |t| on train, and what made it."""
    return (
        ancestry.unique("factor", keep="first", maintain_order=True)
        .select("depth", "operation", "expression", pl.col("t_nw"))
        .sort("depth", maintain_order=True)
    )
