"""What stands above or instead of a page's content: marks of unreal data, empty states, failures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import streamlit as st

from lode.errors import LodeError
from lode.log import get_logger


@contextmanager
def explained() -> Iterator[None]:
    """Show a failure of what is drawn inside as a message with the next step, and log what nobody foresaw."""
    try:
        yield
    except LodeError as error:
        failure(str(error))
    except Exception as error:  # noqa: BLE001  the entry point of a page: a reader gets a message, the log the rest
        get_logger("app").error("a page could not be drawn", exc_info=error)
        failure(
            f"{type(error).__name__}: {error}\n"
            "A stored row is damaged, or this is a defect; the output of `lode app` has the details."
        )


def refusal(*, can_sign_in: bool) -> None:
    """Say that nothing is shown to who is not signed in; the reason is in the log alone.

    can_sign_in: whether the dashboard itself leads to the provider; a load balancer does so by itself.
    """
    st.error("You are not signed in, so nothing is shown.")
    step = "Sign in" if can_sign_in else "Load this page again"
    st.text(f"{step} to go on. If that does not help, ask who runs this dashboard: its log says why.")
    if can_sign_in and st.button("Sign in", type="primary"):
        st.login()


def signed_in(name: str, *, may_research: bool, can_leave: bool) -> None:
    """Show who looks at the page, and as what. The name is what an issuer was given, so it stays plain text."""
    with st.sidebar:
        st.caption("Signed in as")
        st.text(name)
        st.caption("Researcher" if may_research else "Reader: looks, and starts nothing")
        if can_leave and st.button("Sign out"):
            st.logout()


def failure(message: str) -> None:
    """Show why a page cannot be drawn. The message may hold what a user or a file gave, so it stays plain text."""
    st.error("This cannot be shown.")
    st.code(message, language=None, wrap_lines=True)
    st.text("`lode doctor` says what is reachable and what to do.")


def unreal_data(labels: Sequence[str]) -> None:
    """Mark a page whose figures come, all or some, from sample or simulated data."""
    if not labels:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge("Sample or simulated data", color="orange")
        st.text("; ".join(labels))


def no_runs() -> None:
    """Say what to do where nothing was mined yet."""
    st.info("No runs yet. This command mines a market and proves or refuses what it finds:")
    st.code("lode run", language=None)
    st.text("It takes about a minute; this page shows the run as soon as it has begun.")


def no_data() -> None:
    """Say what to do where there are no data at all."""
    st.info("No data yet. These commands bring some:")
    st.code("lode collect market --universe dow30\nlode import bars prices.parquet", language=None)
    st.text("`lode run` alone collects or brings a sample by itself.")


def no_factors() -> None:
    """Say why there are runs and no factors."""
    st.info("No factor was judged yet: a run that is under way, or that failed, has not come to its finalists.")
