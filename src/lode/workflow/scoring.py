"""Scores of expressions on the rows of one split: daily rank IC and its Newey-West t."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lode.engine import Evaluator, Scorer, fresh_kernels
from lode.errors import UsageError
from lode.evaluation import NeweyWest, forward_returns, newey_west_t
from lode.evaluation.turnover import rank_book_turnover
from lode.evidence.leaks import Subject
from lode.language import AGE_FIELDS, FIELD_UNITS, Call, Expr, Field, Unit, lookback, own_operators, postorder
from lode.panel import Panel
from lode.workflow.options import MiningOptions

TURNOVER_SESSIONS = 24
"""Of a split, on which the turnover is estimated.

Of 120 random formulas on 200 × 1,000 and 500 × 1,260 half were within 3 % of the mean over all sessions, the deviation
was 12 to 14 %; it took a sixth to a fifth of the time of the rest of a score."""


@dataclass(frozen=True)
class Score:
    """How an expression did on a split. `series` is the daily rank IC, (sessions,), NaN outside of the split.

    turnover: share of its rank book that is traded a session, estimated on a sample of sessions; NaN without any.
    """

    rank_ic: float
    t_nw: float
    coverage: float
    turnover: float
    series: NDArray[np.float64]
    newey_west: NeweyWest


class SplitScorer:
    """Scores expressions on `rows` of a panel; the panel ends where the split does, so that no label crosses.

    labels: (sessions, names) instead of the panel's own forward returns, for calibration.
    """

    def __init__(
        self, panel: Panel, options: MiningOptions, rows: slice, *, labels: NDArray[np.float32] | None = None
    ) -> None:
        self.panel, self.options, self.rows = panel, options, rows
        check_neutralize(panel, options)
        self.evaluator = Evaluator(panel.fields, panel.groups, mask=panel.tradable)
        if labels is None:
            labels = forward_returns(panel, horizon=options.horizon, delay=options.delay)
        self.forward = labels
        self.scorer = Scorer(self.forward, rows=rows, min_names=options.min_names)
        self._tradable = int(panel.tradable[rows].sum())
        self._compared = _sampled(rows)

    def values(self, expressions: Sequence[Expr]) -> Iterator[NDArray[np.float32]]:
        """Values of expressions, (sessions, names), neutralised as the run asks; each valid until the next."""
        return self.evaluator.values([neutralized(e, self.options) for e in expressions])

    def scores(self, expressions: Sequence[Expr]) -> Iterator[Score]:
        """Scores of expressions, in their order."""
        return self.scores_neutralized([neutralized(e, self.options) for e in expressions])

    def scores_neutralized(self, expressions: Sequence[Expr]) -> Iterator[Score]:
        """Scores of expressions that are neutralised already, in their order."""
        return (self.score(values) for values in self.evaluator.values(expressions))

    def score(self, values: NDArray[np.float32]) -> Score:
        """Score of values, (sessions, names). Coverage is the share of the split's tradable cells with a value."""
        series = self.scorer.rank_ic(values)
        test = newey_west_t(series[self.rows], horizon=self.options.horizon)
        known = int(np.count_nonzero(np.isfinite(values[self.rows])))
        traded = rank_book_turnover(values, self._compared)
        return Score(test.mean, test.t, known / max(self._tradable, 1), traded, series, test)


def _sampled(rows: slice) -> NDArray[np.intp]:
    """Sessions spread evenly over the rows but their first."""
    count = min(TURNOVER_SESSIONS, max(rows.stop - rows.start - 1, 0))
    return np.unique(np.linspace(rows.start + 1, rows.stop - 1, count).astype(np.intp))


def neutralized(expression: Expr, options: MiningOptions) -> Expr:
    """Return the expression as the run scores it: its values less the mean of the market or of the sector."""
    if options.neutralize == "sector":
        return Call("group_neutralize", (expression, Field("sector")))
    if options.neutralize == "market":
        return Call("normalize", (expression,))
    return expression


def check_neutralize(panel: Panel, options: MiningOptions) -> None:
    """Raise UsageError where the panel has not the groups that the run would neutralise by."""
    if options.neutralize == "sector" and "sector" not in panel.present:
        msg = "--neutralize sector: this panel has no sectors; allowed here are none and market"
        raise UsageError(msg)


def leak_subject(expression: Expr, options: MiningOptions) -> Subject:
    """Return what the leak checks evaluate: the expression as the run scores it."""
    scored = neutralized(expression, options)

    def evaluate(panel: Panel) -> NDArray[np.float32]:
        return checked_evaluator(panel).value(scored)

    return Subject(
        evaluate,
        fields=scored.fields,
        lookback=lookback(scored),
        horizon=options.horizon,
        delay=options.delay,
        min_names=options.min_names,
        foreign=uses_own_operators(expression),
    )


def checked_evaluator(panel: Panel) -> Evaluator:
    """Evaluator for one leak check: own operators remember nothing of an earlier evaluation."""
    return Evaluator(panel.fields, panel.groups, mask=panel.tradable, kernels=fresh_kernels())


def uses_own_operators(expression: Expr) -> bool:
    """Whether a user's own operator stands in an expression."""
    own = set(own_operators())
    return any(isinstance(part, Call) and part.op in own for part in postorder(expression))


def searchable_units(panel: Panel) -> dict[str, Unit]:
    """Fields and groups that a search may use, with their units.

    Groups of absent knowledge (today's sectors projected back) are left out: nothing that uses one can be proven, and
    their variants would crowd out what can. A user's own column stays: it may become a candidate. The ages of
    statements are left out: they tell the calendar of reports more than the companies apart.
    """
    fields = {name: FIELD_UNITS.get(name, Unit.NUMBER) for name in panel.fields if name not in AGE_FIELDS}
    groups = {name: Unit.GROUP for name in panel.groups if panel.meta.knowledge.get(name) != "absent"}
    return fields | groups
