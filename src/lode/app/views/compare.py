"""Factors side by side: how alike they are, what each adds to the pool, what the pools made of them over time.

`?factors=id,id…&run=…` reopens the choice; without factors the finalists of the run, without a run those of the newest.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import polars as pl
import streamlit as st

from lode.app import charts, frames, notices, tables
from lode.app.charts.comparing import MOST_LINES
from lode.app.navigation import Go
from lode.app.queries.caching import place
from lode.app.queries.compare import MOST, Comparison, read_comparison
from lode.app.queries.overview import Overview, read_overview
from lode.app.series import split_spans
from lode.settings import Settings

_SCORES = (
    *("train_rank_ic", "train_t", "validation_rank_ic", "validation_t", "validation_q", "vault_rank_ic", "vault_t"),
    *("vault_p", "turnover", "weight", "adds"),
)
_TABLE = ("number", "state", "expression", "direction", *_SCORES, "lookback", "factor", "run")
_METHODS = ("method", "train_rank_ic", "validation_rank_ic", "train_t", "validation_t")
_MEASURES = {
    "values": "mean daily Spearman ρ of the values, train",
    "rank_ic": "Pearson ρ of the daily rank ICs",
}
_MOST_WEIGHTS = 20


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
    left, right = st.columns([1, 1])
    with left:
        _matrix(compared)
    with right:
        _cumulative(compared)
    _pool(compared)
    _weights(compared, found.runs)


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


def _matrix(compared: Comparison) -> None:
    st.header("How alike they are", anchor=False)
    if compared.factors.height < 2:
        st.info("One factor alone has nothing to be like; choose another one.")
        return
    chart = charts.correlation_matrix(_cells(compared), compared.clusters, _MEASURES[compared.measure])
    _draw(chart, alt=f"Matrix of correlations in the order of their clusters. {_most_alike(compared)}")
    st.text(_most_alike(compared))
    if compared.measure == "rank_ic":
        st.caption(
            "These factors are of several runs, or of one that kept no correlations of values: the matrix is that of "
            "their daily rank ICs over common sessions, which also moves with what the factors earn."
        )


def _cells(compared: Comparison) -> pl.DataFrame:
    """One row per pair, both ways, in the order of the clusters."""
    ordered = compared.correlation[np.ix_(compared.clusters.order, compared.clusters.order)]
    count, names = len(ordered), compared.factors["expression"].to_list()
    down, across = (places.ravel() for places in np.indices((count, count)))
    return pl.DataFrame(
        {
            "across": across + 1.0,
            "down": down + 1.0,
            "correlation": pl.Series(ordered.ravel()).fill_nan(None),
            "first": [names[at] for at in down],
            "second": [names[at] for at in across],
        }
    )


def _most_alike(compared: Comparison) -> str:
    ordered = compared.correlation[np.ix_(compared.clusters.order, compared.clusters.order)]
    sizes = np.nan_to_num(np.abs(np.triu(ordered, 1)), nan=0.0)
    one, other = (int(at) for at in np.unravel_index(sizes.argmax(), sizes.shape))
    if not sizes[one, other]:
        return "No two of them are known to be alike."
    return f"The most alike: {one + 1} and {other + 1}, ρ {ordered[one, other]:+.2f}."


def _cumulative(compared: Comparison) -> None:
    st.header("Over time", anchor=False)
    days = _summed(compared)
    if days.is_empty():
        st.info("No session of these factors has a rank IC.")
        return
    _draw(charts.cumulative_rank_ics(days, _shared_splits(compared)).properties(height=520))
    if compared.factors.height > MOST_LINES:
        st.caption(
            f"The {MOST_LINES} of {compared.factors.height} with the largest train |t|; choose fewer to see others."
        )


def _summed(compared: Comparison) -> pl.DataFrame:
    """Sum of the daily rank IC times direction of the strongest factors: session, number (text), sum_rank_ic."""
    strongest = compared.factors.sort(pl.col("train_t").abs(), descending=True, nulls_last=True).head(MOST_LINES)
    drawn = compared.days.join(strongest.select("factor", "run", "number", "direction"), on=["factor", "run"])
    rank_ic = (pl.col("rank_ic") * pl.col("direction")).fill_nan(None).fill_null(0)
    return drawn.sort("number", "session").select(
        "session",
        pl.col("number").cast(pl.String),
        rank_ic.cum_sum().over("number").alias("sum_rank_ic"),
    )


def _shared_splits(compared: Comparison) -> pl.DataFrame:
    """Spans of the splits where all factors are of one run; none where runs would each have their own."""
    days = compared.days
    return split_spans(days if days["run"].n_unique() == 1 else days.clear())


def _pool(compared: Comparison) -> None:
    st.header("The pool", anchor=False)
    if compared.growth.is_empty():
        st.info("No pool is stored: the factors are of several runs, or the run was made by earlier code.")
        return
    left, right = st.columns(2)
    with left:
        _draw(charts.marginal_contribution(compared.factors.with_columns(pl.col("number").cast(pl.String))))
    with right:
        _draw(charts.pool_growth(compared.growth))
    st.dataframe(
        _methods(compared.figures),
        column_order=_METHODS,
        column_config=tables.columns(),
        hide_index=True,
        placeholder="–",
        alt="Figures of the pool by method, and of its best member alone",
    )
    st.caption(
        "Weights are learned on train alone. The marginal contribution is not out of sample: choosing members by it "
        "would fit validation."
    )


def _methods(figures: pl.DataFrame) -> pl.DataFrame:
    """One row per method with rank IC and t by split."""
    metrics = {"rank_ic": "rank_ic", "t_nw": "t"}
    rows = figures.filter(pl.col("metric").is_in(list(metrics))).with_columns(
        pl.concat_str("split", pl.lit("_"), pl.col("metric").replace(metrics)).alias("column"),
        pl.col("method").str.replace_all("_", " "),
        pl.col("value").fill_nan(None),
    )
    return rows.pivot("column", index="method", values="value")


def _weights(compared: Comparison, runs: pl.DataFrame) -> None:
    st.header("Pool weights over time", anchor=False)
    drawn = _fits(compared, runs)
    if drawn.is_empty():
        st.info("No pool of this source and universe has any of these factors as a member.")
        return
    _draw(charts.weights_over_time(drawn))
    fits = drawn["fit"].n_unique()
    if fits == 1:
        st.caption("One fit so far; each later run over the same source and universe adds a column.")
    if compared.weights["factor"].n_unique() > _MOST_WEIGHTS:
        st.caption(f"The {_MOST_WEIGHTS} factors with the largest weights; choose fewer above to see others.")


def _fits(compared: Comparison, runs: pl.DataFrame) -> pl.DataFrame:
    """Weights in the order of the fits: fit (text), number (text), weight, expression."""
    largest = (
        compared.weights.group_by("factor")
        .agg(pl.col("weight").abs().max())
        .sort("weight", "factor", descending=[True, False])
    )
    numbered = compared.factors.unique("factor", maintain_order=True).select("factor", "number", "expression")
    return (
        compared.weights.join(largest.head(_MOST_WEIGHTS).select("factor"), on="factor", how="semi")
        .join(numbered, on="factor")
        .join(runs.select(pl.col("run").alias("pool"), "started"), on="pool", how="left")
        .sort("fitted_on", "started", "number")
        .select(
            pl.format("{}  {}", pl.col("fitted_on").cast(pl.String), pl.col("pool").str.head(6)).alias("fit"),
            pl.col("number").cast(pl.String),
            "weight",
            "expression",
        )
    )


def _draw(chart: alt.Chart | alt.LayerChart, **told: Any) -> None:  # noqa: ANN401  the chart's alternative text
    title = chart.title
    st.altair_chart(chart, width="stretch", **{"alt": f"{title.text}: {title.subtitle}", **told})
