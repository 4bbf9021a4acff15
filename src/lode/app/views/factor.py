"""A factor's page: what it is, what became of it, and the evidence. `?factor=…&run=…` reopens it."""

from __future__ import annotations

import json
import math
from typing import Any

import polars as pl
import streamlit as st

from lode.app import notices, tables
from lode.app.navigation import Go
from lode.app.queries.caching import place
from lode.app.queries.factor import FactorPage, read_factor_page, read_factor_sheet
from lode.app.queries.overview import read_overview
from lode.app.views import origin, sheet, sheet_making
from lode.app.views.checklist import checklist
from lode.app.views.formula import formula
from lode.app.views.stored_series import stored_series
from lode.settings import Settings
from lode.workflow.keeping import BY_HAND

_SPLITS = ("train", "validation", "vault")
_METRICS = ("rank_ic", "t_nw", "added_t", "p", "q", "p_holm", "coverage")
_VERDICTS = {
    "proven": "Proven: it held on validation, passed every leak check and held on the vault.",
    "refused": "Refused.",
    "candidate": "Candidate: it held on validation, and not every leak check can be made.",
    "retired": "Retired.",
}
_BY_HAND = "Candidate: tried by hand and kept. No run has judged it, so it has no p and no q."


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
    record = read_factor_sheet(settings, page.record.factor, page.record.run)
    _identity(page)
    checklist(page)
    _evidence(page)
    _sheet(settings, page, record)
    origin.alike(page, go)
    origin.lineage(page, record["code"] if record else "")
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
    formula(record.expression)
    box = {"proven": st.success, "refused": st.error}.get(record.state, st.info)
    box(_BY_HAND if record.origin == BY_HAND else _VERDICTS.get(record.state, "The state that is stored is not known."))
    if record.reason:
        st.text(record.reason)
    evidence = {
        (split, metric): value for split, metric, value in page.evidence["split", "metric", "value"].iter_rows()
    }
    with st.container(horizontal=True):
        for split in _SPLITS:
            _figure(f"Rank IC {split}", evidence.get((split, "rank_ic")), ".4f")
        _figure("q validation", evidence.get(("validation", "q")), ".2g")
        counted = page.run.state == "succeeded" and record.origin != BY_HAND  # until then its counts are none
        _figure("Trials of run", page.run.trials if counted else None, ",")
        _figure("Trials on vault", page.run.trials_on_vault if counted else None, ",")
        _figure("Independent", page.run.effective_trials, ",.0f")
        _figure("Direction", record.direction, "+d")
        _figure("Lookback", record.lookback, ",")


def _figure(name: str, value: float | None, form: str) -> None:
    st.metric(name, "–" if value is None or math.isnan(value) else f"{value:{form}}", width=124)


def _evidence(page: FactorPage) -> None:
    st.header("Evidence by split", anchor=False)
    st.dataframe(
        _by_split(page.evidence),
        column_config=tables.columns(),
        hide_index=True,
        placeholder="–",
        alt="Evidence by split",
    )
    st.caption(
        f"Daily rank IC of the formula as written, horizon {page.record.horizon}, delay {page.record.delay}; "
        f"p in direction {page.record.direction:+d}."
    )
    if spanned := _spanning_note(page):
        st.text(spanned)
    if opened := _vault_note(page):
        st.text(opened)


def _by_split(evidence: pl.DataFrame) -> pl.DataFrame:
    """One row per split, one column per metric, null where it is undefined or was not tested."""
    values = {(split, metric): value for split, metric, value in evidence["split", "metric", "value"].iter_rows()}
    columns: dict[str, Any] = {metric: [values.get((split, metric)) for split in _SPLITS] for metric in _METRICS}
    return pl.DataFrame(
        {"split": _SPLITS, **columns}, schema_overrides=dict.fromkeys(_METRICS, pl.Float64)
    ).with_columns(pl.col(_METRICS).fill_nan(None))


def _spanning_note(page: FactorPage) -> str:
    """Say whether the factor is of its run's spanning set; empty where the run did not tell."""
    told = page.evidence.filter(pl.col("split") == "train", pl.col("metric") == "spanning")["value"]
    if told.is_empty():
        return ""
    if told[0] == 1:
        return "One of the run's spanning set: the few formulas that together say on train what all its trials say."
    return "Not of the run's spanning set; t added tells what it adds to that set on train."


def _vault_note(page: FactorPage) -> str:
    """Say which sessions stayed closed for this factor; empty where the vault was opened for it."""
    if page.evidence.filter(pl.col("split") == "vault").height:
        return ""
    try:
        first, last = json.loads(page.run.settings)["vault"]
    except (ValueError, KeyError, TypeError):
        return "The vault was not opened for this factor."
    return f"The vault, {first} to {last}, was not opened for this factor."


def _sheet(settings: Settings, page: FactorPage, record: dict[str, Any] | None) -> None:
    st.header("Evidence sheet", anchor=False)
    if record is None:
        sheet_making.offer(settings, page.record.run, page.record.factor)
        stored_series(page)
        return
    with notices.explained():
        sheet.draw(record)
