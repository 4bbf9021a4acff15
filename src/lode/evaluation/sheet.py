"""Make the evidence sheet of an expression, or of values."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from lode.engine import Evaluator
from lode.errors import UsageError
from lode.evaluation.exposure import exposure_of
from lode.evaluation.hansen_hodrick import hansen_hodrick_t
from lode.evaluation.high_minus_low import regress_names
from lode.evaluation.ic import IcSummary, daily_rank_ic, ic_summary
from lode.evaluation.known import Resemblance, largest, resemblances
from lode.evaluation.market_factors import factor_regression
from lode.evaluation.neutralisation import neutralizations, neutralized
from lode.evaluation.newey_west import newey_west_t
from lode.evaluation.portfolio import rank_book
from lode.evaluation.quantiles import quantile_summary, quantiles_of_ranks, returns_by_horizon
from lode.evaluation.ranks import average_ranks, row_mean, series_mean
from lode.evaluation.regressions import fama_macbeth
from lode.evaluation.report.bench import Bench
from lode.evaluation.report.books import Books, books_of
from lode.evaluation.report.identity import Identity
from lode.evaluation.report.model import Daily, Sheet
from lode.evaluation.report.options import References, SheetOptions
from lode.evaluation.report.years import by_year
from lode.evaluation.simulation import Gate, brain_gates
from lode.evaluation.spread_cost import spread_traded
from lode.evaluation.styles import styles_of
from lode.evaluation.turnover import autocorrelation, half_life_of, turnover_of
from lode.language import Expr
from lode.panel import Panel

Floats = NDArray[np.float32]
Series = NDArray[np.float64]

_NOTHING = References()


def evidence_sheet(expression: Expr, panel: Panel, options: SheetOptions, references: References = _NOTHING) -> Sheet:
    """Evaluate an expression on every row of a panel, which must end before the vault, and judge its values."""
    return evidence_at(Bench(panel, options), expression, references)


def evidence_at(bench: Bench, expression: Expr, references: References = _NOTHING) -> Sheet:
    """Return `evidence_sheet` on the bench's panel with its options, which several sheets may share."""
    panel = bench.panel
    values = Evaluator(panel.fields, panel.groups, mask=panel.tradable).value(expression)
    return sheet_at(bench, values, Identity.of(expression, panel), references)


def sheet_of(
    values: Floats, panel: Panel, identity: Identity, options: SheetOptions, references: References = _NOTHING
) -> Sheet:
    """Judge values, (sessions, names) float32, on every row of a panel; labels never reach past its last row.

    What the options neutralise is taken out of the values first, and every figure is that of what is left.
    """
    return sheet_at(Bench(panel, options), values, identity, references)


