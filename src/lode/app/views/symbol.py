"""A symbol's page: what is known of one name, as of a day that the reader chooses. `?symbol=…&as_of=…` reopens it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import streamlit as st

from lode.app import charts, frames, notices
from lode.app.addressed import day_of, held
from lode.app.events import amount_of
from lode.app.navigation import Go
from lode.app.pictures import picture
from lode.app.queries.caching import place
from lode.app.queries.names import read_names
from lode.app.queries.prices import Prices, gaps_of
from lode.app.queries.symbol import SHOWN, SymbolPage, read_symbol_page
from lode.app.views.data_changes import BARS, FACTS, with_change
from lode.app.views.events import draw_events
from lode.app.views.known import draw_fundamentals
from lode.settings import Settings

_FIRST = date(1962, 1, 2)
_FINDINGS = ("severity", "rule", "session", "detail", "source", "found_at")
_SPELLS = ("universe", "first_session", "last_session")
_TICKERS = ("symbol", "first_session", "last_session")


def show(settings: Settings, go: Go) -> None:
    """Draw the page of the symbol in the query string; without one, let the reader choose."""
    st.title("Symbol", anchor=False)
    symbol, day = _chosen(settings)
    if not symbol:
        return
    page = read_symbol_page(settings, symbol, st.query_params.get("source", ""), day)
    if page.prices:
        notices.unreal_data([page.prices.label] if page.prices.label else [])
    _identity(page, day)
    _prices(page)
    draw_fundamentals(page, go)
    _texts(page, go)
    _membership(page)
    _restatements(page)
    _faults(page)
    source = page.prices.source if page.prices else "none"
    st.text(
        f"Source of prices {source}, as of {page.as_of:%Y-%m-%d %H:%M} UTC. "
        f"Read from {place(settings)} at {page.read_at:%Y-%m-%d %H:%M:%S} UTC."
    )


def _chosen(settings: Settings) -> tuple[str, date | None]:
    names = read_names(settings).instruments
    symbol = st.query_params.get("symbol", "")
    today = datetime.now(UTC).date()
    day = day_of("as_of", first=_FIRST, last=today)
    if not names and not symbol:
        notices.no_data()
        st.text(f"Read from {place(settings)} at {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC.")
        return "", None
    options = names if not symbol or symbol in names else [symbol, *names]
    left, right = st.columns(2)
    left.selectbox(
        "Symbol",
        options,
        placeholder="Choose a symbol",
        index=None,
        **held("symbol", symbol or None, drops=("source",)),
    )
    right.date_input(
        "As known on",
        min_value=_FIRST,
        max_value=today,
        format="YYYY-MM-DD",
        help="Everything below is what was known at the end of that day in New York; empty: now.",
        **held("as_of", day),
    )
    if not symbol:
        st.info("Choose a symbol: its prices, what was known of it on any day, its filings and its news.")
        st.text(f"Read from {place(settings)} at {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC.")
    return symbol, day


def _identity(page: SymbolPage, day: date | None) -> None:
    if len(page.sources) > 1 and page.prices:
        st.selectbox("Source of prices", page.sources, **held("source", page.prices.source))
    details = page.details
    facts = {
        "Instrument": page.instrument,
        "Name": details.get("name"),
        "Sector": details.get("sector"),
        "Exchange": details.get("exchange") or (page.prices.exchange if page.prices else ""),
        "CIK": details.get("cik"),
        "Listed": details.get("listed"),
        "Delisted": details.get("delisted"),
    }
    lines = [f"{name:<12}{value}" for name, value in facts.items() if value]
    st.code("\n".join(lines), language=None, wrap_lines=True)
    with st.container(horizontal=True):
        last = page.prices.days.tail(1) if page.prices else pl.DataFrame()
        st.metric("Last close", f"{last['close'][0]:,.2f}" if last.height else "–", width=130)
        st.metric("Last session", str(last["session"][0]) if last.height else "–", width=150)
        for name, rows in (("Filings known", page.filings.height), ("Articles known", page.articles.height)):
            st.metric(name, f"{rows:,}" + ("+" if rows == SHOWN else ""), width=130)
        st.metric("Findings", f"{page.findings.height:,}", width=110)
    if day:
        st.caption("All of it as it was known at the end of the chosen day; findings are about the rows as stored now.")


def _prices(page: SymbolPage) -> None:
    st.header("Price and volume", anchor=False)
    if page.prices is None:
        st.info("No source has prices of it. `lode collect market` and `lode import bars` bring some.")
        return
    if page.prices.days.is_empty():
        st.info("No price was known yet on the chosen day: choose a later one.")
        return
    picture(charts.price_chart(page.prices.days, page.prices.actions, is_adjusted=page.prices.is_adjusted))
    if page.prices.days["volume"].count():
        picture(charts.volume_chart(page.prices.days))
    _actions(page.prices)


def _actions(prices: Prices) -> None:
    if prices.actions.is_empty():
        st.caption("The source tells of no split and no dividend.")
        return
    kind = pl.col("kind").cast(pl.String)
    rows = prices.actions.select(
        "ex_date", kind.alias("kind"), amount_of(kind, pl.col("value")).alias("amount"), "knowledge_time"
    )
    with st.expander(f"Corporate actions ({rows.height:,})"):
        frames.draw(rows.sort("ex_date", descending=True), alt="Corporate actions, the latest first")


def _texts(page: SymbolPage, go: Go) -> None:
    st.header("Filings and articles", anchor=False)
    if page.filings.is_empty() and page.articles.is_empty():
        st.info("None was known. `lode collect filings` and `lode collect news` bring some.")
        return
    draw_events(page.prices, page.filings, page.articles, go, back=page.instrument)
    if st.button("Search in all its filings and articles"):
        go("filings-and-news", symbol=page.instrument)


def _membership(page: SymbolPage) -> None:
    st.header("Membership", anchor=False)
    left, right = st.columns(2)
    with left:
        if page.memberships.is_empty():
            st.info("It belongs to no stored universe. `lode import members` brings spells.")
        else:
            frames.draw(page.memberships, order=_SPELLS, alt="Spells in universes; a spell without an end goes on")
    with right:
        spells = page.details.get("spells")
        if spells:
            frames.draw(pl.DataFrame(spells).select(_TICKERS), order=_TICKERS, alt="Tickers over time")


def _restatements(page: SymbolPage) -> None:
    st.header("Restatements", anchor=False)
    if page.restated_bars.is_empty() and page.restated_facts.is_empty():
        st.success("No value was changed by what became known later.")
        return
    if page.restated_bars.height:
        frames.draw(
            with_change(page.restated_bars),
            order=BARS,
            alt="Bars that a later version changed, the latest change first",
        )
    if page.restated_facts.height:
        frames.draw(
            with_change(page.restated_facts),
            order=FACTS,
            alt="Facts that a later statement changed, the latest change first",
        )


def _faults(page: SymbolPage) -> None:
    st.header("Findings and gaps", anchor=False)
    gaps = gaps_of(page.prices.days) if page.prices else pl.DataFrame()
    if page.findings.is_empty() and gaps.is_empty():
        st.success("No finding is stored, and no session is missing.")
        return
    if page.findings.height:
        frames.draw(page.findings, order=_FINDINGS, alt="Findings, the newest first")
    if gaps.height:
        frames.draw(gaps, order=("missing", "before", "after"), alt="Missing sessions, the longest run first")
