"""The data page: how fresh and complete each source is, what collections came to, what was refused or looks wrong."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import streamlit as st

from lode.app import frames, notices
from lode.app.navigation import Go
from lode.app.queries.caching import place
from lode.app.queries.data import DataPage, read_data_page
from lode.app.queries.overview import sessions_behind
from lode.app.views.data_changes import draw_restatements
from lode.app.views.data_coverage import choose_source, draw_coverage, draw_gaps
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
_SIGNS = {"error": "✘ error", "warning": "▲ warning", "notice": "◦ notice"}
_OUTCOME_SIGNS = {"collected": "✔ collected", "unchanged": "✔ unchanged", "empty": "◦ empty", "failed": "✘ failed"}


def show(settings: Settings, go: Go) -> None:
    """Draw the page."""
    st.title("Data", anchor=False)
    page = read_data_page(settings)
    notices.unreal_data(page.labels)
    if page.reach.is_empty() and page.outcomes.is_empty() and page.refusals.is_empty():
        notices.no_data()
    else:
        _figures(page)
        _reach(page)
        _collections(page)
        if sources := page.reach["source"].to_list():
            source = choose_source(sources)
            gaps = draw_coverage(settings, source, page.coverage)
            draw_gaps(gaps, source, go)
        _findings(page, go)
        _quarantine(page)
        if sources:
            draw_restatements(settings, source, go)
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
    frames.draw(_with_age(rows, datetime.now(UTC).date()), order=_REACH, alt="Freshness by source")


def _collections(page: DataPage) -> None:
    st.header("Last collections", anchor=False)
    if page.outcomes.is_empty():
        st.info("Nothing was collected yet; imported files are not collections. `lode collect market` collects.")
        return
    frames.draw(
        _signed(page.outcomes, "outcome", _OUTCOME_SIGNS), order=_OUTCOMES, alt="Outcome of the last collections"
    )
    if page.failures.is_empty():
        return
    st.subheader("Failed", anchor=False)
    st.caption("The same `lode collect` again asks for what is missing.")
    frames.draw(page.failures, order=_FAILURES, alt="Subjects whose last collection failed")


def _findings(page: DataPage, go: Go) -> None:
    st.header("Findings", anchor=False)
    if page.counts.is_empty():
        st.info("No finding is stored. `lode doctor` looks for gaps, jumps, repeats and restatements in the bars.")
        return
    st.caption("Soft faults: the rows stay in use. `lode doctor` checks again, and what is explained by then goes.")
    frames.draw(_signed(page.counts, "severity", _SIGNS), order=_COUNTS, alt="Findings by rule")
    left, right = st.columns(2)
    rules = page.findings["rule"].unique().sort().to_list()
    names = page.findings["instrument"].unique().sort().to_list()
    rule = left.selectbox("Rule", rules, index=None, key="rule", placeholder="All rules", bind="query-params")
    name = right.selectbox("Name", names, index=None, key="instrument", placeholder="All names", bind="query-params")
    chosen = page.findings.filter(
        pl.col("rule") == rule if rule else pl.lit(value=True),
        pl.col("instrument") == name if name else pl.lit(value=True),
    )
    row = frames.pick(
        _signed(chosen, "severity", _SIGNS), order=_FINDINGS, key="findings", alt="Findings, the newest first"
    )
    if row:
        go("symbol", symbol=row["instrument"], source=row["source"])
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
    frames.draw(page.refusals, order=_REFUSALS, alt="Refused rows by reason")
    sources = page.refused["source"].unique().sort().to_list()
    source = st.selectbox(
        "Source", sources, index=None, key="refused_by", placeholder="All sources", bind="query-params"
    )
    chosen = page.refused.filter(pl.col("source") == source) if source else page.refused
    frames.draw(chosen, order=_REFUSED, alt="Refused rows, the latest first")


def _signed(rows: pl.DataFrame, column: str, signs: dict[str, str]) -> pl.DataFrame:
    """Put a sign before each word, so that it does not rest on colour."""
    return rows.with_columns(pl.col(column).replace(signs))


def _with_age(rows: pl.DataFrame, today: date) -> pl.DataFrame:
    return rows.with_columns(
        pl.Series("age_sessions", [sessions_behind(last) for last in rows["last_session"]], dtype=pl.Int64),
        pl.Series("age_days", [(today - last).days for last in rows["last_session"]], dtype=pl.Int64),
    )
