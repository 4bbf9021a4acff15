"""A run as it stands: its state machine, how far it is, what its shards score. While it runs this redraws itself."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

import polars as pl
import streamlit as st

from lode.app import charts, frames, live, tables
from lode.app.queries.run import RunState, read_run_state
from lode.app.stages import NOT_REACHED, WAITING, Asked, Progress, better, progress_of, rate_of, shards_of, stages
from lode.settings import Settings

_EVERY_SECONDS = 2.0
_SAMPLES = "progress of runs"
_MEGABYTE = 1e6
_STEPS = (
    *("step", "shard", "state", "attempts", "started", "seconds", "cpu_seconds", "rows"),
    *("peak_megabytes", "cost", "error"),
)


@dataclass(frozen=True)
class _Picture:
    """What is drawn of a run: its stages, its shards and its progress, as `app.stages` has them."""

    stages: pl.DataFrame
    shards: pl.DataFrame
    progress: Progress


def watch(settings: Settings, state: RunState) -> None:
    """Draw the run; one that goes on is drawn again every other second, and the whole page once it has ended."""
    if not state.goes_on:
        draw(state)
        return

    def redraw() -> None:
        found = read_run_state(settings, state.record.run)
        if not found.goes_on:
            st.rerun(scope="app")
        draw(found)

    live.redrawn(redraw, settings, every=_EVERY_SECONDS)


def draw(state: RunState) -> None:
    """Draw a run as it was read."""
    picture = _picture(state)
    _figures(state, picture)
    _message(state)
    if state.goes_on:
        _progress(state, picture.progress)
    if state.record.state == "manual":
        st.info("Tries by hand on a snapshot, kept so that they count on its vault: there are no steps.")
        return
    _machine(picture)
    _search_so_far(state, picture)
    _steps(state)
    if state.goes_on:
        st.caption(f"As of {state.read_at:%Y-%m-%d %H:%M:%S} UTC; this part reads again every other second.")


def _picture(state: RunState) -> _Picture:
    asked = Asked.of(state.record.settings)
    shards = shards_of(state.steps, state.generations, asked, state.now)
    return _Picture(stages(state.steps, shards, state.now), shards, progress_of(shards, state.generations, asked))


def _figures(state: RunState, picture: _Picture) -> None:
    record, steps = state.record, state.steps
    retried = int((steps["attempts"].cast(pl.Int64) - 1).clip(0).sum())
    figures = {
        "State": tables.shown_state(record.state),
        "Run time": _duration(record.started, record.ended or state.now),
        "Trials": f"{record.trials or picture.progress.trials:,}",
        "Processor time": f"{steps['cpu_seconds'].sum():,.0f} s",
        "Peak memory": f"{max(steps['peak_memory'], default=0) / _MEGABYTE:,.0f} MB",
        "Cost": f"${steps['cost'].sum():,.4f}" if steps["cost"].sum() else "–",
        "Begun again": f"{retried:,}",
    }
    with st.container(horizontal=True):
        for name, value in figures.items():
            st.metric(name, value, width=170 if name == "State" else 125)


def _message(state: RunState) -> None:
    record = state.record
    if record.state == "failed":
        st.error("The run failed. Nothing is lost: resumed, it goes on where it was.")
    elif record.state == "stopped":
        st.warning("The run was stopped. Nothing is lost: resumed, it goes on where it was.")
    elif record.message:
        st.warning("What the run went on without, or noted:")
    if record.message:
        st.text(record.message)


def _duration(started: datetime, ended: datetime | None) -> str:
    return "–" if ended is None else f"{(ended - started).total_seconds():,.0f} s"


def _progress(state: RunState, progress: Progress) -> None:
    """Show how far the search is, how fast, and the best so far."""
    st.header("Progress", anchor=False)
    st.progress(progress.share, f"{progress.done:,} of {progress.candidates:,} candidates")
    rate = _rate(state.record.run, progress.done)
    left = (progress.candidates - progress.done) / rate if rate else None
    with st.container(horizontal=True):
        st.metric("Candidates a second", "–" if rate is None else f"{rate:,.1f}", width=180)
        st.metric("Mined in about", "–" if left is None else f"{left:,.0f} s", width=150)
        best = progress.best_t
        st.metric("Best |t|, train", "–" if best is None else f"{best:.2f}", width=150)
    if progress.expression:
        st.code(progress.expression, language=None, wrap_lines=True)


def _rate(run: str, done: int) -> float | None:
    """Rate over the last half minute that this visit has seen."""
    seen = st.session_state.setdefault(_SAMPLES, {})
    samples = [*seen.get(run, []), (time.monotonic(), done)][-60:]
    st.session_state[_SAMPLES] = {run: samples}
    return rate_of(samples)


def _machine(picture: _Picture) -> None:
    st.header("Steps", anchor=False)
    signs = {state: tables.shown_state(state).partition(" ")[0] for state in _states(picture)}
    told = [
        f"{step} {state}" + (f" in {seconds:,.1f} s" if seconds is not None else "")
        for step, state, seconds in picture.stages["step", "state", "seconds"].iter_rows()
    ]
    chart = charts.state_machine(picture.stages, picture.shards, signs)
    st.altair_chart(chart, width="stretch", alt=f"State machine of the run: {', '.join(told)}")
    st.caption("  ·  ".join(tables.shown_state(state) for state in sorted(signs)))


def _states(picture: _Picture) -> set[str]:
    return {*picture.stages["state"], *picture.shards["state"]}


def _search_so_far(state: RunState, picture: _Picture) -> None:
    """Show what the shards scored, and how the search got better while its own record is not written yet."""
    if set(picture.shards["state"]) <= {WAITING, NOT_REACHED}:
        return
    improved = better(state.generations)
    left, right = st.columns(2) if improved.height else (st.container(), None)
    left.altair_chart(charts.trials_by_shard(picture.shards), width="stretch", alt="Trials by shard and epoch")
    if right is not None:
        chart = charts.best_over_trials(improved, int(state.generations["trials"].sum()))
        right.altair_chart(chart, width="stretch", alt="Best |t| by number of trials so far")


def _steps(state: RunState) -> None:
    if state.steps.is_empty():
        st.info("No step is on record yet.")
        return
    died = pl.lit(value=not state.goes_on) & (pl.col("state") == "running")
    shown = state.steps.with_columns(
        pl.when(died).then(pl.lit("stopped")).otherwise(pl.col("state")).alias("state"),
        ((pl.col("ended") - pl.col("started")).dt.total_microseconds() / 1e6).alias("seconds"),
        (pl.col("peak_memory") / _MEGABYTE).alias("peak_megabytes"),
        pl.when(pl.col("shard") >= 0).then(pl.col("shard")).alias("shard"),
        pl.when(pl.col("cost") > 0).then(pl.col("cost")).alias("cost"),
    )
    frames.draw(tables.with_shown_state(shown), order=_STEPS, alt="Steps in the order in which they began")
    st.caption("Cost is an estimate by AWS's list prices; a step on a machine of one's own has none.")
