"""A chart of what every shard scored. The frame is that of `lode.app.stages.shards_of`."""

from __future__ import annotations

import altair as alt
import polars as pl

from lode.app.charts.theme import LINE, themed

_EPOCHS = (LINE, "#e69f00", "#009e73", "#cc79a7")


def trials_by_shard(shards: pl.DataFrame) -> alt.Chart:
    """Trials of every shard, one epoch on the other."""
    named = shards.with_columns((pl.col("epoch") + 1).alias("epoch"))
    epochs = named["epoch"].unique().sort().to_list()
    colors = [_EPOCHS[place % len(_EPOCHS)] for place in range(len(epochs))]
    chart: alt.Chart = (
        alt.Chart(named.select("epoch", "shard", "trials", "best_t", "state"))
        .mark_bar()
        .encode(
            x=alt.X("shard:O", axis=alt.Axis(title="shard", labelAngle=0, labelOverlap=True)),
            y=alt.Y("trials:Q", axis=alt.Axis(title="trials", format=",d", tickMinStep=1)),
            color=alt.Color(
                "epoch:N",
                scale=alt.Scale(domain=epochs, range=colors),
                legend=alt.Legend(title="epoch", orient="top"),
            ),
            order=alt.Order("epoch:Q"),
            tooltip=[
                alt.Tooltip("shard:O", title="shard"),
                alt.Tooltip("epoch:N", title="epoch"),
                alt.Tooltip("state:N", title="state"),
                alt.Tooltip("trials:Q", title="trials", format=","),
                alt.Tooltip("best_t:Q", title="best |t|", format=".2f"),
            ],
        )
    )
    return themed(chart, "Trials by shard", "formulas scored, each once in a shard")
