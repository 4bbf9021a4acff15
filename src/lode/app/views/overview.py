"""The overview: what was found and refused, by which runs, on data how fresh."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import streamlit as st

from lode.app import notices, tables
from lode.app.navigation import Go
from lode.app.queries.caching import place
from lode.app.queries.overview import COUNTS, Overview, read_overview, read_sources, sessions_behind
from lode.settings import Settings

_SPLIT_SCORES = ("validation_rank_ic", "validation_t", "validation_q", "vault_rank_ic", "vault_t", "vault_p")
_DATA = ("source", "label", "as_of")
_LEADERBOARD = (
    *("state", "expression", "trials", "trials_on_vault", "train_rank_ic", "train_t", *_SPLIT_SCORES),
    *("reason", "direction", "lookback", *_DATA, "factor", "run"),
)
_RUNS = ("state", "started", "universe", *COUNTS, "pbo", *_DATA, "seed", "ended", "message", "run", "snapshot")
_AGE = ("last_session", "age_sessions", "age_days", "collected_at")
_FRESHNESS = ("source", *_AGE, "quarantined", "names", "rows", "first_session")
_STATES = ("proven", "candidate", "refused", "retired")


def show(settings: Settings, go: Go) -> None:
    """Draw the page; a row of the leaderboard leads to its factor, one of the runs to its run."""
    st.title("Overview", anchor=False)
    found = read_overview(settings)
    notices.unreal_data(found.labels)
    if found.runs.is_empty():
        notices.no_runs()
    else:
        _figures(found)
        _leaderboard(found, go)
        _runs(found.runs, go)
    with notices.explained():
        _freshness(settings)
    st.text(f"Read from {place(settings)} at {found.read_at:%Y-%m-%d %H:%M:%S} UTC.")


def _figures(found: Overview) -> None:
    states = dict(found.factors.group_by("state").len().iter_rows())
    with st.container(horizontal=True):
        st.metric("Proven", f"{states.get('proven', 0):,}", width=130)
        st.metric("Refused", f"{states.get('refused', 0):,}", width=130)
        st.metric("Runs", f"{found.runs.height:,}", width=130)
        st.metric("Trials, all runs", f"{found.runs['trials'].sum():,}", width=150)


def _leaderboard(found: Overview, go: Go) -> None:
    st.header("Leaderboard", anchor=False)
    if found.factors.is_empty():
        notices.no_factors()
        return
    chosen = _filtered(found.factors)
    st.caption(
        "Select a row to open its factor. Signs are those of the formula as written; direction says which is bet on."
    )
    picked = st.dataframe(
        tables.with_shown_state(chosen),
        column_order=_LEADERBOARD,
        column_config=tables.columns(),
        hide_index=True,
        height=min(420, 40 + 35 * max(1, chosen.height)),
        on_select="rerun",
        selection_mode="single-row",
        placeholder="–",
        alt="Leaderboard of factors",
        key="leaderboard",
    )
    if rows := picked["selection"]["rows"]:
        row = chosen.row(rows[0], named=True)
        go("factor", factor=row["factor"], run=row["run"])


def _filtered(factors: pl.DataFrame) -> pl.DataFrame:
    """Let the reader choose states and a run; the choice stands in the URL.

    Its names there are its own: a parameter that is bound to a widget cannot be part of a link to another page.
    """
    left, right = st.columns(2)
    states = left.multiselect("States", _STATES, key="state", placeholder="All states", bind="query-params")
    runs = factors["run"].unique(maintain_order=True).to_list()
    run = right.selectbox("Run", runs, index=None, key="judged_by", placeholder="All runs", bind="query-params")
    by_state = pl.col("state").is_in(states) if states else pl.lit(value=True)
    return factors.filter(by_state, pl.col("run") == run if run else pl.lit(value=True))


def _runs(runs: pl.DataFrame, go: Go) -> None:
    st.header("Runs", anchor=False)
    picked = st.dataframe(
        tables.with_shown_state(runs),
        column_order=_RUNS,
        column_config=tables.columns(),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        placeholder="–",
        alt="Runs, the newest first",
        key="runs",
    )
    if rows := picked["selection"]["rows"]:
        go("run", run=runs["run"][rows[0]])


def _freshness(settings: Settings) -> None:
    st.header("Data", anchor=False)
    sources = read_sources(settings)
    if sources.is_empty():
        st.info("No prices yet. `lode run`, `lode import bars` and `lode collect market` bring some.")
        return
    st.dataframe(
        _with_age(sources, datetime.now(UTC).date()),
        column_order=_FRESHNESS,
        column_config=tables.columns(),
        hide_index=True,
        placeholder="–",
        alt="Freshness of the data by source",
    )


def _with_age(sources: pl.DataFrame, today: date) -> pl.DataFrame:
    return sources.with_columns(
        pl.Series("age_sessions", [sessions_behind(last) for last in sources["last_session"]], dtype=pl.Int64),
        pl.Series("age_days", [(today - last).days for last in sources["last_session"]], dtype=pl.Int64),
    )
