"""A formula that was tried by hand is kept as a candidate: beside what runs found, and proven by none.

Its evidence is what was looked at when it was tried, train and validation, so that validation is no test of it any
more: no p and no q are kept, and the vault stays closed. A run that finds the formula by itself judges it anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from lode.engine import Evaluator, Scorer
from lode.errors import EvidenceError, NotFoundError
from lode.evaluation import SheetOptions, forward_returns, newey_west_t
from lode.evaluation.sheet import judged_values
from lode.language import Expr, expression_id, lookback
from lode.panel import Panel
from lode.warehouse.stores.factors import FactorRecord, read_factor, record_evidence, record_factors, record_series
from lode.warehouse.stores.ledger import is_tried
from lode.warehouse.stores.snapshots import read_snapshot
from lode.workflow.context import Context
from lode.workflow.manual import open_panel, read_expression
from lode.workflow.options import MiningOptions
from lode.workflow.plan import splits_of
from lode.workflow.publishing import series_frame
from lode.workflow.vaults import MANUAL

REASON = "kept by hand; no run has judged it"

BY_HAND = "by hand"
"""Origin of a factor that no run made or judged."""


def keep_candidate(text: str, context: Context, *, snapshot: str, options: SheetOptions | None = None) -> FactorRecord:
    """Keep a formula that was tried on a snapshot as a candidate of its run of tries; again changes nothing.

    Raises EvidenceError where it was not tried there, or where a run has judged it: that verdict stays.
    """
    asked = options or SheetOptions()
    panel = open_panel(context, snapshot)
    expression = read_expression(text, context, panel)
    factor, run = expression_id(expression), f"{MANUAL}{snapshot}"
    known = _known(context, factor)
    _refuse_judged(factor, known)
    if kept := next((record for record in known if record.run == run), None):
        return kept
    if not is_tried(context.warehouse, factor, run):
        raise EvidenceError(
            f"{expression} was not tried on snapshot {snapshot}; evaluate it first: what is kept is what was looked at"
        )
    return _Kept(factor, run, expression, panel, asked).write(context, snapshot)


def _known(context: Context, factor: str) -> list[FactorRecord]:
    try:
        return read_factor(context.warehouse, factor)
    except NotFoundError:
        return []


def _refuse_judged(factor: str, known: Sequence[FactorRecord]) -> None:
    if judged := [record for record in known if not record.run.startswith(MANUAL)]:
        raise EvidenceError(
            f"factor {factor} is {judged[0].state} by run {judged[0].run}, and that verdict stays; "
            f"`lode factors show {factor}` has its evidence"
        )


class _Kept:
    """A candidate's rows, made of the sessions of train and validation that may be looked at."""

    def __init__(self, factor: str, run: str, expression: Expr, panel: Panel, options: SheetOptions) -> None:
        self.keys = {"factor": factor, "run": run}
        self.expression, self.panel, self.options = expression, panel, options
        values = Evaluator(panel.fields, panel.groups, mask=panel.tradable).value(expression)
        self.values = judged_values(values, panel, options)
        self.forward = forward_returns(panel, horizon=options.horizon, delay=options.delay)
        self.scorer = Scorer(self.forward, rows=slice(None), min_names=options.min_names)

    def write(self, context: Context, snapshot: str) -> FactorRecord:
        """Write evidence, series and the factor itself, in this order; return the factor."""
        split = self._split_of_rows(context, snapshot)
        rank_ic = self.scorer.rank_ic(self.values)
        tests = {name: newey_west_t(rank_ic[split == name], horizon=self.options.horizon) for name in _names(split)}
        direction = -1 if tests and next(iter(tests.values())).t < 0 else 1
        evidence: list[dict[str, Any]] = []
        for name, test in tests.items():
            known = np.isfinite(self.values[split == name]).sum() / max(1, self.panel.tradable[split == name].sum())
            found = {"rank_ic": test.mean, "t_nw": test.t, "coverage": float(known)}
            evidence += [{"split": name, "metric": metric, "value": value} for metric, value in found.items()]
        record_evidence(context.warehouse, [{**self.keys, **row, "low": None, "high": None} for row in evidence])
        record_series(context.warehouse, self._series(split, direction))
        record = self._record(snapshot, direction)
        record_factors(context.warehouse, [record])
        return record

    def _split_of_rows(self, context: Context, snapshot: str) -> np.ndarray:
        """Name of the split of each session, as runs with the options' defaults have them, "" between two splits."""
        sessions = read_snapshot(context.warehouse, snapshot).sessions
        plan = MiningOptions(horizon=self.options.horizon, delay=self.options.delay)
        split = np.full(sessions, "", dtype=object)
        for name, rows in splits_of(sessions, plan).parts().items():
            if name != "vault":
                split[rows] = name
        return split[: len(self.panel.sessions)]

    def _series(self, split: np.ndarray, direction: int) -> pl.DataFrame:
        return series_frame(
            {**self.keys, "horizon": self.options.horizon},
            self.panel.sessions,
            split,
            self.values,
            scorer=self.scorer,
            forward=self.forward,
            direction=direction,
        )

    def _record(self, snapshot: str, direction: int) -> FactorRecord:
        return FactorRecord(
            **self.keys,
            expression=str(self.expression),
            origin=BY_HAND,
            state="candidate",
            reason=REASON,
            direction=direction,
            lookback=lookback(self.expression),
            horizon=self.options.horizon,
            delay=self.options.delay,
            snapshot=snapshot,
        )


def _names(split: np.ndarray) -> list[str]:
    return [name for name in ("train", "validation") if (split == name).any()]
