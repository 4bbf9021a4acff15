"""The overview: what gives alarm, what was proven last, which runs there were, and how fresh the data are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import streamlit as st

from lode.app import alarms, frames, notices, tables
from lode.app.alarms import Alarm
from lode.app.freshness import COLORS, SIGNS
from lode.app.navigation import Go
from lode.app.queries.caching import place
from lode.app.queries.freshness import Freshness, read_freshness
from lode.app.queries.newest import Newest, read_newest, read_performance
from lode.settings import Settings

_PROVEN = (
    *("expression", "cumulative", "validation_rank_ic", "validation_t", "validation_q", "trials", "vault_rank_ic"),
    *("vault_t", "direction", "universe", "source", "label", "as_of", "started", "factor", "run"),
)
_RUNS = (
    *("state", "started", "universe", "trials", "finalists", "proven", "refused", "effective_trials", "pbo"),
    *("trials_on_vault", "source", "label", "as_of", "seed", "ended", "message", "run", "snapshot"),
)
_SOURCES = (
    *("source", "freshness", "behind", "last_session", "collected_at", "failed", "subjects", "rows"),
    *("quarantined", "message"),
)
_SCHEDULES = ("schedule", "freshness", "behind", "session", "outcome", "began", "ended", "told")


def show(settings: Settings, go: Go) -> None:
    """Draw the page; a proven factor leads to its page, a run to its own."""
    st.title("Overview", anchor=False)
    found = read_newest(settings)
    notices.unreal_data(found.labels)
    if found.totals.runs:
        _figures(found)
    with notices.explained():
        _alarms(found, read_freshness(settings), read_performance(settings), go)
    if found.totals.runs:
        _proven(found, go)
        _runs(found.runs, go)
    else:
        notices.no_runs()
    with notices.explained():
        _data(read_freshness(settings))
    st.text(f"Read from {place(settings)} at {found.read_at:%Y-%m-%d %H:%M:%S} UTC.")


def _figures(found: Newest) -> None:
    totals = found.totals
    with st.container(horizontal=True):
        for state in ("proven", "candidate", "refused"):
            st.metric(state.capitalize(), f"{totals.factors.get(state, 0):,}", width=120)
        st.metric("Runs", f"{totals.runs:,}", width=120)
        st.metric("Trials, all runs", f"{totals.trials:,}", width=160)


def _alarms(found: Newest, freshness: Freshness, since_vault: pl.DataFrame, go: Go) -> None:
    raised = [
        *alarms.of_runs(found.runs, found.read_at),
        *alarms.of_sources(freshness.sources),
        *alarms.of_schedules(freshness.schedules),
        *alarms.of_vaults(found.of_each),
        *alarms.of_decay(since_vault),
    ]
    if not raised:
        st.caption("✔ No alarms: no run or collection failed, no scheduled source is late, no proven factor decayed.")
        return
    st.header("Alarms", anchor=False)
    kept = alarms.shown(raised)
    for number, alarm in enumerate(kept):
        _alarm(alarm, number, go)
    if len(kept) < len(raised):
        st.caption(f"Of each kind the first are shown, {len(kept):,} of {len(raised):,}.")


def _alarm(alarm: Alarm, number: int, go: Go) -> None:
    """Draw one alarm: a sign, a word and a colour, what it is about as plain text, and where to look at it."""
    kind, told, look = st.columns([2, 9, 1], vertical_alignment="center")
    kind.badge(f"{'✘' if alarm.level == 'red' else '▲'} {alarm.name}", color=alarm.level)
    told.text(f"{alarm.detail}\n{alarm.step}".strip())
    if alarm.page and look.button("Look", key=f"look_{number}", help=f"Open the page {alarm.page}"):
        go(alarm.page, **alarm.query)


def _proven(found: Newest, go: Go) -> None:
    st.header("Newest proven", anchor=False)
    if found.proven.is_empty():
        _none_proven(found)
        return
    picked = st.dataframe(
        found.proven,
        column_order=_PROVEN,
        column_config=_columns(),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        placeholder="–",
        alt="Newest proven factors with their cumulative rank IC",
        key="proven",
    )
    st.caption("Select a row to open its factor. The line is the cumulative rank IC in the direction that is bet on.")
    if rows := [row for row in picked["selection"]["rows"] if row < found.proven.height]:
        row = found.proven.row(rows[0], named=True)
        go("factor", factor=row["factor"], run=row["run"])


def _none_proven(found: Newest) -> None:
    if found.totals.factors:
        st.info("No factor is proven. Those that were refused are on the leaderboard, with the reason.")
    else:
        notices.no_factors()


def _runs(runs: pl.DataFrame, go: Go) -> None:
    st.header("Last runs", anchor=False)
    row = frames.pick(tables.with_shown_state(runs), order=_RUNS, alt="Last runs, the newest first", key="runs")
    if row:
        go("run", run=row["run"])


def _data(freshness: Freshness) -> None:
    st.header("Freshness", anchor=False)
    if freshness.sources.is_empty():
        st.info("No prices yet. `lode run`, `lode import bars` and `lode collect market` bring some.")
    else:
        _table(freshness.sources, _SOURCES, "Freshness of the data by source")
        st.caption(
            f"As of {freshness.read_at:%Y-%m-%d %H:%M} UTC. A session is due half an hour after New York's close. In "
            "time: the source has the last session that was due two hours ago; late: one or two are missing; very "
            "late: three or more. Files that were imported have no schedule."
        )
    if freshness.schedules.height:
        st.subheader("Schedules", anchor=False)
        _table(freshness.schedules, _SCHEDULES, "Schedules by their last turn")


def _table(rows: pl.DataFrame, order: tuple[str, ...], alt: str) -> None:
    state = pl.col("state").replace_strict(dict(SIGNS), return_dtype=pl.String)
    st.dataframe(
        rows.with_columns(pl.concat_list(state).alias("freshness")),
        column_order=order,
        column_config=_columns(),
        hide_index=True,
        placeholder="–",
        alt=alt,
    )


def _columns() -> Mapping[str, Any]:
    number, text, moment = st.column_config.NumberColumn, st.column_config.TextColumn, st.column_config.DatetimeColumn
    states = list(SIGNS)
    return {
        **tables.columns(),
        "cumulative": st.column_config.LineChartColumn("Cumulative rank IC", width=150),
        "freshness": st.column_config.MultiselectColumn(
            "State", options=[SIGNS[s] for s in states], color=[COLORS[s] for s in states], width=130
        ),
        "behind": number("Sessions behind", format="localized", help="Sessions that became due since"),
        "failed": number("Failed", format="localized", help="Subjects whose last collection failed"),
        "schedule": text("Schedule", help="Exchange and request"),
        "told": text("Run, or why not", width="medium"),
        "outcome": text("Last turn", width=100),
        "began": moment("Began (UTC)", format="YYYY-MM-DD HH:mm", timezone="UTC"),
    }
