"""What the compared factors are together: the pool of their run, and what all pools made of them over time."""

from __future__ import annotations

import polars as pl
import streamlit as st

from lode.app import charts, tables
from lode.app.pictures import picture
from lode.app.queries.compare import Comparison

_METHODS = ("method", "train_rank_ic", "validation_rank_ic", "train_t", "validation_t")
_MOST_WEIGHTS = 20


def draw_pool(compared: Comparison) -> None:
    """Draw what each factor adds, how the pool grew, and what each method would have been worth."""
    st.header("The pool", anchor=False)
    if compared.growth.is_empty():
        st.info("No pool is stored: the factors are of several runs, or the run was made by earlier code.")
        return
    left, right = st.columns(2)
    with left:
        picture(charts.marginal_contribution(compared.factors.with_columns(pl.col("number").cast(pl.String))))
    with right:
        picture(charts.pool_growth(compared.growth))
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


def draw_weights(compared: Comparison, runs: pl.DataFrame) -> None:
    """Draw the weights of the factors in every pool of the same source and universe. runs: run, started."""
    st.header("Pool weights over time", anchor=False)
    drawn = _fits(compared, runs)
    if drawn.is_empty():
        st.info("No pool of this source and universe has any of these factors as a member.")
        return
    picture(charts.weights_over_time(drawn))
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
