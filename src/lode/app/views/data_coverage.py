"""How complete one source is: the sections of the data page on coverage and gaps."""

from __future__ import annotations

import polars as pl
import streamlit as st

from lode.app import charts, frames
from lode.app.navigation import Go
from lode.app.pictures import picture
from lode.app.queries.coverage import SHOWN, SourceCoverage, read_source_coverage
from lode.settings import Settings

_YEARS = ("source", "year", "names", "sessions", "bars", "coverage", "with_range", "with_volume")


def choose_source(sources: list[str]) -> str:
    """Let the reader choose the source of what follows; the choice stands in the URL."""
    chosen = st.selectbox("Source of coverage, gaps and restatements", sources, key="of", bind="query-params")
    return chosen if chosen in sources else sources[0]


def draw_coverage(settings: Settings, source: str, years: pl.DataFrame) -> SourceCoverage:
    """Draw the heat map, and the table of all sources by year; returns what was read, for the gaps."""
    st.header("Coverage", anchor=False)
    whole = read_source_coverage(settings, source, None)
    year = st.selectbox(
        "Year", whole.years, index=None, placeholder="All, by month", key="in_year", bind="query-params"
    )
    found = read_source_coverage(settings, source, year) if year in whole.years else whole
    chart = charts.coverage_heat_map(found.cells, per="month" if found is whole else "session")
    picture(chart, told=f"{chart.title.text}: {chart.title.subtitle}. {_in_words(found.cells)}")
    st.caption(
        "Expected is a bar of every name in every session of its exchange between its first and its last bar: what a "
        "name lacks before or after is not counted. " + _in_words(found.cells)
    )
    with st.expander("By source and year"):
        frames.draw(years, order=_YEARS, alt="Coverage by source and year")
    return whole


def draw_gaps(found: SourceCoverage, source: str, go: Go) -> None:
    """Draw the runs of missing sessions, the longest first; a row leads to its symbol."""
    st.header("Gaps", anchor=False)
    if found.gaps.is_empty():
        st.success("No session is missing between the first and the last bar of any name.")
        return
    some = f"The longest {SHOWN:,}. " if found.gaps.height == SHOWN else ""
    st.caption(f"{some}Runs of sessions without a bar; select one to open its symbol.")
    row = frames.pick(
        found.gaps,
        order=("instrument", "missing", "before", "after"),
        key="gaps",
        alt="Runs of missing sessions by name, the longest first",
    )
    if row:
        go("symbol", symbol=str(row["instrument"]), source=source)


def _in_words(cells: pl.DataFrame) -> str:
    """Say what the picture shows: the share of each field over the whole range."""
    if cells.is_empty():
        return "There is no bar."
    share = (pl.col("bars").sum() / pl.col("expected").sum()).clip(0, 1).alias("share")
    total = cells.group_by("field").agg(share).sort("share", "field", descending=[True, False])
    return "Over all of it: " + ", ".join(f"{field} {part:.2%}" for field, part in total.iter_rows()) + "."
