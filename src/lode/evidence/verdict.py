"""The verdict: a finalist is proven, or it is refused with the reason.

Proven means all of these, in this order:

1. a direction, fixed on train as the sign of the t of its daily rank IC;
2. on validation, the one-sided Newey-West p in that direction, with Benjamini-Yekutieli over all of the run's
   finalists: q ≤ .05;
3. every leak check passed (one that cannot be made leaves the factor a candidate);
4. on the vault, the one-sided Newey-West p with Holm over those that are left, at most the opening's α.

Where nothing is left after the third, the vault is not opened. A p that is NaN counts as 1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from lode.evidence.corrections import benjamini_yekutieli, holm
from lode.evidence.leaks.outcome import LeakCheck, overall

MAX_Q = 0.05


@dataclass(frozen=True)
class Validation:
    """Outcome of the second condition: p and q of every finalist by id, and who passed, in the finalists' order."""

    p: Mapping[str, float]
    q: Mapping[str, float]
    survivors: tuple[str, ...]
    max_q: float = MAX_Q


@dataclass(frozen=True)
class Verdict:
    """What became of a finalist; `reason` is empty for a proven one.

    vault_adjusted_p: Holm's p on the vault, None where the factor was not tested there.
    """

    factor: str
    state: Literal["proven", "candidate", "refused"]
    reason: str = ""
    vault_adjusted_p: float | None = None


def direction_of(t: float) -> int:
    """Direction in which a factor is bet on, from its t on train: 1, or -1 where high values go with low returns."""
    return -1 if t < 0 else 1


def survivors_of_validation(p: Mapping[str, float], *, max_q: float = MAX_Q) -> Validation:
    """Apply Benjamini-Yekutieli to the validation p of all finalists, by id."""
    q = dict(zip(p, benjamini_yekutieli(list(p.values())).tolist(), strict=True))
    return Validation(p, q, tuple(factor for factor in p if q[factor] <= max_q), max_q)


def entitled_to_vault(validation: Validation, leaks: Mapping[str, Sequence[LeakCheck]]) -> tuple[str, ...]:
    """Ids that passed validation and every leak check; where there is none the vault stays closed."""
    return tuple(factor for factor in validation.survivors if overall(leaks[factor]) == "passed")


def verdicts(
    validation: Validation,
    leaks: Mapping[str, Sequence[LeakCheck]],
    *,
    vault_p: Mapping[str, float] | None = None,
    alpha: float = 0.0,
    spent: str = "",
) -> dict[str, Verdict]:
    """Verdict of every finalist, by id.

    leaks: the checks of each survivor of validation. vault_p: the p on the vault of each that is entitled to it, and
    `alpha` the opening's level; None when the vault stayed closed. spent: the message of a vault that could not open.
    """
    entitled = entitled_to_vault(validation, leaks)
    adjusted = _adjusted(entitled, vault_p, spent)
    return {
        factor: _refused_before_vault(factor, validation, leaks) or _on_vault(factor, vault_p, adjusted, alpha, spent)
        for factor in validation.p
    }


def _adjusted(entitled: Sequence[str], vault_p: Mapping[str, float] | None, spent: str) -> dict[str, float]:
    if not entitled or spent:
        return {}
    if vault_p is None or set(vault_p) != set(entitled):
        raise ValueError(f"vault p of {sorted(vault_p or {})} given, of {sorted(entitled)} needed: Holm takes them all")
    return dict(zip(entitled, holm([vault_p[factor] for factor in entitled]).tolist(), strict=True))


def _refused_before_vault(
    factor: str, validation: Validation, leaks: Mapping[str, Sequence[LeakCheck]]
) -> Verdict | None:
    if factor not in validation.survivors:
        return Verdict(factor, "refused", _validation_reason(validation, factor))
    if (outcome := overall(leaks[factor])) == "passed":
        return None
    reasons = "; ".join(f"{check.name} {check.detail}" for check in leaks[factor] if check.outcome == outcome)
    state: Literal["refused", "candidate"] = "refused" if outcome == "failed" else "candidate"
    return Verdict(factor, state, f"leak check {outcome}: {reasons or 'no check was made'}")


def _validation_reason(validation: Validation, factor: str) -> str:
    if math.isnan(validation.p[factor]):
        return "validation: too few sessions with a rank IC, or it does not vary"
    return f"validation: q {_above(validation.q[factor], validation.max_q)}"


def _on_vault(
    factor: str, vault_p: Mapping[str, float] | None, adjusted: Mapping[str, float], alpha: float, spent: str
) -> Verdict:
    if spent or vault_p is None:
        return Verdict(factor, "refused", spent or "vault not opened")
    p = adjusted[factor]
    if p <= alpha:
        return Verdict(factor, "proven", vault_adjusted_p=p)
    if math.isnan(vault_p[factor]):
        return Verdict(factor, "refused", "vault: too few sessions with a rank IC, or it does not vary", p)
    return Verdict(factor, "refused", f"vault: p {vault_p[factor]:.2g}, after Holm {_above(p, alpha)}", p)


def _above(value: float, limit: float) -> str:
    """`value > limit` with as many digits as it takes to show it."""
    shown = next(
        (f"{value:.{digits}g}" for digits in range(2, 17) if float(f"{value:.{digits}g}") > limit), repr(value)
    )
    return f"{shown} > {limit:.3g}"
