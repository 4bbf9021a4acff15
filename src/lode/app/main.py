"""The dashboard's entry point, which Streamlit runs from top to bottom for every visit and every click."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import streamlit as st

from lode import log
from lode.app import notices
from lode.app.admission import admit
from lode.app.views import data, factor, overview, run
from lode.errors import SignInError
from lode.settings import load_settings

ICON = Path(__file__).with_name("icon.png")
_SIDEBAR = 200  # pixels


def main() -> None:
    """Draw the page that the URL names for who may see it."""
    log.configure()
    with notices.explained():
        try:
            visitor = admit(load_settings())
        except SignInError as error:
            log.get_logger("app").warning("a visitor was refused", reason=str(error))
            st.set_page_config(page_title="Lode", page_icon=str(ICON))
            notices.refusal()
            return
        draw(sidebar=_SIDEBAR if visitor else "auto")
        if visitor:
            notices.signed_in(visitor.name)


def draw(sidebar: int | Literal["auto"]) -> None:
    """Draw the page that the URL names, beside a bar of this width; `/?factor=…&run=…` names a factor's."""
    is_new_visit = _is_new_visit()

    def show_overview() -> None:
        if is_new_visit and (wanted := st.query_params.get("factor")):
            open_factor(wanted, st.query_params.get("run", ""))
        overview.show(load_settings(), open_factor, open_run)

    def show_factor() -> None:
        factor.show(load_settings(), open_factor)

    def show_run() -> None:
        run.show(load_settings(), open_run)

    def show_data() -> None:
        data.show(load_settings())

    def open_factor(wanted: str, of_run: str) -> None:
        st.switch_page(factor_page, query_params={"factor": wanted, "run": of_run} if of_run else {"factor": wanted})

    def open_run(wanted: str) -> None:
        st.switch_page(run_page, query_params={"run": wanted})

    factor_page = st.Page(show_factor, title="Factor", url_path="factor")
    overview_page = st.Page(show_overview, title="Overview", url_path="overview", default=True)
    run_page = st.Page(show_run, title="Run", url_path="run")
    data_page = st.Page(show_data, title="Data", url_path="data")
    page = st.navigation([overview_page, factor_page, run_page, data_page], position="top")
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
