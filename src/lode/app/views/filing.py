"""One filing: what it is, its tone, how it changed against the one before of its form, and its text, page by page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import streamlit as st

from lode.app.addressed import held, number_of
from lode.app.navigation import Go
from lode.app.queries.filings import FilingPage, read_filing_page, read_new_passages, read_text
from lode.app.queries.names import day_of
from lode.app.views.outside import lead_outside
from lode.settings import Settings
from lode.workflow.reading import pages_of

_TEXT, _NEW = "text", "new"
_VIEWS = {_TEXT: "The text", _NEW: "What is new in it"}


def draw_filing(settings: Settings, accession: str, go: Go) -> datetime:
    """Draw the filing of this accession number; returns when it was read."""
    page = read_filing_page(settings, accession)
    _identity(page)
    _measures(page.filing)
    _ways_on(page, go)
    if not page.filing["lake_key"]:
        st.info(
            "Its document is not in the lake: those of annual and quarterly reports, 8-K and proxy statements are "
            "collected, from the first day that was asked for. `lode collect filings --since` an earlier day brings it."
        )
        return page.read_at
    _document(settings, page)
    return page.read_at


def _identity(page: FilingPage) -> None:
    row = page.filing
    facts = {
        "Company": row["symbol"],
        "Form": row["form"],
        "Title": row["title"],
        "Items": row["items"],
        "Period": row["period"],
        "Filed": row["filed"],
        "Accepted": _moment(row["accepted"]),
        "Known": _moment(row["knowledge_time"]),
        "Accession": row["accession"],
        "Address": row["url"],
    }
    lines = [f"{name:<11}{value}" for name, value in facts.items() if value]
    st.code("\n".join(lines), language=None, wrap_lines=True)


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else ""


def _measures(row: dict[str, Any]) -> None:
    if row["words"] is None:
        st.caption("Its text was not measured.")
        return
    words = None if row["previous_words"] is None else row["words"] - row["previous_words"]
    with st.container(horizontal=True):
        _figure("Words", row["words"], ",")
        _figure("Change in words", words, "+,")
        _figure("Tone", row["tone"], "+.3f", "From -1, negative, to 1, positive")
        _figure("Change in tone", row["tone_change"], "+.3f", "To the filing before of the same form")
        _figure("Similarity", row["similarity"], ".4f", "Cosine of the words with the filing before's, 0 to 1")
        _figure("Fog index", row["readability"], ".1f", "Gunning's: years of schooling that the text asks for")
    before = "its document was not collected" if not row["previous"] else row["previous"]
    st.text(f"Tone by {row['model']}. The filing before of the same form: {before}.")


def _figure(name: str, value: float | None, form: str, hint: str | None = None) -> None:
    st.metric(name, "–" if value is None else f"{value:{form}}", help=hint, width=140)


def _ways_on(page: FilingPage, go: Go) -> None:
    row, kept = page.filing, st.query_params.get("symbol", "")
    with st.container(horizontal=True):
        if row["instrument"] and st.button("Its symbol on that day"):
            go("symbol", symbol=row["instrument"], as_of=day_of(row["knowledge_time"]).isoformat())
        if page.before and st.button("The filing before"):
            go("filings-and-news", symbol=kept, filing=page.before["accession"])
        lead_outside("Open it at the SEC", row["url"])


def _document(settings: Settings, page: FilingPage) -> None:
    text = read_text(settings, page.filing["lake_key"])
    comparable = bool(page.before.get("lake_key"))
    view = _NEW if comparable and st.query_params.get("view") == _NEW else _TEXT
    if comparable:
        st.radio(
            "Show", list(_VIEWS), format_func=_VIEWS.__getitem__, horizontal=True, **held("view", view, drops=("page",))
        )
    if view == _NEW:
        passages = read_new_passages(settings, page.filing["lake_key"], page.before["lake_key"])
        st.text(f"{len(passages):,} passages whose words are not in {page.before['accession']}")
        st.caption("Other numbers, dates and punctuation are no change; passages of fewer than 12 words are left out.")
        _paged("\n\n".join(passages), "It says nothing that the one before did not.")
    else:
        st.caption("As filed, without tables of numbers and what is not displayed.")
        _paged(text, "The document has no text: a scan or a picture.")


def _paged(text: str, empty: str) -> None:
    if not text:
        st.info(empty)
        return
    pages = pages_of(text)
    number = number_of("page", last=len(pages))
    if len(pages) > 1:
        st.number_input(
            f"Page, of {len(pages):,}", min_value=1, max_value=len(pages), width=180, **held("page", number)
        )
    with st.container(border=True):
        st.text(pages[number - 1])
