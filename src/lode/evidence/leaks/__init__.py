"""Leak checks: does a factor's value of a session contain what was known only later.

causality.py takes the future away or makes it up, shifted.py scores against labels that cannot be predicted,
rescaling.py asks whether prices that came adjusted are used by their level, outside.py whether values know what no
panel contains, stored.py whether the stored rows contradict their own knowledge times, outcome.py says what a check
said. docs/explanation/leaks.md tells what each catches and what none can.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np

from lode.evidence.leaks.causality import Evaluate, Rebuild, Values, check_cut, check_scramble, random_cuts, scramble
from lode.evidence.leaks.outcome import LeakCheck, Outcome, overall
from lode.evidence.leaks.outside import check_lookback, check_outside, check_repeat, check_target, check_timing
from lode.evidence.leaks.rescaling import check_rescale
from lode.evidence.leaks.shifted import check_shifted_labels, report_knowledge_shift
from lode.panel import Panel

__all__ = [
    "LeakCheck",
    "Outcome",
    "Subject",
    "check_cut",
    "check_knowledge",
    "check_leaks",
    "check_rescale",
    "check_scramble",
    "check_shifted_labels",
    "overall",
    "random_cuts",
    "report_knowledge_shift",
    "scramble",
]


class _Timing(TypedDict):
    horizon: int
    delay: int
    min_names: int


@dataclass(frozen=True)
class Subject:
    """What is checked.

    evaluate: of a panel, the factor's values, (sessions, names) float32. fields: the fields and groups that it uses;
    lookback, horizon, delay: in sessions; min_names: names below which a session has no rank IC.
    foreign: whether code that is not this project's takes part, which may know more than the panel that it is given.
    """

    evaluate: Evaluate
    fields: Collection[str]
    lookback: int
    horizon: int = 1
    delay: int = 1
    min_names: int = 10
    foreign: bool = True


def check_leaks(
    subject: Subject, panel: Panel, *, rebuild: Rebuild | None, stored: Sequence[LeakCheck] = (), seed: int = 0
) -> tuple[LeakCheck, ...]:
    """Make every check on a panel that ends before the vault.

    rebuild: of a session, the panel as of its close, made from the stored rows anew (called at most three times, with
    the same sessions for the same panel and seed, so that the caller may keep what it returns); None where the rows
    are not at hand, which leaves the factor not checkable. stored: what the stored rows say of themselves.
    """
    cuts = random_cuts(len(panel.sessions), rng=_rng(seed, 0))
    values = subject.evaluate(panel)
    timing = _Timing(horizon=subject.horizon, delay=subject.delay, min_names=subject.min_names)
    checks = [
        check_knowledge(panel, subject.fields),
        *stored,
        check_timing(subject.delay),
        check_repeat(subject.evaluate, panel, values),
        check_cut(subject.evaluate, panel, values, rebuild, cuts) if rebuild else _NOT_REBUILT,
        check_scramble(subject.evaluate, panel, values, cuts, rng=_rng(seed, 1)),
        check_shifted_labels(panel, values, lookback=subject.lookback, **timing, rng=_rng(seed, 2)),
        check_target(panel, values, **timing),
    ]
    if subject.foreign:
        checks += _foreign(subject, panel, values, cuts, timing, seed)
    if panel.meta.adjusted:
        checks.append(check_rescale(subject.evaluate, panel, values, rng=_rng(seed, 3)))
    return (*checks, report_knowledge_shift(panel, values, **timing))


def _foreign(
    subject: Subject, panel: Panel, values: Values, cuts: Sequence[int], timing: _Timing, seed: int
) -> list[LeakCheck]:
    """Check what only code from elsewhere can do."""
    start = cuts[0] if cuts else 0
    reach = {"lookback": subject.lookback, "start": start}
    return [
        check_outside(subject.evaluate, panel, **timing, rng=_rng(seed, 4)),
        check_lookback(subject.evaluate, panel, values, **reach, rng=_rng(seed, 5)),
    ]


_NOT_REBUILT = LeakCheck("cut", "not checkable", "the rows that the panel was made of are not at hand")


def check_knowledge(panel: Panel, fields: Collection[str]) -> LeakCheck:
    """Whether every field that a factor uses says when it was known; without that nothing about it can be checked."""
    known = panel.meta.knowledge
    silent = sorted(name for name in fields if known.get(name, "absent") == "absent")
    if silent:
        return LeakCheck("knowledge", "not checkable", f"no knowledge times for {', '.join(silent)}")
    assumed = sorted(name for name in fields if known[name] == "assumed")
    return LeakCheck(
        "knowledge", "passed", f"assumed known at the close: {', '.join(assumed)}" if assumed else "recorded"
    )


def _rng(seed: int, check: int) -> np.random.Generator:
    """Return each check's own generator, so that none changes what another draws."""
    return np.random.default_rng([seed, check])
