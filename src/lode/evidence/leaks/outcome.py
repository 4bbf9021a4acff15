"""What a leak check says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["passed", "failed", "not checkable", "reported"]
"""What a check came to; `reported` decides nothing."""


@dataclass(frozen=True)
class LeakCheck:
    """Outcome of one check, and what was seen in words. "reported" is a diagnostic, which decides nothing."""

    name: str
    outcome: Outcome
    detail: str = ""


def overall(checks: Iterable[LeakCheck]) -> Literal["passed", "failed", "not checkable"]:
    """Failed if any check failed, else not checkable if any was not, or none was made; else passed."""
    outcomes = {check.outcome for check in checks} - {"reported"}
    if "failed" in outcomes:
        return "failed"
    return "not checkable" if not outcomes or "not checkable" in outcomes else "passed"
