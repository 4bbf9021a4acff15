"""Parts of a page that redraw themselves: who looks is verified each time, as when a page is drawn from the top."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from lode.app import notices
from lode.app.admission import admit
from lode.errors import SignInError
from lode.log import get_logger
from lode.settings import Settings


def redrawn(draw: Callable[[], None], settings: Settings, *, every: float) -> None:
    """Draw a part now and again `every` seconds, for as long as the page that has it is drawn with it.

    Whoever may see nothing any more sees the refusal instead, and a failure is explained in the part's place.
    """

    @st.fragment(run_every=every)
    def part() -> None:
        with notices.explained():
            try:
                admit(settings)
            except SignInError as error:
                get_logger("app").warning("a visitor was refused", reason=str(error))
                notices.refusal()
                return
            draw()

    part()
