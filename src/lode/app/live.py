"""Parts of a page that redraw themselves: who looks is verified each time, as when a page is drawn from the top."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from lode.app import notices
from lode.app.admission import still_admitted
from lode.settings import Settings


def redrawn(draw: Callable[[], None], settings: Settings, *, every: float | None = None) -> None:
    """Draw a part now, when its own widgets change, and again `every` seconds while the page that has it is there.

    For whom may see nothing any more the whole page is drawn anew, which refuses; a failure is explained in the part's
    place.
    """

    @st.fragment(run_every=every)
    def part() -> None:
        with notices.explained():
            still_admitted(settings)
            draw()

    part()
