"""The fields of the form that starts a run, each with what was wrong with it below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lode.app.queries.run import read_source_names
from lode.app.run_form import FIRST, Field, option_fields, source_choices
from lode.errors import LodeError
from lode.settings import Settings

_FIRST_DAY = date(1962, 1, 2)  # of the oldest prices at Yahoo
_ABOUT = {
    "source": "auto, yahoo, sample, the name of a source that was imported, or a CSV or Parquet file of bars.",
    "universe": "dow30, sp500, or symbols separated by commas; empty: all that the source has.",
    "start": "First session; empty: the source's own.",
    "end": "Last session; empty: the source's own.",
}
_ACROSS = 4


def draw_fields(settings: Settings, wrong: Mapping[str, str]) -> dict[str, Any]:
    """Draw the fields, below each what was wrong with it; return their values."""
    options = option_fields()
    rest = [option for option in options if option.name not in FIRST]
    values = _data_fields(settings, wrong)
    values |= _rows([option for option in options if option.name in FIRST], wrong)
    with st.expander("More mining options", expanded=any(option.name in wrong for option in rest)):
        return values | _rows(rest, wrong)


def _data_fields(settings: Settings, wrong: Mapping[str, str]) -> dict[str, Any]:
    columns = dict(zip(_ABOUT, st.columns(len(_ABOUT)), strict=True))
    values: dict[str, Any] = {
        "source": columns["source"].selectbox(
            "Source",
            source_choices(_stored(settings)),
            key="run_source",
            help=_ABOUT["source"],
            accept_new_options=True,
        ),
        "universe": columns["universe"].text_input("Universe", key="run_universe", help=_ABOUT["universe"]),
    }
    for name in ("start", "end"):
        values[name] = columns[name].date_input(
            f"{name.capitalize()} date",
            value=None,
            min_value=_FIRST_DAY,
            max_value=datetime.now(UTC).date(),
            key=f"run_{name}",
            help=_ABOUT[name],
            format="YYYY-MM-DD",
        )
    for name, column in columns.items():
        _say(wrong.get(name), column)
    return values


def _stored(settings: Settings) -> list[str]:
    try:
        return read_source_names(settings)
    except LodeError:  # the page says so where it reads the runs
        return []


def _rows(options: Sequence[Field], wrong: Mapping[str, str]) -> dict[str, Any]:
    values = {}
    for first in range(0, len(options), _ACROSS):
        for column, option in zip(st.columns(_ACROSS), options[first : first + _ACROSS], strict=False):
            values[option.name] = _widget(column, option)
            _say(wrong.get(option.name), column)
    return values


def _widget(column: DeltaGenerator, option: Field) -> object:
    key = f"run_{option.name}"
    if option.choices:
        place = option.choices.index(option.default)
        return column.selectbox(option.label, option.choices, index=place, key=key, help=option.about)
    if option.kind == "bool":
        return column.checkbox(option.label, value=option.default, key=key, help=option.about)
    if option.kind == "str":
        return column.text_input(option.label, value=option.default, key=key, help=option.about)
    form = "%d" if option.kind == "int" else "%g"
    step = 1 if option.kind == "int" else 0.01 if option.default < 1 else 1.0
    return column.number_input(option.label, value=option.default, step=step, format=form, key=key, help=option.about)


def _say(message: str | None, column: DeltaGenerator) -> None:
    """Say what is not allowed below its field, as plain text: it holds what was typed."""
    if message:
        column.badge("✘ not allowed", color="red")
        column.text(message)
