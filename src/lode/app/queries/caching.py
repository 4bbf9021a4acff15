"""How long answers of the warehouse are kept, and how the place that they come from is named."""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st

from lode.settings import Settings

_FRESH_SECONDS = 10
_LIVE_SECONDS = 2
_SETTLED_SECONDS = 120
_KEPT_SECONDS = 600


def place(settings: Settings) -> str:
    """Name the warehouse for a reader: its folder, or the server's host and database, never what opens it."""
    if not settings.has_server:
        return str(settings.warehouse_folder)
    if settings.warehouse_url is None:
        return "the deployed warehouse"
    parts = urlsplit(settings.warehouse_url.get_secret_value())
    return f"{parts.hostname}{parts.path}"


def _identity(settings: Settings) -> str:
    url = settings.warehouse_url.get_secret_value() if settings.warehouse_url else ""
    return f"{settings.folder}\n{url}\n{settings.warehouse_secret}"


cached = st.cache_data(ttl=_FRESH_SECONDS, max_size="64mb", show_spinner="Reading …", hash_funcs={Settings: _identity})
"""Decorates what reads a page: its answer is kept for some seconds per warehouse."""

settled = st.cache_data(
    ttl=_SETTLED_SECONDS, max_entries=16, show_spinner="Reading …", hash_funcs={Settings: _identity}
)
"""Decorates what reads what changes with a collection or an update: its answer is kept for minutes per warehouse."""

per_warehouse = st.cache_resource(max_entries=8, show_spinner=False, hash_funcs={Settings: _identity})
"""Decorates what makes something that all visits share: one for each warehouse."""

cached_briefly = st.cache_data(ttl=_LIVE_SECONDS, max_entries=64, show_spinner=False, hash_funcs={Settings: _identity})
"""Decorates what a part reads that redraws itself: all who look at the same thing share one reading."""

kept = st.cache_data(ttl=_KEPT_SECONDS, max_entries=32, show_spinner="Reading …", hash_funcs={Settings: _identity})
"""Decorates what reads what never changes, a document: its answer is kept for minutes per warehouse."""
