"""Filings and news: search, read a filing beside the one before it, look an article up. The URL reopens each."""

from __future__ import annotations

from datetime import UTC, date, datetime

import streamlit as st

from lode.app import notices
from lode.app.addressed import day_of, held, words_of
from lode.app.navigation import Go
from lode.app.queries.caching import place
from lode.app.queries.filings import MOST, FoundTexts, Wanted, search_texts
from lode.app.queries.names import Names, read_names
from lode.app.views.article import draw_article
from lode.app.views.events import draw_events
from lode.app.views.filing import draw_filing
from lode.settings import Settings

_FIRST = date(1993, 1, 1)  # EDGAR begins
_OPENED = ("filing", "article", "page", "view")


def show(settings: Settings, go: Go) -> None:
    """Draw the filing or the article in the query string; without one, the search."""
    st.title("Filings and news", anchor=False)
    if accession := st.query_params.get("filing", ""):
        _back()
        read_at = draw_filing(settings, accession, go)
    elif article := st.query_params.get("article", ""):
        _back()
        read_at = draw_article(settings, article, go)
    else:
        read_at = _search(settings, go)
    st.text(f"Read from {place(settings)} at {read_at:%Y-%m-%d %H:%M:%S} UTC.")


def _back() -> None:
    """Lead back to the search, whose filters the URL still has."""
    if st.button("Back to the search"):
        for name in _OPENED:
            st.query_params.pop(name, None)
        st.rerun()


def _search(settings: Settings, go: Go) -> datetime:
    names = read_names(settings)
    if not (names.has_filings or names.has_articles):
        st.info("No filings and no articles yet. These commands bring some:")
        st.code("lode collect filings --universe dow30\nlode collect news --universe dow30", language=None)
        return datetime.now(UTC)
    wanted = _wanted(names)
    found = search_texts(settings, wanted)
    if found.prices and found.prices.label:
        notices.unreal_data([found.prices.label])
    _figures(found)
    if found.filings.is_empty() and found.articles.is_empty():
        st.info("Nothing is stored that fits. Take a filter back, or collect more.")
    else:
        draw_events(found.prices, found.filings, found.articles, go, back=found.instrument)
    return found.read_at


def _wanted(names: Names) -> Wanted:
    """Let the reader say what is searched for; the choice stands in the URL."""
    today = datetime.now(UTC).date()
    symbol, forms, text = st.query_params.get("symbol", ""), words_of("form"), st.query_params.get("text", "")
    since, until = (day_of(name, first=_FIRST, last=today) for name in ("since", "until"))
    options = names.instruments if not symbol or symbol in names.instruments else [symbol, *names.instruments]
    known = [form for form in forms if form in names.forms]
    columns = st.columns(5)
    columns[0].selectbox("Symbol", options, placeholder="All", index=None, **held("symbol", symbol or None))
    columns[1].multiselect("Forms of filings", names.forms, placeholder="All", **held("form", known))
    columns[2].text_input("Text in the title", placeholder="Any", **held("text", text))
    for column, name, day, label in ((columns[3], "since", since, "From day"), (columns[4], "until", until, "To day")):
        column.date_input(
            label,
            min_value=_FIRST,
            max_value=today,
            format="YYYY-MM-DD",
            help="The day of filing; of an article the day on which it was known, UTC",
            **held(name, day),
        )
    return Wanted(symbol, tuple(known), text, since, until)


def _figures(found: FoundTexts) -> None:
    with st.container(horizontal=True):
        for name, rows in (("Filings", found.filings.height), ("Articles", found.articles.height)):
            st.metric(name, f"{rows:,}" + (" or more" if rows == MOST else ""), width=170)
    if MOST in (found.filings.height, found.articles.height):
        st.caption(f"The latest {MOST:,} of each are shown; narrow the search for earlier ones.")
