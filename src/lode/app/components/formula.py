"""The field for a formula, which completes fields and operators and is worked by keyboard alone.

A component of this package, since none of Streamlit's widgets completes text. It stands in the page itself, asks for
nothing, and writes words as text nodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import streamlit as st

from lode.language import OPERATORS
from lode.language.vocabulary import Word

LONGEST = 5_000


@dataclass(frozen=True)
class Typed:
    """What stands in the field, and whether Enter was pressed there just now."""

    text: str
    asked: bool


def formula_field(text: str, words: Sequence[Word], *, key: str) -> Typed:
    """Draw the field with `text` in it until somebody types; a changed `text` replaces what was typed.

    It runs the page, or the fragment that it stands in, when typing pauses and when Enter is pressed.
    """
    html, css, js = (_part(kind) for kind in ("html", "css", "js"))
    mount = st.components.v2.component("lode_formula", html=html, css=css, js=js)
    told = [asdict(word) | {"call": word.name in OPERATORS} for word in words]
    found = mount(
        key=key,
        data={"text": text, "stamp": text, "words": told},
        default={"text": text},
        on_text_change=_nothing,
        on_asked_change=_nothing,
    )
    asked, typed = found.get("asked"), found.get("text", text)
    return Typed(str(asked if asked is not None else typed)[:LONGEST], asked is not None)


@cache
def _part(kind: str) -> str:
    return Path(__file__).with_name(f"formula.{kind}").read_text(encoding="utf-8")


def _nothing() -> None:
    """Do nothing: the component's values are read where it is drawn."""
