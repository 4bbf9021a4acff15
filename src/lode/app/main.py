"""The dashboard's entry point, which Streamlit runs from top to bottom for every visit and every click."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import streamlit as st
from streamlit.navigation.page import Page

from lode import log
from lode.app import notices
from lode.app.admission import admit
from lode.app.navigation import Go, Pages
from lode.app.roles import may_research
from lode.app.views import compare, data, factor, filings, leaderboard, overview, run, symbol, workbench
from lode.errors import SignInError
from lode.settings import Settings, load_settings

ICON = Path(__file__).with_name("icon.png")
_SIDEBAR = 200  # pixels

Show = Callable[[Settings, Go], None]
PAGES: dict[str, Show] = {
    "Overview": overview.show,
    "Leaderboard": leaderboard.show,
    "Factor": factor.show,
    "Compare": compare.show,
    "Run": run.show,
    "Data": data.show,
    "Symbol": symbol.show,
    "Filings and news": filings.show,
    "Workbench": workbench.show,
}
"""What draws each page, by its title, in the order of the bar; the title in small letters is the page's path."""


def main() -> None:
    """Draw the page that the URL names for who may see it."""
    log.configure()
    with notices.explained():
        settings = load_settings()
        try:
            visitor = admit(settings)
        except SignInError as error:
            log.get_logger("app").warning("a visitor was refused", reason=str(error))
            st.set_page_config(page_title="Lode", page_icon=str(ICON))
            notices.refusal(can_sign_in=settings.sign_in == "oidc")
            return
        draw(settings, sidebar=_SIDEBAR if visitor else "auto")
        if visitor:
            notices.signed_in(visitor.name, may_research=may_research(settings), can_leave=settings.sign_in == "oidc")


def draw(settings: Settings, *, sidebar: int | Literal["auto"]) -> None:
    """Draw the page that the URL names, beside a bar of this width; `/?factor=…&run=…` names a factor's."""
    is_new_visit = _is_new_visit()
    pages: dict[str, Page] = {}
    go = Pages(pages)

    def shown(show: Show) -> Callable[[], None]:
        def draw_page() -> None:
            if show is overview.show and is_new_visit and (wanted := st.query_params.get("factor")):
                go("factor", factor=wanted, run=st.query_params.get("run", ""))
            show(settings, go)

        return draw_page

    for title, show in PAGES.items():
        path = title.lower().replace(" ", "-")
        pages[path] = st.Page(shown(show), title=title, url_path=path, default=show is overview.show)
    page = st.navigation(list(pages.values()), position="top")
    st.set_page_config(
        page_title=f"{page.title} · Lode", page_icon=str(ICON), layout="wide", initial_sidebar_state=sidebar
    )
    page.run()


def _is_new_visit() -> bool:
    """Whether this is the first run of a visitor's session.

    Only then does `/?factor=…` lead on to the factor: a browser that goes back passes by the same address.
    """
    new = "visited" not in st.session_state
    st.session_state["visited"] = True
    return new


main()
