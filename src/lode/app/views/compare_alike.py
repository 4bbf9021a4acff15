"""How alike the compared factors are: as a matrix, and over time."""

from __future__ import annotations

import numpy as np
import polars as pl
import streamlit as st

from lode.app import charts
from lode.app.charts.comparing import MOST_LINES
from lode.app.pictures import picture
from lode.app.queries.compare import Comparison
from lode.app.series import split_spans

_MEASURES = {
    "values": "mean daily Spearman ρ of the values, train",
    "rank_ic": "Pearson ρ of the daily rank ICs",
}


def draw_alike(compared: Comparison) -> None:
    """Draw the matrix beside the sums of the daily rank ICs."""
    left, right = st.columns([1, 1])
    with left:
        _matrix(compared)
    with right:
        _cumulative(compared)


def _matrix(compared: Comparison) -> None:
    st.header("How alike they are", anchor=False)
    if compared.factors.height < 2:
        st.info("One factor alone has nothing to be like; choose another one.")
        return
    chart = charts.correlation_matrix(_cells(compared), compared.clusters, _MEASURES[compared.measure])
    picture(chart, told=f"Matrix of correlations in the order of their clusters. {_most_alike(compared)}")
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
    picture(charts.cumulative_rank_ics(days, _shared_splits(compared)).properties(height=520))
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
