"""How fresh a source is beside its schedule. Pure: counts in, a state with a sign, a word and a colour out.

The one clock of a place (workflow/schedule.py) collects half an hour after each session's close. A source is held
against the sessions that were due two hours ago, so that a run which is under way is not late.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from lode.collect.fama_french import FRENCH

State = Literal["in time", "late", "very late", "failed", "partly failed", "going on", "not scheduled", "ended"]
GRACE = timedelta(hours=2)
ENDED_AFTER = 20  # sessions without a turn: a schedule that somebody ended, not one that is late
_LATE = 3  # times its cadence: from there on very late
_CADENCE_SESSIONS = {FRENCH: 45}  # published a month at a time, some weeks later

SIGNS: Mapping[State, str] = {
    "in time": "✔ in time",
    "late": "▲ late",
    "very late": "✘ very late",
    "failed": "✘ failed",
    "partly failed": "▲ partly failed",
    "going on": "… going on",
    "not scheduled": "– not scheduled",
    "ended": "– ended",
}
COLORS: Mapping[State, str] = {
    "in time": "green",
    "late": "orange",
    "very late": "red",
    "failed": "red",
    "partly failed": "orange",
    "going on": "gray",
    "not scheduled": "gray",
    "ended": "gray",
}


@dataclass(frozen=True)
class Reached:
    """How far a source is.

    behind: sessions that have become due since it was there; None where nothing is there. collected: whether it is
    collected, as opposed to a file that was imported. subjects, failed: of its last collections.
    """

    source: str
    behind: int | None
    collected: bool
    subjects: int = 0
    failed: int = 0


def state_of(reached: Reached) -> State:
    """Judge a source: red where half of its subjects failed or it is three times its cadence behind."""
    if not reached.collected:
        return "not scheduled"
    if reached.behind is None or (reached.failed and 2 * reached.failed >= reached.subjects):
        return "failed"
    cadence = _CADENCE_SESSIONS.get(reached.source, 1)
    if reached.behind >= _LATE * cadence:
        return "very late"
    if reached.behind >= cadence:
        return "late"
    return "partly failed" if reached.failed else "in time"


def state_of_schedule(outcome: str, behind: int, *, recent: bool) -> State:
    """Judge a schedule by its last turn: how that ended ("" where it has not), and the sessions due since.

    recent: whether the turn began lately, so that one without an end may go on.
    """
    if behind >= ENDED_AFTER:
        return "ended"
    if outcome == "" and recent:
        return "going on"
    if outcome != "succeeded":
        return "failed"
    if behind >= _LATE:
        return "very late"
    return "late" if behind else "in time"