def sheet_at(bench: Bench, values: Floats, identity: Identity, references: References = _NOTHING) -> Sheet:
    """Return `sheet_of` on the bench's panel with its options."""
    panel, options, labels = bench.panel, bench.options, bench.labels
    horizon, least, count, sizes = options.horizon, options.min_names, options.quantiles, sizes_of(panel, options)
    judged = judged_values(values, panel, options, bench.styles)
    forward, next_return = labels[horizon], labels[1]
    ranks = average_ranks(judged)
    quantiles = quantiles_of_ranks(ranks, count, min_names=least)
    ics, rank_ics = bench.scorer.ics(judged), bench.scorer.rank_ics(judged)
    earned = returns_by_horizon(judged, labels, count, min_names=least, sizes=sizes, quantiles=quantiles)
    spreads = {h: returns[:, -1] - returns[:, 0] for h, returns in earned.items()}
    exposure, newcomers = exposure_of(judged, bench.styles, bench.sector), turnover_of(quantiles, count)
    books = books_of(judged, quantiles, bench, sizes)
    pool = resemblances(judged, references.pool, panel, next_return, min_names=least)
    traded = {h: spread_traded(quantiles, count, horizon=h, sizes=sizes) for h in {1, horizon}}
    net_spreads = {h: _after_cost(spreads[h], sold, options) for h, sold in traded.items()}
    alike = autocorrelation(ranks)
    return Sheet(
        identity=identity,
        options=options,
        sessions=len(panel.sessions),
        names=len(panel.names),
        coverage=_coverage(judged, panel),
        horizons={h: (_summary(ics[h], h), _summary(rank_ics[h], h)) for h in labels},
        spreads={h: newey_west_t(spread, horizon=h) for h, spread in spreads.items()},
        overlapping={h: hansen_hodrick_t(spread, h) for h, spread in spreads.items()},
        mean_returns={h: tuple(series_mean(column) for column in returns.T) for h, returns in earned.items()},
        quantiles=quantile_summary(earned[horizon], horizon=horizon),
        net_spread=newey_west_t(net_spreads[horizon], horizon=horizon),
        turnover=series_mean(newcomers),
        rank_autocorrelation=series_mean(alike),
        half_life_sessions=half_life_of(ranks),
        portfolio=rank_book(judged, next_return, cost_bps=options.cost_bps, min_names=least, ranks=ranks),
        exposures=exposure.by_style,
        neutral_rank_ic=series_mean(daily_rank_ic(exposure.left, forward, min_names=least)),
        fama_macbeth=fama_macbeth(judged, forward, horizon=horizon, min_names=least),
        books=books.figures,
        costs=books.costs,
        gates=_gates(books, options, pool),
        per_name=regress_names(panel.names, quantiles, next_return, count, sizes=sizes),
        market_factors=factor_regression(books.returns["long_short"], references.market_factors),
        library=resemblances(judged, references.library, panel, next_return, min_names=least),
        pool=pool,
        years=by_year(panel.sessions, rank_ics[horizon], books.returns["brain"], books.net, books.brain.traded),
        daily=Daily(
            sessions=panel.sessions,
            rank_ic=rank_ics[horizon],
            quantiles=earned[1],
            spread=spreads[1],
            net_spread=net_spreads[1],
            turnover=newcomers,
            autocorrelation=alike,
            market=_market(next_return, options.delay),
            books=books.returns,
            net=books.net,
        ),
        label=panel.meta.label,
        source=panel.meta.source,
    )


def judged_values(
    values: Floats, panel: Panel, options: SheetOptions, styles: Mapping[str, Floats] | None = None
) -> Floats:
    """Values less what the options take out of them, (sessions, names); styles: where they are at hand."""
    out = neutralizations(options.neutralize)
    if not out:
        return values
    known = styles_of(panel.fields) if styles is None else styles
    return neutralized(values, out, known, panel.group("sector"))


def sizes_of(panel: Panel, options: SheetOptions) -> Floats | None:
    """Capitalisation of the names where quantiles are weighted by it, (sessions, names); None where equally."""
    if options.weighting == "equal":
        return None
    if "market_cap" not in panel.fields:
        raise UsageError(
            "weighting by capitalisation needs the field market_cap, which this panel has not; "
            "run `lode collect filings` and `lode snapshot`, or weigh equally"
        )
    return panel.fields["market_cap"]


def _coverage(values: Floats, panel: Panel) -> float:
    tradable = int(panel.tradable.sum())
    return int((np.isfinite(values) & panel.tradable).sum()) / tradable if tradable else math.nan


def _summary(series: Series, horizon: int) -> IcSummary:
    return ic_summary(series, horizon=horizon)


def _after_cost(spread: Series, traded: Series, options: SheetOptions) -> Series:
    return spread - options.cost_bps * 1e-4 * traded


def _gates(books: Books, options: SheetOptions, pool: tuple[Resemblance, ...]) -> tuple[Gate, ...]:
    alike = largest(pool, of="returns")
    return brain_gates(
        books.figures["brain"],
        delay=options.delay,
        sub_sharpe=books.sub_sharpe,
        sub_share=books.sub_share,
        self_correlation=alike if alike >= 0 else math.nan,
    )


def _market(next_return: Floats, delay: int) -> Series:
    """Mean return of all names in the session in which it is earned, (sessions,)."""
    market = np.full(len(next_return), np.nan)
    later = delay + 1
    if later < len(market):
        market[later:] = row_mean(next_return)[:-later]
    return market
