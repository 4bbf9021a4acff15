"""A factor's formula, and what the operators and fields in it mean."""

from __future__ import annotations

import re

import polars as pl
import streamlit as st

from lode.app.formulas import Part, parts_of

_SIGNS = re.compile(r"([!-/:-@\[-`{-~])")


def formula(expression: str) -> None:
    """Show a formula; a pointer, a tap or the keyboard on an operator brings its meaning, a table holds them all."""
    st.code(expression, language=None, wrap_lines=True)
    parts = parts_of(expression)
    if not parts:
        st.caption("Its operators cannot be explained here: one of them is of somebody's own, or not known any more.")
        return
    with st.container(horizontal=True, gap="medium"):
        for part in parts:
            st.text(part.name, help=_escaped(part), width="content")
    with st.expander("What the operators and fields mean"):
        st.dataframe(
            _table(parts),
            column_config={
                "written": st.column_config.TextColumn("Written"),
                "meaning": st.column_config.TextColumn("Value", width="large"),
                "missing": st.column_config.TextColumn("Missing", width="medium"),
                "unit": st.column_config.TextColumn("Unit", width="medium"),
                "lookback": st.column_config.TextColumn("Lookback", width="small"),
            },
            hide_index=True,
            placeholder="–",
            alt="What the operators and fields of the formula mean",
        )


def _table(parts: tuple[Part, ...]) -> pl.DataFrame:
    names = ("written", "meaning", "missing", "unit", "lookback")
    return pl.DataFrame({name: [getattr(part, name) for part in parts] for name in names})


def _escaped(part: Part) -> str:
    """Return what a tooltip says, every sign of Markdown in it taken for itself."""
    told = f"{part.written}: {part.meaning}. {part.missing}".strip()
    return _SIGNS.sub(r"\\\1", told)
