"""How long answers of the warehouse are kept, and how the place that they come from is named."""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st

from lode.settings import Settings

_FRESH_SECONDS = 10


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
