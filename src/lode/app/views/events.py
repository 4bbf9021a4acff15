"""Filings and articles of one name on its price's time axis, and as tables that lead to them: for two pages."""

from __future__ import annotations

from urllib.parse import urlsplit

import polars as pl
import streamlit as st

from lode.app import charts, frames
from lode.app.events import events_on
from lode.app.navigation import Go
from lode.app.queries.prices import Prices

PAGE = "filings-and-news"
FILINGS = ("symbol", "form", "filed", "title", "stored", "tone", "tone_change", "similarity", "words", "period",
           "knowledge_time", "accession")  # fmt: skip
ARTICLES = ("instrument", "title", "site", "tone", "published", "knowledge_time", "provider")
_PICKED = "picked"
_FILTERS = ("form", "text", "since", "until")


def draw_events(
    prices: Prices | None, filings: pl.DataFrame, articles: pl.DataFrame, go: Go, *, back: str = ""
) -> None:
    """Draw the chart and a table of each; a mark or a row leads to the filing or the article.

    back: the symbol to which the next page's search is narrowed.
    """
    if prices is not None and prices.days["close"].count():
        _chart(prices.days, filings, articles, go, back)
    if filings.height:
        _filings(filings, go, back)
    if articles.height:
        _articles(articles, go, back)


def _chart(days: pl.DataFrame, filings: pl.DataFrame, articles: pl.DataFrame, go: Go, back: str) -> None:
    events = events_on(days, filings, articles)
    if events.is_empty():
        st.caption("None became known while there are prices, so there is nothing to draw.")
        return
    chart = charts.events_chart(days, events, picked=_PICKED)
    state = st.altair_chart(
        chart,
        width="stretch",
        on_select="rerun",
        selection_mode=_PICKED,
        key="events",
        alt=f"{chart.title.text}: {chart.title.subtitle}. The tables below have the same rows.",
    )
    if picked := state["selection"].get(_PICKED):
        what, _, which = str(picked[0]["id"]).partition(" ")
        go(PAGE, **_search(back), **{what: which})
    left_out = filings.height + articles.height - events.height
    if left_out:
        st.caption(f"{left_out:,} more became known before or after these prices; the tables have them.")


def _filings(filings: pl.DataFrame, go: Go, back: str) -> None:
    st.caption("Select a filing to read it.")
    stored = pl.when(pl.col("lake_key") != "").then(pl.lit("✔ stored")).otherwise(pl.lit("– not stored"))
    row = frames.pick(
        filings.with_columns(stored.alias("stored")), order=FILINGS, key="filings", alt="Filings, the latest first"
    )
    if row:
        go(PAGE, **_search(back), filing=row["accession"])


def _articles(articles: pl.DataFrame, go: Go, back: str) -> None:
    st.caption("Select an article to see where it came from.")
    rows = articles.with_columns(pl.Series("site", [site_of(url) for url in articles["url"]], pl.String))
    row = frames.pick(rows, order=ARTICLES, key="articles", alt="Articles, the one that was known last first")
    if row:
        go(PAGE, **_search(back), article=row["article"])


def _search(symbol: str) -> dict[str, str]:
    """Filters that the reader comes back to."""
    return {"symbol": symbol} | {name: st.query_params.get(name, "") for name in _FILTERS}


def site_of(url: str) -> str:
    """Return the host of an address, "" for what is no web address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return parts.hostname or "" if parts.scheme in {"http", "https"} else ""
