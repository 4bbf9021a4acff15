"""The workbench: a formula is typed, tried on a snapshot, and kept as a candidate.

`?formula=…&snapshot=…` reopens it; a link tries nothing.
"""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from lode.app import live, notices, roles, tables
from lode.app.components.formula import LONGEST, formula_field
from lode.app.navigation import Go
from lode.app.queries.caching import per_warehouse, place
from lode.app.queries.workbench import Ground, count_tries, read_grounds, words_of
from lode.app.views import sheet
from lode.errors import EvidenceError, LodeError, UsageError
from lode.settings import Settings
from lode.workflow.by_hand import is_named, read_with_names
from lode.workflow.workbench import Try, Workbench

_SOON = 3.0  # seconds that a page waits for a sheet before it goes on and looks again
_POLL = 1.0
_ASKED, _KEPT = "asked_try", "kept_try"


def show(settings: Settings, go: Go) -> None:
    """Draw the page."""
    st.title("Workbench", anchor=False)
    grounds = read_grounds(settings)
    if not grounds.by_id:
        st.info("No snapshot yet. These commands make one, the first with a run, the second without:")
        st.code("lode run\nlode snapshot", language=None)
    else:
        ground = _choose(list(grounds.by_id.values()))
        notices.unreal_data([ground.label] if ground.label else [])
        live.redrawn(lambda: _editor(settings, ground), settings)
        _words(settings, ground)
        _outcome(settings, ground, go)
        if roles.may_research(settings):
            bench_of(settings).warm(ground.record.snapshot)
    st.text(f"Read from {place(settings)} at {grounds.read_at:%Y-%m-%d %H:%M:%S} UTC.")


@per_warehouse
def bench_of(settings: Settings) -> Workbench:
    """Return the process that tries formulas for everybody who looks at this warehouse."""
    return Workbench(settings)


def _choose(grounds: list[Ground]) -> Ground:
    """Let the reader choose a snapshot; the first choice is the one in the URL, else the newest."""
    wanted = st.query_params.get("snapshot", "")
    ids = [ground.record.snapshot for ground in grounds]
    if wanted and wanted not in ids:
        raise UsageError(f"no snapshot {wanted!r}; the newest are: {', '.join(ids[:5])}. `lode snapshot` makes one")
    at = st.selectbox(
        "Snapshot",
        range(len(grounds)),
        index=ids.index(wanted) if wanted else 0,
        format_func=lambda place: grounds[place].shown,
        key="tried_on",
    )
    chosen = grounds[at]
    if wanted and chosen.record.snapshot != wanted:
        st.query_params["snapshot"] = chosen.record.snapshot
    record = chosen.record
    st.text(
        f"Source {record.source}, as of {record.as_of:%Y-%m-%d %H:%M} UTC. A try looks at train and validation only: "
        "it ends before every vault that was not opened."
    )
    return chosen


def _editor(settings: Settings, ground: Ground) -> None:
    """Draw the field, and what is wrong in it."""
    typed = formula_field(st.query_params.get("formula", ""), words_of(settings, ground), key="formula")
    may = roles.may_research(settings)
    clicked = st.button("Evaluate", disabled=not may, key="evaluate")
    if not may:
        st.info("Readers look at tries that were made. To make one, sign in as a researcher.")
    _check(typed.text, ground)
    if (typed.asked or clicked) and typed.text:
        _ask(settings, ground, typed.text)
        st.rerun()


def _check(text: str, ground: Ground) -> None:
    """Say what is wrong with a formula, at its place, or what it may not mean."""
    if len(text) >= LONGEST:
        st.warning(f"Only the first {LONGEST:,} characters are read.")
    if not text or is_named(text, [*ground.names, *ground.groups]):
        return
    try:
        remarks = read_with_names(text, ground.names, ground.groups)[1]
    except LodeError as error:
        _fault(str(error))
        return
    for remark in remarks:
        st.text(f"▲ {remark}")


def _fault(message: str) -> None:
    """Show what is wrong, and below it the place where the message has one: the line with a caret under it."""
    reason, _, where = message.partition("\n")
    st.text(f"✘ {reason}")
    if where:
        st.code(where, language=None)


