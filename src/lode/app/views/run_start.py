"""Starting a run, following it until it has an id, stopping and resuming it. The work itself is a job (`app.jobs`)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from lode.app import jobs, live, notices
from lode.app.jobs import Job
from lode.app.navigation import Go
from lode.app.queries.run import RunState, read_run_list, read_run_state
from lode.app.run_form import read_form
from lode.app.views.run_fields import draw_fields
from lode.settings import Settings
from lode.workflow.stopping import ask_to_stop

_EVERY_SECONDS = 1.0
_KEY = "job_key"
_ASKED_TO_STOP = "asked_to_stop"
_WRONG = "wrong_in_form"
_RESUMABLE = ("failed", "stopped")


def unseen_job(settings: Settings) -> str | None:
    """Return the job that this visit's click started, where the click was cut off before it could lead to it."""
    key = st.session_state.get(_KEY)
    return key if key and jobs.is_known(settings, key) else None


def form(settings: Settings, go: Go) -> None:
    """Draw the form that starts a run; what is not allowed is said below its field."""
    key = _click_key()
    where = "in AWS, by the deployed state machine" if settings.state_machine_arn else "on this machine"
    st.caption(f"The run is carried out {where}, in a process of its own: it goes on when this page is closed.")
    wrong = st.session_state.pop(_WRONG, {})
    with st.form("start_run", border=False, enter_to_submit=False):
        values = draw_fields(settings, wrong)
        asked = st.form_submit_button("Start the run", type="primary", key=f"start_{key}")
    if wrong:
        st.error(f"Nothing was started. To be changed: {', '.join(sorted(wrong)).replace('_', ' ')}.")
    if not asked:
        return
    request, wrong = read_form(values, settings, datetime.now(UTC).date())
    if wrong:
        st.session_state[_WRONG] = wrong
        st.rerun()
    _begin(settings, request, key, go)


def controls(settings: Settings, state: RunState, go: Go) -> None:
    """Draw what a researcher may do with a run: stop one that goes on, resume one that failed or was stopped."""
    run, key = state.record.run, _click_key()
    if state.goes_on:
        if st.button("Stop the run", key=f"stop_{run}", disabled=st.session_state.get(_ASKED_TO_STOP) == run):
            with notices.explained():
                jobs.require_researcher(settings)
                ask_to_stop(run, settings)
                st.session_state[_ASKED_TO_STOP] = run
                st.rerun()
        if st.session_state.get(_ASKED_TO_STOP) == run:
            st.info("The run was asked to stop. It ends after what it is writing, and says so here.")
        return
    st.session_state.pop(_ASKED_TO_STOP, None)
    if state.record.state in _RESUMABLE and st.button("Resume the run", key=f"resume_{key}", type="primary"):
        _begin(settings, {"resume": run}, key, go)


def follow(settings: Settings, key: str, go: Go) -> None:
    """Draw a job that was started here, and lead to its run as soon as that has an id."""
    st.session_state.pop(_KEY, None)
    if jobs.read(settings, key).is_going:
        live.redrawn(lambda: _job(settings, key, go), settings, every=_EVERY_SECONDS)
    else:
        _job(settings, key, go)


def _job(settings: Settings, key: str, go: Go) -> None:
    job = jobs.read(settings, key)
    if job.run is not None:
        read_run_state.clear()
        read_run_list.clear()
        go("run", run=job.run)
    if job.is_going:
        st.info("The run is being prepared: its data are checked, collected and frozen. Then it has an id.")
        _request(job)
        if st.button("Stop", key=f"stop_job_{key}"):
            jobs.cancel(settings, key)
        return
    st.error("The run ended before it had an id.")
    st.code(job.said or "Its process said nothing.", language=None, wrap_lines=True)
    _request(job)
    if st.button("All runs", key=f"leave_job_{key}"):
        go("run")


def _request(job: Job) -> None:
    """Show what was asked for, as plain text."""
    asked = {name: value for name, value in job.request.items() if name != "options" and value is not None}
    asked |= job.request.get("options") or {}
    st.text("\n".join(f"{name}: {value}" for name, value in asked.items()))


def _begin(settings: Settings, request: Mapping[str, Any], key: str, go: Go) -> None:
    with notices.explained():
        job = jobs.start(settings, request, key)
        st.session_state.pop(_KEY, None)
        go("run", job=job.key)


def _click_key() -> str:
    """Return what the next click stands for: it is part of the button's key, so that a click counts once.

    A second one that was sent before the page had changed is either for the same key, whose job there is already, or
    for a button that is not there any more.
    """
    return str(st.session_state.setdefault(_KEY, secrets.token_hex(8)))
