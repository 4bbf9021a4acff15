"""Where a factor comes from, and what it is like: its run, snapshot and code, its parents, the run's other factors."""

from __future__ import annotations

import polars as pl
import streamlit as st

from lode.app import tables
from lode.app.navigation import Go
from lode.app.queries.factor import FactorPage


def lineage(page: FactorPage, code_of_sheet: str = "") -> None:
    """Draw the facts and the family of a factor; code_of_sheet: what made its sheet."""
    st.header("Where it comes from", anchor=False)
    record, run, snapshot = page.record, page.run, page.snapshot
    facts = {
        "Factor": record.factor,
        "Origin": record.origin,
        "Run": f"{run.run} ({run.state}), seed {run.seed}, started {run.started:%Y-%m-%d %H:%M} UTC",
        "Code": run.code_version,
        "Snapshot": snapshot.snapshot,
        "Data": f"{snapshot.source}, universe {snapshot.universe}, {snapshot.names:,} names, "
        f"{snapshot.sessions:,} sessions from {snapshot.first_session} to {snapshot.last_session}",
        "Fields": ", ".join(snapshot.fields),
    }
    if code_of_sheet and code_of_sheet != run.code_version:
        facts["Sheet"] = f"made by code {code_of_sheet}"
    st.code("\n".join(f"{name:<10}{value}" for name, value in facts.items()), language=None, wrap_lines=True)
    if not page.ancestry.is_empty():
        st.dataframe(
            _family(page.ancestry),
            column_config=tables.columns(),
            hide_index=True,
            placeholder="–",
            alt="What the search made it of, the nearest first",
        )


def alike(page: FactorPage, go: Go) -> None:
    """Draw the run's most similar other factors; a row leads to its factor."""
    st.header("Similar factors", anchor=False)
    if page.alike.is_empty():
        st.text("No other factor of this run has a daily rank IC to compare with.")
        return
    st.caption(
        "The run's other factors by correlation of the daily rank IC on train and validation, of the formulas as "
        "written. Select a row to open its factor."
    )
    picked = st.dataframe(
        tables.with_shown_state(page.alike),
        column_order=("correlation", "state", "expression", "direction", "factor"),
        column_config={
            **tables.columns(),
            "correlation": st.column_config.ProgressColumn("Correlation", min_value=-1, max_value=1, format="%.3f"),
        },
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        placeholder="–",
        alt="Most similar factors of the run",
        key=f"alike {page.record.factor}",
    )
    if rows := picked["selection"]["rows"]:
        go("factor", factor=page.alike["factor"][rows[0]], run=page.record.run)


def _family(ancestry: pl.DataFrame) -> pl.DataFrame:
    """One row per ancestor: how many generations ago, its formula, |t| on train, and what made it."""
    return (
        ancestry.unique("factor", keep="first", maintain_order=True)
        .select("depth", "operation", "expression", pl.col("t_nw"))
        .sort("depth", maintain_order=True)
    )
