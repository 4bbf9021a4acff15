"""The step `prove`: validation, leak checks, and the vault for those that are left.

Only `_on_vault` reads vault sessions, and only behind an opening that is written down.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from lode.errors import VaultSpentError
from lode.evidence.leaks import LeakCheck
from lode.evidence.vault import Opening
from lode.evidence.verdict import Validation, Verdict, entitled_to_vault, survivors_of_validation, verdicts
from lode.language import Expr, lookback, parse
from lode.panel import Panel, load_snapshot
from lode.workflow.context import Context, Event, defined
from lode.workflow.leaking import leak_checker
from lode.workflow.plan import Plan, load_plan
from lode.workflow.scoring import Score, SplitScorer, leak_subject
from lode.workflow.vaults import open_vault


def verdict_key(plan: Plan) -> str:
    """Lake key of a run's verdict."""
    return plan.key("verdict.json")


def prove(event: Event, context: Context) -> Event:
    """Prove or refuse the finalists: {run} → {run, rows, proven}. Safe to run twice: an opening is never made again."""
    plan = load_plan(context, event["run"])
    kept = context.load_if_there(verdict_key(plan)) or context.keep(verdict_key(plan), _judged(plan, context))
    proven = sum(factor["state"] == "proven" for factor in kept["factors"])
    return {"run": plan.run, "rows": len(kept["factors"]), "proven": proven}


@dataclass(frozen=True)
class _Finalist:
    """A finalist as the step `select` wrote it."""

    id: str
    expression: Expr
    direction: int
    spanning: bool | None
    train: dict[str, float]

    @classmethod
    def of(cls, row: dict[str, Any]) -> _Finalist:
        return cls(row["id"], parse(row["expression"]), row["direction"], row.get("spanning"), row["train"])


@dataclass(frozen=True)
class _Vault:
    """What the vault said: the opening, or the message of a vault that is spent, and the scores."""

    opening: Opening | None
    scores: Mapping[str, Score]
    spent: str = ""


def _judged(plan: Plan, context: Context) -> Event:
    selected = context.load(plan.key("finalists.json"))
    finalists = [_Finalist.of(row) for row in selected["finalists"]]
    panel = load_snapshot(
        plan.snapshot, context.lake, context.settings.cache, rows=slice(0, plan.splits.validation_stop)
    )
    scores = _scores(plan, panel, plan.splits.validation, finalists)
    validation = survivors_of_validation({f.id: scores[f.id].newey_west.p_in(f.direction) for f in finalists})
    survivors = [f for f in finalists if f.id in set(validation.survivors)]
    leaks = _leaks(plan, context, panel, survivors)
    entitled = entitled_to_vault(validation, leaks)
    vault = _on_vault(plan, context, [f for f in finalists if f.id in set(entitled)])
    p_vault = {f.id: vault.scores[f.id].newey_west.p_in(f.direction) for f in finalists if f.id in vault.scores}
    judged = verdicts(
        validation,
        leaks,
        vault_p=p_vault if vault.opening else None,
        alpha=vault.opening.alpha if vault.opening else 0.0,
        spent=vault.spent,
    )
    factors = [_row(f, scores[f.id], validation, leaks.get(f.id, ()), vault, judged[f.id]) for f in finalists]
    told = {name: selected.get(name) for name in ("trials", "effective_trials", "pbo")}
    return {"run": plan.run, **told, "factors": factors, "opening": _opening(vault)}


def _scores(plan: Plan, panel: Panel, rows: slice, finalists: Sequence[_Finalist]) -> dict[str, Score]:
    scorer = SplitScorer(panel, plan.options, rows)
    found = scorer.scores([f.expression for f in finalists])
    return {f.id: score for f, score in zip(finalists, found, strict=True)}


def _leaks(
    plan: Plan, context: Context, panel: Panel, survivors: Sequence[_Finalist]
) -> dict[str, tuple[LeakCheck, ...]]:
    """Check every survivor; the panels that are rebuilt for it are kept for the next one."""
    if not survivors:
        return {}
    check, seed = leak_checker(context, plan.snapshot, panel), plan.options.seed
    return {finalist.id: check(leak_subject(finalist.expression, plan.options), seed) for finalist in survivors}


def _on_vault(plan: Plan, context: Context, entitled: Sequence[_Finalist]) -> _Vault:
    """Open the vault for those that are entitled; nobody entitled, no opening."""
    if not entitled:
        return _Vault(None, {})
    try:
        opening = open_vault(context, plan, [f.id for f in entitled])
    except VaultSpentError as spent:
        return _Vault(None, {}, spent=str(spent))
    panel = load_snapshot(plan.snapshot, context.lake, context.settings.cache)
    return _Vault(opening, _scores(plan, panel, plan.splits.vault, entitled))


def _opening(vault: _Vault) -> Event | None:
    if vault.opening:
        return {"number": vault.opening.number, "k": vault.opening.k, "alpha": vault.opening.alpha, "message": ""}
    return {"number": None, "k": None, "alpha": None, "message": vault.spent} if vault.spent else None


def _row(
    finalist: _Finalist,
    score: Score,
    validation: Validation,
    leaks: Sequence[LeakCheck],
    vault: _Vault,
    verdict: Verdict,
) -> dict[str, Any]:
    tested = vault.scores.get(finalist.id)
    return {
        "id": finalist.id,
        "expression": str(finalist.expression),
        "direction": finalist.direction,
        "lookback": lookback(finalist.expression),
        "spanning": finalist.spanning,
        "train": finalist.train,
        "validation": _split(score, finalist.direction) | {"q": defined(validation.q[finalist.id])},
        "leaks": [asdict(check) for check in leaks],
        "vault": _split(tested, finalist.direction) | {"p_holm": defined(verdict.vault_adjusted_p)} if tested else None,
        "state": verdict.state,
        "reason": verdict.reason,
    }


def _split(score: Score, direction: int) -> dict[str, float | None]:
    return {
        "rank_ic": defined(score.rank_ic),
        "t_nw": defined(score.t_nw),
        "coverage": defined(score.coverage),
        "p": defined(score.newey_west.p_in(direction)),
    }
