"""A row of the table: what was measured, beside whom, what is to be reached, and whether it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """One comparison. `ours` and `theirs` are seconds (less is better) or rates (`a second`; more is better).

    judged: the figure that the target is for: the ratio, or with no peer `ours` itself; None where nothing could be
    measured, whose cause `note` gives. target: None where the issue asks for nothing; `at_most`: it is an upper bound.
    """

    work: str
    panel: str
    instructions: str
    threads: int
    unit: str
    ours: float | None
    peer: str = ""
    theirs: float | None = None
    judged: float | None = None
    target: float | None = None
    at_most: bool = False
    note: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the target was reached; None where there is none."""
        if self.target is None:
            return None
        if self.judged is None:
            return False
        return self.judged <= self.target if self.at_most else self.judged >= self.target

    def as_json(self) -> dict[str, Any]:
        """For results.json."""
        return asdict(self) | {"reached": self.reached}


def beside(
    work: str,
    place: tuple[str, str, int],
    unit: str,
    ours: float,
    peer: str,
    theirs: float,
    **rest: Any,  # noqa: ANN401
) -> Row:
    """A row whose judged figure is how many times faster ours is. place: panel, instructions, threads."""
    times = theirs / ours if unit == "s" else ours / theirs
    return Row(work, *place, unit, ours, peer, theirs, judged=times, **rest)


_PASSES = (
    "each operator reads and writes whole panels: the divisions, sums and differences around the windows take over a "
    "third of the time"
)
_NARROW = "without AVX-512 a vector holds half as many names, and roots and divisions of doubles bound the windows"
REASONS: Mapping[str, str] = {
    "Alpha158 | KunQuant": _PASSES,
    "Alpha158 | pyqlib": _PASSES,
    "Alpha158 without quantiles | KunQuant": f"{_PASSES}; KunQuant fuses them into one loop",
    "Alpha101 without industries | KunQuant": "ranks take a third of the time, correlations a quarter",
    "candidates, fresh": _NARROW,
    "candidates, evolved": _NARROW,
    "candidates, evolved | gplearn": "its evolved programs have one or two nodes, ours eight with windows",
    "candidates with racing": "an exact score is bound by the same; a race scores one in seven exactly",
    "scoring with two threads": "the threads share caches and memory; panels of 5 MB fit neither's own cache",
    "one new session for 1,000 factors": "a session costs its lookback, up to 500 of the 2,520 sessions",
}
"""Why a row falls short: work, or `work | peer`, to the reason."""


def reason(row: Row) -> str:
    """The recorded reason of a row that falls short, and its note."""
    recorded = REASONS.get(f"{row.work} | {row.peer}", REASONS.get(row.work, "")) if row.reached is False else ""
    return "; ".join(text for text in (row.note, recorded) if text)
