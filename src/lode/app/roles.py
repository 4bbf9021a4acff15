"""What who looks at a page may do: a reader looks, a researcher also starts work and tries formulas."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from lode.settings import Settings

Role = Literal["reader", "researcher"]
_ROLE = "role"


def grant(role: Role) -> None:
    """Remember for this visit what its visitor may do."""
    st.session_state[_ROLE] = role


def may_research(settings: Settings) -> bool:
    """Whether this visit may start runs and enter tries into the ledger.

    Who sits at the machine may where no sign-in is asked: the server then listens on loopback only.
    """
    return settings.sign_in == "none" or st.session_state.get(_ROLE) == "researcher"
