"""Formulas of one's own in a run (`--formulas`): tried before all others, judged by the same rules as them.

They are trials like any other. Whether one gets as far as a verdict is decided on train, where the finalists are
chosen; the run's result says of each what became of it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from lode.errors import UsageError
from lode.language import Expr, Unit, expression_id, parse
from lode.search.space import SearchSpace
from lode.warehouse.stores.ledger import Trial
from lode.workflow.options import MiningOptions

_BETWEEN = re.compile(r"[;\n]")


def formulas_of(options: MiningOptions, units: Mapping[str, Unit] | None = None) -> list[Expr]:
    """Parse `--formulas`, which are apart by `;` or by lines; of two that are the same one stays.

    Raises ExpressionError for one that is none, or that uses a field which `units` does not have.
    """
    texts = filter(None, map(str.strip, _BETWEEN.split(options.formulas)))
    parsed = [parse(text, units) for text in texts]
    return list({expression_id(formula): formula for formula in parsed}.values())


def check_formulas(options: MiningOptions, units: Mapping[str, Unit], *, history: int) -> None:
    """Raise UsageError or ExpressionError for a formula that a run on a panel of these fields cannot try.

    history: sessions of train.
    """
    formulas = formulas_of(options, units)
    if len(formulas) > options.candidates:
        raise UsageError(
            f"--formulas has {len(formulas)}, which count as candidates, and --candidates is {options.candidates}; "
            f"raise --candidates or leave some out"
        )
    if not formulas:
        return
    space = SearchSpace.of(units, history=history)
    for formula in formulas:
        if not space.admits(formula):
            raise UsageError(
                f"--formulas {formula}: a formula of at most 64 parts whose value is a number, and which looks back "
                f"at most {space.max_lookback} sessions (a quarter of train), is allowed"
            )


def became(
    options: MiningOptions, trials: Iterable[Trial], judged: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return for each formula its id, its t on train, its state and the reason; state `trial` where it is no finalist.

    judged: the factors of the run's verdict.
    """
    tried = {trial.factor: trial.t_nw for trial in trials}
    verdicts = {factor["id"]: factor for factor in judged}
    return [_became(formula, tried, verdicts) for formula in formulas_of(options)]


def _became(formula: Expr, tried: Mapping[str, float], verdicts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    factor = expression_id(formula)
    t = tried.get(factor, math.nan)
    verdict = verdicts.get(factor)
    told = {"id": factor, "expression": str(formula), "t_nw": t if math.isfinite(t) else None}
    if verdict is not None:
        return told | {"state": verdict["state"], "reason": verdict["reason"]}
    if factor not in tried:
        reason = "not tried: it says the same as another candidate; an idea is tried once"
    else:
        reason = "no finalist: others are stronger on train, or one of them is much like it"
    return told | {"state": "trial", "reason": reason}
