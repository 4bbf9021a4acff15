"""An evidence sheet as pictures and tables, drawn from its record alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import streamlit as st

from lode.app.sheet_frames import sessions_of
from lode.app.views import sheet_pictures as pictures
from lode.app.views import sheet_tables as of_tables

_PARTS: dict[str, Callable[[pictures.Drawn], None]] = {
    "Rank IC": pictures.rank_ic,
    "Returns": pictures.returns,
    "Book": pictures.book,
    "Turnover": pictures.turnover,
    "Exposures": pictures.exposures,
    "Names": pictures.names,
    "Gates": of_tables.gates,
}


def draw(record: dict[str, Any]) -> None:
    """Draw a record of `lode.workflow.sheets.sheet_record`: its figures, and the part that the reader chose.

    The part stands in the URL as `sheet`. KeyError where the record is no sheet's.
    """
    _tiles(record["sheet"])
    _about(record)
    part = st.radio("Part of the sheet", list(_PARTS), horizontal=True, key="sheet", bind="query-params")
    days = sessions_of(record)
    if days["rank_ic"].count() == 0:
        st.info("No session has a rank IC, so there are no pictures; the gates say what is undefined.")
        of_tables.gates(pictures.Drawn(record, days))
        return
    _PARTS[part or "Rank IC"](pictures.Drawn(record, days))


def _about(record: dict[str, Any]) -> None:
    sheet, options = record["sheet"], record["sheet"]["options"]
    span = f"{sheet['first_session']} to {sheet['last_session']}" if sheet["first_session"] else "no session"
    vault = any(split["split"] == "vault" for split in record["splits"])
    closed = "the vault included, which was opened for it" if vault else "no session of a closed vault"
    judged = f"Source {sheet['source']}, snapshot {sheet['snapshot'] or '–'}: " if "source" in sheet else ""
    st.text(
        f"{judged}{span}, {closed}; {sheet['names']:,} names, coverage {_percent(sheet['coverage'])}. "
        f"Delay {options['delay']}, horizon {options['horizon']}, neutralised: {options['neutralize']}, "
        f"cost {options['cost_bps']:g} basis points."
    )
    if record["direction"] < 0:
        st.caption("The sheet shows the bet: values times −1, since low values are bet on.")


def _tiles(sheet: dict[str, Any]) -> None:
    chosen, brain = sheet["horizons"][str(sheet["options"]["horizon"])], sheet["books"]["brain"]
    shown = {
        "Rank IC": _number(chosen["rank_ic"], 4),
        "t (Newey-West)": _number(chosen["t_nw"], 2),
        "ICIR": _number(chosen["icir"], 3),
        "Neutral rank IC": _number(sheet["neutral_rank_ic"], 4),
        "Sharpe": _number(brain["sharpe"], 2),
        "Net Sharpe": _number(brain["net_sharpe"], 2),
        "Turnover": _percent(brain["turnover"]),
        "Drawdown": _percent(brain["drawdown"]),
        "Half-life": _number(sheet["half_life_sessions"], 1),
        "DSR": _number(sheet["verdicts"].get("dsr"), 3),
    }
    with st.container(horizontal=True):
        for name, value in shown.items():
            st.metric(name, value, width=124)


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None or math.isnan(value) else f"{value:,.{digits}f}"


def _percent(value: float | None) -> str:
    return "–" if value is None or math.isnan(value) else f"{100 * value:.1f} %"
