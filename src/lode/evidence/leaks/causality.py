"""Values of the past must not move when the future is taken away or made up: cut and scramble."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lode.evidence.leaks.outcome import LeakCheck
from lode.panel import Panel

Values = NDArray[np.float32]
Evaluate = Callable[[Panel], Values]
Rebuild = Callable[[np.datetime64], Panel]

CUTS = 3
_HOLES = 0.05


def random_cuts(sessions: int, *, rng: np.random.Generator, count: int = CUTS) -> list[int]:
    """Rows after which the future is taken away: distinct, ascending, none in the first quarter or the last row."""
    first, stop = sessions // 4, sessions - 1
    return (
        sorted(rng.choice(np.arange(first, stop), min(count, stop - first), replace=False).tolist())
        if stop > first
        else []
    )


def check_cut(evaluate: Evaluate, panel: Panel, values: Values, rebuild: Rebuild, cuts: Sequence[int]) -> LeakCheck:
    """Evaluate anew on panels rebuilt from the rows known by the close of each cut's session.

    values: those of `panel`, (sessions, names). rebuild: of a session, the panel as of its close, which begins with the
    same session; names that it lacks count as missing. Fails when a value up to a cut differs in one bit.
    """
    for cut in cuts:
        session = panel.sessions[cut]
        known = rebuild(session)
        if problem := _unlike(panel, known, cut):
            return LeakCheck("cut", "failed", f"rebuilt as of {session}: {problem}")
        moved = _moved(panel, values, evaluate(_with_names_of(panel, known)), cut)
        if moved:
            return LeakCheck("cut", "failed", f"rebuilt as of {session}: {moved}")
    return _passed("cut", "rebuilt as of", panel, values, cuts)


def check_scramble(
    evaluate: Evaluate, panel: Panel, values: Values, cuts: Sequence[int], *, rng: np.random.Generator
) -> LeakCheck:
    """Evaluate anew on panels whose rows after each cut are scrambled; fails when a value up to it moves by one bit."""
    for cut in cuts:
        if moved := _moved(panel, values, evaluate(scramble(panel, cut, rng=rng)), cut):
            return LeakCheck("scramble", "failed", f"scrambled after {panel.sessions[cut]}: {moved}")
    return _passed("scramble", "scrambled after", panel, values, cuts)


def scramble(panel: Panel, cut: int, *, rng: np.random.Generator) -> Panel:
    """Panel whose rows after `cut` are of another market; those up to it are the same bits.

    Rows and names are permuted, numbers multiplied by lognormal noise (a permutation alone keeps every sum), and a
    twentieth of the cells becomes missing; groups and the tradable mask are permuted too.
    """
    return _scrambled(panel, slice(cut + 1, len(panel.sessions)), rng)


def scramble_before(panel: Panel, start: int, *, rng: np.random.Generator) -> Panel:
    """Panel whose rows before `start` are of another market, as `scramble` makes one; the others are the same bits."""
    return _scrambled(panel, slice(0, start), rng)


def unlike_values(values: Values, again: Values, *, tolerance: float = 0.0) -> NDArray[np.bool_]:
    """Cells that differ in a bit, or by more than a relative tolerance. Every NaN is the same."""
    first, other = (np.ascontiguousarray(v, dtype=np.float32) for v in (values, again))
    same: NDArray[np.bool_] = (first.view(np.uint32) == other.view(np.uint32)) | (np.isnan(first) & np.isnan(other))
    if tolerance:
        same |= np.isclose(first, other, rtol=tolerance, atol=0.0)
    return np.logical_not(same)


def _scrambled(panel: Panel, rows: slice, rng: np.random.Generator) -> Panel:
    return replace(
        panel,
        fields={name: _with(field, rows, _noisy(field[rows], rng)) for name, field in sorted(panel.fields.items())},
        groups={name: _with(codes, rows, _permuted(codes[rows], rng)) for name, codes in sorted(panel.groups.items())},
        tradable=_with(panel.tradable, rows, _permuted(panel.tradable[rows], rng)),
        label_price=_with(panel.label_price, rows, _noisy(panel.label_price[rows], rng)),
    )


def _with(whole: NDArray[Any], rows: slice, block: NDArray[Any]) -> NDArray[Any]:
    changed = whole.copy()
    changed[rows] = block
    return changed


def _permuted(block: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
    return block[rng.permutation(len(block))][:, rng.permutation(block.shape[1])]


def _noisy(block: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
    noise = np.exp(0.5 * rng.standard_normal(block.shape))
    noise[rng.random(block.shape) < _HOLES] = np.nan
    return (_permuted(block, rng) * noise).astype(block.dtype)


def _unlike(panel: Panel, known: Panel, cut: int) -> str:
    """Why a rebuilt panel cannot be compared, in words; empty when it can."""
    if len(known.sessions) <= cut or not np.array_equal(known.sessions[: cut + 1], panel.sessions[: cut + 1]):
        return "it has other sessions"
    strange = sorted(set(known.names) - set(panel.names))
    return f"it has names that this panel lacks: {', '.join(strange[:5])}" if strange else ""


def _with_names_of(panel: Panel, known: Panel) -> Panel:
    """Return the rebuilt panel with the columns of `panel`, in its order; names that were not known yet are missing."""
    if known.names == panel.names:
        return known
    place = [panel.names.index(name) for name in known.names]

    def spread(block: NDArray[Any], missing: float) -> NDArray[Any]:
        wide = np.full((len(block), len(panel.names)), missing, dtype=block.dtype)
        wide[:, place] = block
        return wide

    return replace(
        known,
        names=panel.names,
        fields={name: spread(field, np.nan) for name, field in known.fields.items()},
        groups={name: spread(codes, -1) for name, codes in known.groups.items()},
        tradable=spread(known.tradable, 0),
        label_price=spread(known.label_price, np.nan),
    )


def _moved(panel: Panel, values: Values, again: Values, cut: int) -> str:
    """What moved up to a cut, in words; empty when not one bit did. Every NaN is the same."""
    rows, names = np.nonzero(unlike_values(values[: cut + 1], again[: cut + 1]))
    if not len(rows):
        return ""
    return f"{len(rows)} values up to it moved, the first that of {panel.names[names[0]]} on {panel.sessions[rows[0]]}"


def _passed(name: str, how: str, panel: Panel, values: Values, cuts: Sequence[int]) -> LeakCheck:
    days = ", ".join(str(panel.sessions[cut]) for cut in cuts)
    if not cuts or not np.isfinite(values[: cuts[-1] + 1]).any():
        return LeakCheck(name, "not checkable", "no value lies before a cut")
    return LeakCheck(name, "passed", f"{how} {days}: no value up to it moved")
