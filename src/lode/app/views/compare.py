"""Factors side by side: how alike they are, what each adds to the pool, what the pools made of them over time.

`?factors=id,id…&run=…` reopens the choice; without factors the finalists of the run, without a run those of the newest.
"""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from lode.app import frames, notices, tables
from lode.app.navigation import Go
from lode.app.queries.caching import place
from lode.app.queries.compare import MOST, Comparison, read_comparison
from lode.app.queries.overview import Overview, read_overview
from lode.app.views.compare_alike import draw_alike
from lode.app.views.compare_pool import draw_pool, draw_weights
from lode.settings import Settings

_SCORES = (
    *("train_rank_ic", "train_t", "validation_rank_ic", "validation_t", "validation_q", "vault_rank_ic", "vault_t"),
    *("vault_p", "turnover", "weight", "adds"),
)
_TABLE = ("number", "state", "expression", "direction", *_SCORES, "lookback", "factor", "run")


def show(settings: Settings, go: Go) -> None:
    """Draw the page; a row of the table leads to its factor."""
    st.title("Compare", anchor=False)
    found = read_overview(settings)
    if found.factors.is_empty():
        notices.unreal_data(found.labels)
        notices.no_factors() if found.runs.height else notices.no_runs()
    else:
        _compare(settings, found, go)
    st.text(f"Read from {place(settings)} at {found.read_at:%Y-%m-%d %H:%M:%S} UTC.")


def _compare(settings: Settings, found: Overview, go: Go) -> None:
    wanted = tuple(filter(None, st.query_params.get("factors", "").split(",")))
    compared = read_comparison(settings, wanted, st.query_params.get("run", ""))
    notices.unreal_data([label for label in compared.factors["label"].unique(maintain_order=True) if label])
    _choose(found, wanted, compared, go)
    _source(compared.factors)
    _table(compared, go)
    draw_alike(compared)
    draw_pool(compared)
    draw_weights(compared, found.runs)


def _choose(found: Overview, wanted: tuple[str, ...], compared: Comparison, go: Go) -> None:
    """Let the reader choose a run, and of its factors and the proven ones those to compare."""
    judged = found.factors["run"].unique().to_list()
    starts = found.runs.filter(pl.col("run").is_in(judged)).select("run", "state", "started")
    runs = {
        run: f"{run}  {tables.shown_state(state)}  {started:%Y-%m-%d %H:%M}"
        for run, state, started in starts.iter_rows()
    }
    left, right = st.columns([2, 3])
    names = list(runs)
    run = left.selectbox(
        "Pool of run",
        names,
        index=names.index(compared.run) if compared.run in runs else None,
        format_func=runs.__getitem__,
        placeholder="The factors are of several runs",
    )
    known = _options(found.factors, wanted, compared)
    chosen = right.multiselect(
        "Factors",
        list(known),
        default=[factor for factor in wanted if factor in known],
        format_func=known.__getitem__,
        placeholder="All that the run judged",
        max_selections=MOST,
        key=f"compared {compared.run} {','.join(wanted)}",
    )
    if run is not None and run != compared.run:
        go("compare", run=run, factors=",".join(wanted))
    if set(chosen) != set(wanted):
        go("compare", run=st.query_params.get("run", ""), factors=",".join(chosen))


def _options(factors: pl.DataFrame, wanted: tuple[str, ...], compared: Comparison) -> dict[str, str]:
    """Text of each factor that can be chosen, by how the address names it: those that it has keep their runs."""
    shown = {w: row for w in wanted for row in _rows(compared.factors, w)}
    taken = {row["factor"] for row in shown.values()}
    near = factors.filter((pl.col("run") == compared.run) | (pl.col("state") == "proven"))
    others = near.unique("factor", keep="first", maintain_order=True).filter(~pl.col("factor").is_in(taken))
    shown |= {row["factor"]: row for row in others.iter_rows(named=True)}
    return {name: f"{tables.shown_state(row['state'])}  {row['expression']}" for name, row in shown.items()}


def _rows(factors: pl.DataFrame, named: str) -> list[dict[str, Any]]:
    """The compared row that `factor` or `factor@run` stands for."""
    factor, _, run = named.partition("@")
    own = factors.filter(pl.col("factor") == factor)
    return own.sort(pl.col("run") == run, descending=True, maintain_order=True).head(1).to_dicts()


def _source(factors: pl.DataFrame) -> None:
    known = factors.select("source", "as_of").unique(maintain_order=True).drop_nulls()
    told = [f"{source}, as of {as_of:%Y-%m-%d %H:%M} UTC" for source, as_of in known.iter_rows()]
    if told:
        st.text(f"Source {'; '.join(dict.fromkeys(told))}.")


def _table(compared: Comparison, go: Go) -> None:
    st.header("Figures", anchor=False)
    st.caption(
        "Numbered in the order of the clusters: neighbours are alike. Signs are those of the formula as written, and "
        "weight and adds those of the pool. Select a row to open its factor."
    )
    shown = tables.with_shown_state(compared.factors)
    if row := frames.pick(shown, order=_TABLE, alt="Figures of the compared factors", key="compared"):
        go("factor", factor=row["factor"], run=row["run"])
