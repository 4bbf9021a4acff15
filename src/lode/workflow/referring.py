"""What a try by hand is compared with, what its leak checks evaluate, and what it is worth beside the other tries."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lode.errors import ExpressionError
from lode.evaluation import References, Sheet, SheetOptions
from lode.evaluation.known import known_library
from lode.evaluation.market_factors import FACTORS
from lode.evaluation.neutralisation import neutralizations
from lode.evaluation.sheet import judged_values
from lode.evaluation.styles import LONGEST
from lode.evidence.leaks import Subject
from lode.evidence.standing import TrialScores, standing
from lode.language import Expr, expression_id, lookback, parse
from lode.log import get_logger
from lode.panel import Panel
from lode.warehouse.stores.factors import list_factors
from lode.warehouse.stores.ledger import count_trials, score_variance
from lode.warehouse.stores.market_factors import read_market_factors
from lode.workflow.context import Context
from lode.workflow.scoring import checked_evaluator, uses_own_operators
from lode.workflow.vaults import runs_on_vault

_STYLE_FIELDS = {"size": ("close", "volume", "dollar_volume", "market_cap"), "beta": ("close",), "sector": ("sector",)}


def references(context: Context, panel: Panel, factor: str = "") -> References:
    """The library and the proven factors, both without `factor`, and the market factors of a panel's sessions."""
    library = known_library(panel)
    if factor:
        library = {key: known for key, known in library.items() if expression_id(known) != factor}
    return References(library, _pool(context, panel, factor), market_factors(context, panel))


def judged_subject(expression: Expr, options: SheetOptions) -> Subject:
    """Return what the leak checks evaluate: the expression with what the options take out of it."""
    out = neutralizations(options.neutralize)

    def evaluate(panel: Panel) -> NDArray[np.float32]:
        values = checked_evaluator(panel).value(expression)
        return judged_values(values, panel, options)

    subject = Subject(
        evaluate,
        fields=expression.fields,
        lookback=lookback(expression),
        horizon=options.horizon,
        delay=options.delay,
        min_names=options.min_names,
        foreign=uses_own_operators(expression),
    )
    if not out:
        return subject
    needed = {name for style in out for name in _STYLE_FIELDS.get(style, ())}
    longest = LONGEST if {"size", "beta"} & set(out) else 0
    return replace(subject, fields={*expression.fields, *needed}, lookback=max(subject.lookback, longest))


def verdicts(sheet: Sheet, run: str, context: Context) -> dict[str, float]:
    """Figures that take the ledger, after the try of `run` is in it; see lode.evidence.standing.

    The trials' t are taken to be of as many sessions as the sheet has: those of a run's train split are somewhat fewer.
    """
    sharing = runs_on_vault(context, run)
    count, spread = count_trials(context.warehouse, sharing), score_variance(context.warehouse, sharing)
    sessions = sheet.horizons[1][1].n
    variance = spread / sessions if sessions and math.isfinite(spread) else 0.0 if count == 1 else math.nan
    return standing(sheet, TrialScores(count, variance))


def _pool(context: Context, panel: Panel, factor: str) -> dict[str, Expr]:
    """Proven factors by id that can be computed on the panel; the others are counted in a warning."""
    proven = list_factors(context.warehouse, state="proven").unique("factor", keep="first", maintain_order=True)
    others = {key: text for key, text in proven.select("factor", "expression").iter_rows() if key != factor}
    pool: dict[str, Expr] = {}
    for key, text in others.items():
        with suppress(ExpressionError):  # a field that is absent here, or an operator of one's own that is not declared
            pool[key] = parse(text, panel.present)
    if len(pool) < len(others):
        get_logger("evaluate").warning("proven factors that cannot be computed here", count=len(others) - len(pool))
    return pool


def market_factors(context: Context, panel: Panel) -> dict[str, NDArray[np.float64]]:
    """Published factor returns as known now, (sessions,) each, NaN where there is none; none after the last session."""
    if not len(panel.sessions):
        return {}
    known = read_market_factors(
        context.warehouse,
        factors=FACTORS,
        start=panel.sessions[0].item(),
        end=panel.sessions[-1].item(),
        as_of=context.clock(),
    )
    days = pl.DataFrame({"session": pl.Series(panel.sessions).cast(pl.Date)})
    aligned = {}
    for name in known["factor"].unique():
        series = days.join(known.filter(pl.col("factor") == name), on="session", how="left", maintain_order="left")
        aligned[str(name)] = series["value"].fill_null(float("nan")).to_numpy()
    return aligned
