"""Tables as pages draw them, and rows that a reader picks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
import streamlit as st

from lode.app import tables

_ROW, _HEADER, _TALLEST = 35, 40, 420  # pixels


def draw(rows: pl.DataFrame, *, alt: str, order: Sequence[str] | None = None) -> None:
    """Draw a table; order: its columns, those of `rows` that are not in it are left out."""
    st.dataframe(
        rows,
        column_order=_present(rows, order),
        column_config=tables.columns(),
        hide_index=True,
        height=_height(rows),
        placeholder="–",
        alt=alt,
    )


def pick(
    rows: pl.DataFrame, *, alt: str, key: str, order: Sequence[str] | None = None, tallest: int = _TALLEST
) -> dict[str, Any] | None:
    """Draw a table of which one row can be picked; returns the picked row, None where there is none.

    tallest: pixels, beyond which it scrolls.
    """
    picked = st.dataframe(
        rows,
        column_order=_present(rows, order),
        column_config=tables.columns(),
        hide_index=True,
        height=_height(rows, tallest),
        on_select="rerun",
        selection_mode="single-row",
        placeholder="–",
        alt=alt,
        key=key,
    )
    chosen = picked["selection"]["rows"]
    return rows.row(chosen[0], named=True) if chosen and chosen[0] < rows.height else None


def _present(rows: pl.DataFrame, order: Sequence[str] | None) -> list[str]:
    return [name for name in order or rows.columns if name in rows.columns]


def _height(rows: pl.DataFrame, tallest: int = _TALLEST) -> int:
    return min(tallest, _HEADER + _ROW * max(1, rows.height))
