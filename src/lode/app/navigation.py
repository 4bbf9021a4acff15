"""How one page leads to another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn, Protocol

import streamlit as st
from streamlit.navigation.page import Page


class Go(Protocol):
    """Leads to the page of this `url_path` with this query; what is empty in it is left out. `in` tells of a page."""

    def __call__(self, page: str, **query: str) -> NoReturn: ...

    def __contains__(self, page: object) -> bool: ...


class Pages:
    """What leads to the pages that there are, by their `url_path`; a Go."""

    def __init__(self, pages: Mapping[str, Page]) -> None:
        self._pages = pages

    def __call__(self, page: str, **query: str) -> NoReturn:
        """Leave for a page."""
        st.switch_page(self._pages[page], query_params={name: value for name, value in query.items() if value})

    def __contains__(self, page: object) -> bool:
        return page in self._pages
