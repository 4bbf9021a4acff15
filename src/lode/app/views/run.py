"""A run's page: its steps, what they took, what it went on without, and what more shards do. `?run=…` reopens it."""

from __future__ import annotations

from datetime import datetime

import polars as pl
import streamlit as st

from lode.app import charts, notices, tables
from lode.app.navigation import Go
from lode.app.queries.caching import place
from lode.app.queries.overview import read_overview
from lode.app.queries.run import RunPage, read_run_page
from lode.settings import Settings
from lode.warehouse.stores.runs import RunRecord

_STEPS = (
    *("step", "shard", "state", "attempts", "started", "seconds", "cpu_seconds", "rows"),
    *("peak_megabytes", "cost", "error"),
)
_SCALING = ("shards", "seconds", "mine_seconds", "cpu_seconds", "mine_cpu_seconds", "cost", "run")
_BETTER = {"trial": pl.Int64, "t": pl.Float64, "expression": pl.String}
_OPERATIONS = {"operation": pl.String, "trials": pl.Int64, "finalists": pl.Int64, "best_t": pl.Float64}
_OPERATORS = {"operator": pl.String, "trials": pl.Int64, "finalists": pl.Int64, "lift": pl.Float64}
_MEGABYTE = 1e6


def show(settings: Settings, go: Go) -> None:
    """Draw the page of the run in the query string; without one, of the newest."""
    st.title("Run", anchor=False)
    runs = read_overview(settings).runs
    if runs.is_empty():
        notices.no_runs()
        return
    page = read_run_page(settings, st.query_params.get("run") or str(runs["run"][0]))
    notices.unreal_data([page.label] if page.label else [])
    _choose(runs, page.record, go)
    _figures(page)
    _steps(page.steps)
    _scaling(page)
    _search(page)
    st.text(f"Read from {place(settings)} at {page.read_at:%Y-%m-%d %H:%M:%S} UTC.")


def _choose(runs: pl.DataFrame, shown: RunRecord, go: Go) -> None:
    known = {run: (state, started) for run, state, started in runs["run", "state", "started"].iter_rows()}
    known |= {shown.run: (shown.state, shown.started)}

    def named(run: str) -> str:
        state, started = known[run]
        return f"{run}  {tables.shown_state(state)}  {started:%Y-%m-%d %H:%M}"

    chosen = st.selectbox("Run", list(known), index=list(known).index(shown.run), format_func=named)
    if chosen != shown.run:
        go("run", run=chosen)


def _figures(page: RunPage) -> None:
    record, steps = page.record, page.steps
    retried = int((steps["attempts"].cast(pl.Int64) - 1).clip(0).sum())
    figures = {
        "State": tables.shown_state(record.state),
        "Run time": _duration(record.started, record.ended),
        "Processor time": f"{steps['cpu_seconds'].sum():,.0f} s",
        "Peak memory": f"{max(steps['peak_memory'], default=0) / _MEGABYTE:,.0f} MB",
        "Cost": f"${steps['cost'].sum():,.4f}" if steps["cost"].sum() else "–",
        "Begun again": f"{retried:,}",
    }
    with st.container(horizontal=True):
        for name, value in figures.items():
            st.metric(name, value, width=150)
    if record.message:
        if record.state == "failed":
            st.error("The run failed. `lode run --resume` with its id goes on with it.")
        else:
            st.warning("What the run went on without, or noted:")
        st.text(record.message)


def _duration(started: datetime, ended: datetime | None) -> str:
    return "–" if ended is None else f"{(ended - started).total_seconds():,.0f} s"


def _search(page: RunPage) -> None:
    st.header("Search", anchor=False)
    if page.search is None:
        st.info("The search is told of once the run has chosen its finalists.")
        return
    better = pl.DataFrame(page.search["best_over_trials"], schema=_BETTER)
    if not better.is_empty():
        chart = charts.best_over_trials(better, page.search["trials"])
        st.altair_chart(chart, width="stretch", alt="Best |t| by number of trials")
    left, right = st.columns(2)
    with left:
        _table(pl.DataFrame(page.search["operations"], schema=_OPERATIONS), tuple(_OPERATIONS), "What made the trials")
    with right:
        _table(pl.DataFrame(page.search["operators"], schema=_OPERATORS), tuple(_OPERATORS), "What operators brought")
    st.caption(
        "Scores are of train, where the search looked: what is found there is proven elsewhere or not at all. Lift is "
        "an operator's share of the best twentieth over its share of all."
    )


def _steps(steps: pl.DataFrame) -> None:
    st.header("Steps", anchor=False)
    if steps.is_empty():
        st.info("No step is on record yet.")
        return
    shown = steps.with_columns(
        ((pl.col("ended") - pl.col("started")).dt.total_microseconds() / 1e6).alias("seconds"),
        (pl.col("peak_memory") / _MEGABYTE).alias("peak_megabytes"),
        pl.when(pl.col("shard") >= 0).then(pl.col("shard")).alias("shard"),
        pl.when(pl.col("cost") > 0).then(pl.col("cost")).alias("cost"),
    )
    _table(tables.with_shown_state(shown), _STEPS, "Steps in the order in which they began")
    st.caption("Cost is an estimate by AWS's list prices; a step on a machine of one's own has none.")


def _scaling(page: RunPage) -> None:
    st.header("Shards", anchor=False)
    whole = page.scaling.filter(~pl.col("interrupted"))
    if whole["shards"].n_unique() < 2:
        st.info(
            "No other finished run has the same snapshot, code and options with another number of shards. "
            "Mine the snapshot once more with another --shards to see here what it takes."
        )
        return
    st.caption("Finished runs of the same snapshot, code and options. At once run as many shards as there are places.")
    left, right = st.columns(2)
    left.altair_chart(charts.run_time(whole), width="stretch", alt="Run time by number of shards")
    right.altair_chart(charts.processor_time(whole), width="stretch", alt="Processor time by number of shards")
    if left_out := page.scaling.height - whole.height:
        st.caption(f"{left_out:,} of them was begun more than once: its times are not shown.")
    _table(whole.with_columns(pl.when(pl.col("cost") > 0).then(pl.col("cost"))), _SCALING, "Times by number of shards")


def _table(rows: pl.DataFrame, order: tuple[str, ...], alt: str) -> None:
    st.dataframe(
        rows,
        column_order=order,
        column_config=tables.columns(),
        hide_index=True,
        height=min(420, 40 + 35 * max(1, rows.height)),
        placeholder="–",
        alt=alt,
    )
