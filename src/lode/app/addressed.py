"""Widgets whose values stand in the URL under names that links from other pages may carry.

Streamlit's own binding (`bind="query-params"`) refuses a link with a parameter that a widget holds. Here the URL is the
only place of a value: a widget is set from it before it is drawn, and writes it when a reader changes it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, TypedDict

import streamlit as st

from lode.errors import UsageError


class Held(TypedDict):
    """What a widget is given to be held by the URL."""

    key: str
    on_change: Callable[[], None]


def held(name: str, value: object, *, drops: Sequence[str] = ()) -> Held:
    """Let the parameter `name` hold a widget that shows `value`; a change of it removes the parameters `drops`.

    Days are written in ISO, lists with commas; what is empty or None leaves the URL.
    """
    key = f"held by the URL: {name}"
    st.session_state[key] = value

    def changed() -> None:
        for other in drops:
            st.query_params.pop(other, None)
        if text := _text(st.session_state[key]):
            st.query_params[name] = text
        else:
            st.query_params.pop(name, None)

    return Held(key=key, on_change=changed)


def day_of(name: str, *, first: date, last: date) -> date | None:
    """Return the day that the parameter `name` holds, None where it is absent; UsageError for what is none."""
    text = st.query_params.get(name, "")
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not first <= day <= last:
        raise UsageError(
            f"{name} is {text!r} in the address; allowed is a day from {first} to {last}, as {last:%Y-%m-%d}: "
            "change it there, or open the page from the bar"
        )
    return day


def words_of(name: str) -> list[str]:
    """Return the texts that the parameter `name` holds, parted by commas."""
    return [word for word in st.query_params.get(name, "").split(",") if word]


def number_of(name: str, *, last: int) -> int:
    """Return the number from 1 to `last` that the parameter `name` holds, 1 where it is absent, the nearest else."""
    text = st.query_params.get(name, "1")
    if not (text.isascii() and text.isdigit()):
        raise UsageError(f"{name} is {text!r} in the address; allowed is a number from 1 to {last}: change it there")
    return min(max(1, int(text[:9])), last)


def _text(value: Any) -> str:  # noqa: ANN401  of whatever a widget gives
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()
    return ",".join(value) if isinstance(value, (list, tuple)) else str(value)
