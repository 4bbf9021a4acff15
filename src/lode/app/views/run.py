"""The page of runs: one of them, its state machine, live while it runs; a run is started, stopped and resumed here.

`?run=…` reopens a run, the newest without it; `?job=…` is one that was started here and has no id yet.
"""

from __future__ import annotations

import polars as pl
import streamlit as st

from lode.app import charts, frames, notices, tables
from lode.app.navigation import Go
from lode.app.queries.caching import place
from lode.app.queries.run import RunPage, read_run_list, read_run_page, read_run_state
from lode.app.roles import may_research
from lode.app.views import run_start, run_state
from lode.settings import Settings
from lode.warehouse.stores.runs import RunRecord

_LIST = (
    *("state", "started", "universe", "source", "trials", "finalists", "proven", "refused"),
    *("ended", "message", "run", "snapshot"),
)
_LIST_HEIGHT = 230  # pixels: the newest run is below
_SCALING = ("shards", "seconds", "mine_seconds", "cpu_seconds", "mine_cpu_seconds", "cost", "run")
_BETTER = {"trial": pl.Int64, "t": pl.Float64, "expression": pl.String}
_OPERATIONS = {"operation": pl.String, "trials": pl.Int64, "finalists": pl.Int64, "best_t": pl.Float64}
_OPERATORS = {"operator": pl.String, "trials": pl.Int64, "finalists": pl.Int64, "lift": pl.Float64}


def show(settings: Settings, go: Go) -> None:
    """Draw the page of the run in the query string; without one, the list of runs and the newest."""
    st.title("Run", anchor=False)
    if job := st.query_params.get("job") or run_start.unseen_job(settings):
        run_start.follow(settings, job, go)
        return
    with st.spinner("Reading …"):
        runs, wanted = read_run_list(settings), st.query_params.get("run", "")
    if may_research(settings):
        with st.expander("Start a run", expanded=runs.is_empty()):
            run_start.form(settings, go)
    if runs.is_empty() and not wanted:
        notices.no_runs()
        return
    if not wanted:
        _list(runs, go)
    _run(settings, runs, wanted or str(runs["run"][0]), go)


def _run(settings: Settings, runs: pl.DataFrame, run: str, go: Go) -> None:
    with st.spinner("Reading …"):
        state = read_run_state(settings, run)
    page = read_run_page(settings, state.record)
    notices.unreal_data([page.label] if page.label else [])
    _choose(runs, state.record, go)
    if may_research(settings):
        run_start.controls(settings, state, go)
    run_state.watch(settings, state)
    if not state.goes_on:
        _scaling(page)
        _search(page)
    st.text(f"{_data(page)}Read from {place(settings)} at {state.read_at:%Y-%m-%d %H:%M:%S} UTC.")


def _data(page: RunPage) -> str:
    """Say which data the run is on; nothing before there is a snapshot."""
    data = page.snapshot
    return "" if data is None else f"Source {data.source}, as of {data.as_of:%Y-%m-%d %H:%M} UTC. "


def _list(runs: pl.DataFrame, go: Go) -> None:
    st.header("Runs", anchor=False)
    st.caption("Select a row to open its run; the newest one is below.")
    done = pl.col("state") == "succeeded"
    counts = ("trials", "finalists", "proven", "refused")
    counted = runs.with_columns(pl.when(done).then(pl.col(name)).alias(name) for name in counts)
    shown = tables.with_shown_state(counted)
    if row := frames.pick(shown, order=_LIST, alt="Runs, the newest first", key="run_list", tallest=_LIST_HEIGHT):
        go("run", run=row["run"])


def _choose(runs: pl.DataFrame, shown: RunRecord, go: Go) -> None:
    known = {run: (state, started) for run, state, started in runs["run", "state", "started"].iter_rows()}
    known |= {shown.run: (shown.state, shown.started)}

    def named(run: str) -> str:
        state, started = known[run]
        return f"{run}  {tables.shown_state(state)}  {started:%Y-%m-%d %H:%M}"

    chosen = st.selectbox("Run", list(known), index=list(known).index(shown.run), format_func=named)
    if chosen != shown.run:
        go("run", run=chosen)


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
        operations = pl.DataFrame(page.search["operations"], schema=_OPERATIONS)
        frames.draw(operations, alt="What made the trials")
    with right:
        operators = pl.DataFrame(page.search["operators"], schema=_OPERATORS)
        frames.draw(operators, alt="What operators brought")
    st.caption(
        "Scores are of train, where the search looked: what is found there is proven elsewhere or not at all. Lift is "
        "an operator's share of the best twentieth over its share of all."
    )


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
    shown = whole.with_columns(pl.when(pl.col("cost") > 0).then(pl.col("cost")))
    frames.draw(shown, order=_SCALING, alt="Times by number of shards")
