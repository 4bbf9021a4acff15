"""The data page: how fresh each source is, what collections came to, what was refused, and what looks wrong."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import streamlit as st

from lode.app import notices, tables
from lode.app.navigation import Go
from lode.app.queries.caching import place
from lode.app.queries.data import DataPage, read_data_page
from lode.app.queries.overview import sessions_behind
from lode.settings import Settings

_REACH = (
    *("source", "brought", "last_session", "age_sessions", "age_days", "collected_at"),
    *("quarantined", "findings", "names", "rows", "first_session"),
)
_OUTCOMES = ("source", "outcome", "subjects", "rows", "collected_at")
_FAILURES = ("source", "subject", "message", "collected_at")
_COUNTS = ("severity", "rule", "source", "count", "instruments", "first_session", "last_session")
_FINDINGS = ("severity", "rule", "instrument", "session", "detail", "source", "found_at")
_REFUSALS = ("source", "reason", "rows", "symbols", "first_session", "last_session", "collected_at")
_REFUSED = ("source", "symbol", "session", "reason", "row_json", "row_number", "collected_at", "batch")
_COVERAGE = ("source", "year", "names", "sessions", "bars", "coverage", "with_range", "with_volume")
_SIGNS = {"error": "✘ error", "warning": "▲ warning", "notice": "◦ notice"}
_OUTCOME_SIGNS = {"collected": "✔ collected", "unchanged": "✔ unchanged", "empty": "◦ empty", "failed": "✘ failed"}


def show(settings: Settings, _go: Go) -> None:
    """Draw the page."""
    st.title("Data", anchor=False)
    page = read_data_page(settings)
    if page.reach.is_empty() and page.outcomes.is_empty() and page.refusals.is_empty():
        notices.no_data()
    else:
        _figures(page)
        _reach(page)
        _collections(page)
        _findings(page)
        _quarantine(page)
        _coverage(page)
    st.text(f"Read from {place(settings)} at {page.read_at:%Y-%m-%d %H:%M:%S} UTC.")


def _figures(page: DataPage) -> None:
    with st.container(horizontal=True):
        st.metric("Sources", f"{page.reach.height:,}", width=130)
        st.metric("Bars", f"{page.reach['rows'].sum():,}", width=150)
        st.metric("In quarantine", f"{page.reach['quarantined'].sum():,}", width=150)
        st.metric("Findings", f"{page.counts['count'].sum():,}", width=130)
        st.metric("Failed subjects", f"{page.failures.height:,}", width=150)


def _reach(page: DataPage) -> None:
    st.header("Freshness", anchor=False)
    if page.reach.is_empty():
        st.info("No prices yet. `lode import bars` and `lode collect market` bring some.")
        return
    found = page.counts.group_by("source").agg(pl.col("count").sum().alias("findings"))
    brought = pl.when("collected").then(pl.lit("collected")).otherwise(pl.lit("imported"))
    rows = page.reach.join(found, on="source", how="left", maintain_order="left").with_columns(
        brought.alias("brought"), pl.col("findings").fill_null(0)
    )
    _table(_with_age(rows, datetime.now(UTC).date()), _REACH, "Freshness by source")


def _collections(page: DataPage) -> None:
    st.header("Last collections", anchor=False)
    if page.outcomes.is_empty():
        st.info("Nothing was collected yet; imported files are not collections. `lode collect market` collects.")
        return
    _table(_signed(page.outcomes, "outcome", _OUTCOME_SIGNS), _OUTCOMES, "Outcome of the last collections")
    if page.failures.is_empty():
        return
    st.subheader("Failed", anchor=False)
    st.caption("The same `lode collect` again asks for what is missing.")
    _table(page.failures, _FAILURES, "Subjects whose last collection failed")


def _findings(page: DataPage) -> None:
    st.header("Findings", anchor=False)
    if page.counts.is_empty():
        st.info("No finding is stored. `lode doctor` looks for gaps, jumps, repeats and restatements in the bars.")
        return
    st.caption("Soft faults: the rows stay in use. `lode doctor` checks again, and what is explained by then goes.")
    _table(_signed(page.counts, "severity", _SIGNS), _COUNTS, "Findings by rule")
    left, right = st.columns(2)
    rules = page.findings["rule"].unique().sort().to_list()
    names = page.findings["instrument"].unique().sort().to_list()
    rule = left.selectbox("Rule", rules, index=None, key="rule", placeholder="All rules")
    name = right.selectbox("Name", names, index=None, key="instrument", placeholder="All names")
    chosen = page.findings.filter(
        pl.col("rule") == rule if rule else pl.lit(value=True),
        pl.col("instrument") == name if name else pl.lit(value=True),
    )
    _table(_signed(chosen, "severity", _SIGNS), _FINDINGS, "Findings, the newest first")
    total = int(page.counts["count"].sum())
    if page.findings.height < total:
        st.caption(f"The newest {page.findings.height:,} of {total:,}; `lode sql` on the table findings has all.")


def _quarantine(page: DataPage) -> None:
    st.header("Quarantine", anchor=False)
    if page.refusals.is_empty():
        st.success("No row was refused.")
        return
    st.caption(
        "Rows that broke a rule, kept as they came in the table quarantine; a row counts under each of its reasons."
    )
    _table(page.refusals, _REFUSALS, "Refused rows by reason")
    sources = page.refused["source"].unique().sort().to_list()
    source = st.selectbox("Source", sources, index=None, key="refused_by", placeholder="All sources")
    chosen = page.refused.filter(pl.col("source") == source) if source else page.refused
    _table(chosen, _REFUSED, "Refused rows, the latest first")


def _coverage(page: DataPage) -> None:
    if page.coverage.is_empty():
        return
    st.header("Coverage", anchor=False)
    st.caption("Bars over names × sessions of a year: a name that was listed or left within it lowers the share.")
    _table(page.coverage, _COVERAGE, "Coverage by source and year")


def _table(rows: pl.DataFrame, order: tuple[str, ...], alt: str) -> None:
    st.dataframe(
        rows,
        column_order=order,
        column_config=tables.columns(),
        hide_index=True,
        height=min(420, 40 + 35 * max(1, rows.height)),
        placeholder="–",
        alt=alt,
    )


def _signed(rows: pl.DataFrame, column: str, signs: dict[str, str]) -> pl.DataFrame:
    """Put a sign before each word, so that it does not rest on colour."""
    return rows.with_columns(pl.col(column).replace(signs))


def _with_age(rows: pl.DataFrame, today: date) -> pl.DataFrame:
    return rows.with_columns(
        pl.Series("age_sessions", [sessions_behind(last) for last in rows["last_session"]], dtype=pl.Int64),
        pl.Series("age_days", [(today - last).days for last in rows["last_session"]], dtype=pl.Int64),
    )
