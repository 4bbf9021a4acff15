"""The vault's rules: who shares one, what an opening costs, and when it is spent.

Two panels share a vault when their vault sessions overlap and they have an instrument in common. The k-th opening of a
vault tests at α_k = α · 6/(π² k²); these add up to α over any number of openings, and none is earned back. An opening's
k counts every earlier opening that shares its vault, directly: all openings that saw the same price of the same
instrument share one pairwise, so their levels add up to at most α.

After ten openings the vault is spent: the next is refused until 252 sessions exist beyond the last session that any of
those ten had in their vaults. Then ten more are possible, at the levels of k = 11, 12, …
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from lode.errors import UsageError

ALPHA = 0.05
MOST_OPENINGS = 10
RENEWAL_SESSIONS = 252


@dataclass(frozen=True)
class Opening:
    """One look at a vault: which sessions (first and last included) of which instruments, and which look it is.

    number: place in the ledger's global sequence; k: the how-many-th look at this vault; alpha: α_k.
    """

    number: int
    run: str
    first_session: date
    last_session: date
    instruments: frozenset[str]
    k: int = 1
    alpha: float = ALPHA
    finalists: tuple[str, ...] = ()


@dataclass(frozen=True)
class Admission:
    """Whether a vault may be opened: as the k-th opening at `alpha`, or not (`spent`) until `sessions_missing` more.

    `message` says so in words; empty when it may be opened.
    """

    k: int
    alpha: float
    spent: bool = False
    sessions_missing: int = 0
    message: str = ""


def alpha_k(alpha: float, k: int) -> float:
    """Level of the k-th opening, α · 6/(π² k²), k from 1: over all k they sum to α. UsageError for other α or k."""
    if not 0 < alpha < 1 or k < 1:
        raise UsageError(f"alpha {alpha:g} and k {k}: allowed are 0 < alpha < 1 and k from 1")
    return alpha * 6 / (math.pi**2 * k**2)


def shares_vault(first: Opening, second: Opening) -> bool:
    """Whether two openings look at the same vault: sessions overlap and an instrument is in both."""
    overlap = first.first_session <= second.last_session and second.first_session <= first.last_session
    return overlap and not first.instruments.isdisjoint(second.instruments)


def admit(
    earlier: Iterable[Opening],
    *,
    vault_sessions: NDArray[np.datetime64],
    instruments: Iterable[str],
    alpha: float = ALPHA,
) -> Admission:
    """Decide on the next opening of a vault.

    earlier: every opening on record, of any vault. vault_sessions: those of the panel, ascending, at least one.
    Raises UsageError for a vault without sessions, and for an α outside of 0 to 1.
    """
    if not len(vault_sessions):
        raise UsageError("a vault without sessions cannot be opened; the panel needs more sessions")
    wanted = _candidate(vault_sessions, instruments)
    shared = sorted((o for o in earlier if shares_vault(o, wanted)), key=lambda o: o.number)
    k = len(shared) + 1
    level = alpha_k(alpha, k)
    used, edge = _current_ten(shared, vault_sessions)
    missing = RENEWAL_SESSIONS - _sessions_after(edge, vault_sessions) if edge else 0
    if used < MOST_OPENINGS or missing <= 0:
        return Admission(k, level)
    return Admission(k, level, spent=True, sessions_missing=missing, message=_spent_message(k - 1, edge, missing))


def _candidate(vault_sessions: NDArray[np.datetime64], instruments: Iterable[str]) -> Opening:
    first, last = (session.astype("datetime64[D]").item() for session in (vault_sessions[0], vault_sessions[-1]))
    return Opening(0, "", first, last, frozenset(instruments))


def _current_ten(shared: Sequence[Opening], sessions: NDArray[np.datetime64]) -> tuple[int, date | None]:
    """Openings since the vault was last renewed, and the latest session that they had."""
    used, edge = 0, None
    for opening in shared:
        full = used >= MOST_OPENINGS
        if edge and full and _sessions_between(edge, opening.last_session, sessions) >= RENEWAL_SESSIONS:
            used, edge = 0, None
        used += 1
        edge = max(edge or opening.last_session, opening.last_session)
    return used, edge


def _sessions_after(edge: date, sessions: NDArray[np.datetime64]) -> int:
    return int(np.count_nonzero(sessions > np.datetime64(edge)))


def _sessions_between(edge: date, last: date, sessions: NDArray[np.datetime64]) -> int:
    return int(np.count_nonzero((sessions > np.datetime64(edge)) & (sessions <= np.datetime64(last))))


def _spent_message(openings: int, edge: date | None, missing: int) -> str:
    return (
        f"vault spent: it was opened {openings} times, last with sessions up to {edge}; "
        f"{missing} more sessions restore it"
    )
