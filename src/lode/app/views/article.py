"""One article: its title, where it came from, when it was known, its tone; its address opens by a click alone."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from lode.app.navigation import Go
from lode.app.queries.filings import read_article_page
from lode.app.queries.names import day_of
from lode.app.views.events import site_of
from lode.app.views.outside import lead_outside
from lode.settings import Settings


def draw_article(settings: Settings, article: str, go: Go) -> datetime:
    """Draw the article of this id; returns when it was read."""
    row, instruments = read_article_page(settings, article)
    st.code(row["title"], language=None, wrap_lines=True)
    if row["snippet"]:
        st.text(row["snippet"])
    with st.container(horizontal=True):
        st.metric("Tone", "–" if row["tone"] is None else f"{row['tone']:+.3f}", help="From -1 to 1", width=140)
    published = f"{row['published']:%Y-%m-%d %H:%M} UTC" if row["published"] else "not said"
    facts = {
        "Published": published,
        "Known": f"{row['knowledge_time']:%Y-%m-%d %H:%M} UTC",
        "Backfilled": "yes, found long after it was published" if row["backfilled"] else "",
        "Tone by": row["model"],
        "Language": row["language"],
        "Found by": row["provider"],
        "Found for": ", ".join(instruments),
        "Site": site_of(row["url"]),
        "Address": row["url"],
    }
    lines = [f"{name:<12}{value}" for name, value in facts.items() if value]
    st.code("\n".join(lines), language=None, wrap_lines=True)
    with st.container(horizontal=True):
        if st.button("Its symbol on that day"):
            go("symbol", symbol=row["instrument"], as_of=day_of(row["knowledge_time"]).isoformat())
        lead_outside("Open the article", row["url"])
    return datetime.now(UTC)
