"""The one way to another host: a button that a reader presses, for web addresses alone."""

from __future__ import annotations

import streamlit as st

from lode.app.views.events import site_of


def lead_outside(label: str, url: str) -> None:
    """Draw a button that opens `url` in a tab of its own; for what is no web address, nothing.

    label: ours, never from data, since it is Markdown.
    """
    if site_of(url):
        st.link_button(f"{label} (leaves this host)", url)