def _ask(settings: Settings, ground: Ground, text: str) -> None:
    """Begin a try: the only way that a page enters one into the ledger, and researchers' alone."""
    if not roles.may_research(settings):
        raise EvidenceError("a try enters the ledger, which readers may not; sign in as a researcher")
    st.session_state.pop(_KEPT, None)
    earlier = st.session_state.get(_ASKED)
    if earlier is not None and not earlier.is_over:
        bench_of(settings).cancel(earlier)
    st.session_state[_ASKED] = bench_of(settings).submit(_event(ground, text))
    st.query_params.update({"formula": text, "snapshot": ground.record.snapshot})


def _event(ground: Ground, text: str) -> dict[str, Any]:
    return {"formula": text, "snapshot": ground.record.snapshot, "options": {}}


def _words(settings: Settings, ground: Ground) -> None:
    with st.expander("Fields and operators"):
        words = pl.DataFrame(words_of(settings, ground)).select("kind", "signature", "meaning")
        st.dataframe(
            words, column_config=tables.columns(), hide_index=True, height=320, alt="What a formula can be made of"
        )


def _outcome(settings: Settings, ground: Ground, go: Go) -> None:
    """Show the try of the formula in the URL: this visit's own, else one that is still known."""
    event = _event(ground, st.query_params.get("formula", ""))
    tried = st.session_state.get(_ASKED)
    if tried is None or tried.event != event:
        tried = bench_of(settings).known(event)
    if tried is None:
        _untried(settings, ground, event["formula"])
        return
    if not tried.is_over and tried.found is None:
        with st.spinner("Evaluating …"):
            tried.wait(_SOON)
    if not tried.is_over:
        has_sheet = tried.found is not None
        live.redrawn(lambda: _watch(settings, tried, has_sheet=has_sheet), settings, every=_POLL)
    _how_it_ended(tried)
    if tried.found is not None:
        _entered(tried.found)
        _keeping(settings, tried, go)
        sheet.draw(tried.found["record"])


def _untried(settings: Settings, ground: Ground, formula: str) -> None:
    count = count_tries(settings, ground.record.snapshot)
    if formula:
        st.info("Opening a link tries nothing. Evaluate the formula to see its sheet.")
    st.text(f"Tries by hand on this snapshot so far: {count:,}. Each new formula that is evaluated is one more.")


def _watch(settings: Settings, tried: Try, *, has_sheet: bool) -> None:
    """Look whether there is news, and let it be cancelled."""
    if tried.is_over or (tried.found is not None) != has_sheet:
        st.rerun()
    what = "Its comparisons, leak checks and verdicts are on their way" if has_sheet else "It is being evaluated"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(f"… {what}." if tried.state == "running" else "… It waits for its turn.")
        if st.button("Cancel", key="cancel"):
            bench_of(settings).cancel(tried)
            st.rerun()


def _how_it_ended(tried: Try) -> None:
    if tried.state == "failed":
        st.error("This formula could not be evaluated." if tried.found is None else "The sheet was not completed.")
        _fault(tried.message)
    if tried.state == "cancelled":
        st.warning("Cancelled. What had entered the ledger by then stays there.")


def _entered(found: dict[str, Any]) -> None:
    ledger = found["ledger"]
    st.text(
        f"✔ In the ledger as a try of {ledger['run']}. Tries by hand on this snapshot: {ledger['by_hand']:,}; "
        f"trials of all runs on its vault: {ledger['on_vault']:,}. The same formula again counts once."
    )


def _keeping(settings: Settings, tried: Try, go: Go) -> None:
    """Let a researcher keep what was tried as a candidate, and lead to its page."""
    kept = st.session_state.get(_KEPT)
    if kept is not None and kept.event == tried.event | {"keep": True}:
        _kept(kept, go)
    elif roles.may_research(settings) and st.button("Keep as a candidate", key="keep"):
        st.session_state[_KEPT] = kept = bench_of(settings).submit(tried.event | {"keep": True})
        with st.spinner("Keeping …"):
            kept.wait(4 * _SOON, whole=True)
        st.rerun()


def _kept(kept: Try, go: Go) -> None:
    if kept.state == "done" and kept.found is not None:
        st.success("Kept as a candidate. No run has judged it, so nothing is proven.")
        if st.button("Open its page", key="open_kept"):
            go("factor", factor=kept.found["factor"], run=kept.found["run"])
    elif kept.is_over:
        st.error("It could not be kept. Evaluate the formula again to try once more.")
        _fault(kept.message)
        st.session_state.pop(_KEPT, None)
    else:
        st.info("It is being kept once the try before it is over; load the page again to see.")
