"""Where a factor has no sheet yet: making one in a process of its own, watched while it works."""

from __future__ import annotations

import streamlit as st

from lode.app import live, notices
from lode.app.queries.factor import read_factor_sheet
from lode.app.roles import may_research
from lode.errors import UsageError
from lode.settings import Settings
from lode.workflow.sheet_job import SheetJob, start_sheet

Jobs = dict[tuple[str, str, str], SheetJob]
_WATCH_SECONDS = 2
_AT_ONCE = 3


@st.cache_resource(show_spinner=False)
def _jobs() -> Jobs:
    """Jobs that this server started, by home, run and factor."""
    return {}


def offer(settings: Settings, run: str, factor: str) -> None:
    """Say that there is no sheet, and let who may do so have it made."""
    job = _jobs().get(_key(settings, run, factor))
    if job and job.is_running:
        live.redrawn(lambda: _watched(settings, run, factor), settings, every=_WATCH_SECONDS)
        return
    if job and job.failure:
        notices.failure(job.failure)
    st.info("The run kept no evidence sheet of this factor, so only the series that it stored are drawn below.")
    if not may_research(settings):
        st.text("Who may start work here can have the sheet made.")
    elif st.button("Make the sheet", help="Takes some seconds, in a process of its own; it stays for everybody."):
        _start(settings, run, factor)
        st.rerun()


def _start(settings: Settings, run: str, factor: str) -> None:
    key = _key(settings, run, factor)
    job = _jobs().get(key)
    if not may_research(settings) or (job and job.is_running):
        return
    busy = sum(each.is_running for each in _jobs().values())  # asking a process that has ended also lets it go
    if busy >= _AT_ONCE:
        raise UsageError(f"{busy} sheets are being made already, {_AT_ONCE} at most at once; try again in a minute")
    _jobs()[key] = start_sheet(settings.folder, run, factor)


def _watched(settings: Settings, run: str, factor: str) -> None:
    """Look whether the job is done, and draw the whole page again when it is."""
    job = _jobs().get(_key(settings, run, factor))
    if job and job.is_running:
        st.info("The evidence sheet is being made; this page shows it as soon as it is there.")
        return
    if job and not job.failure:
        _jobs().pop(_key(settings, run, factor), None)
        job.output.close()
    read_factor_sheet.clear()
    st.rerun()


def _key(settings: Settings, run: str, factor: str) -> tuple[str, str, str]:
    return str(settings.folder), run, factor
