"""A sheet as JSON: the object of `lode evaluate --json`."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from lode.evaluation.market_factors import FactorRegression
from lode.evaluation.newey_west import NeweyWest
from lode.evaluation.report.model import Sheet


def told(sheet: Sheet) -> dict[str, Any]:
    """Return a sheet as JSON; what is undefined is None."""
    identity, days = sheet.identity, sheet.daily.sessions
    content = {
        "expression": identity.expression,
        "canonical": identity.canonical,
        "id": identity.id,
        "lookback": identity.lookback,
        "unit": identity.unit,
        "fields": list(identity.fields),
        "options": sheet.options.to_dict(),
        "source": sheet.source,
        "snapshot": sheet.snapshot or None,
        "sessions": sheet.sessions,
        "names": sheet.names,
        "first_session": str(days[0]) if len(days) else None,
        "last_session": str(days[-1]) if len(days) else None,
        "coverage": sheet.coverage,
        "horizons": {str(horizon): _horizon(sheet, horizon) for horizon in sheet.horizons},
        "quantiles": _quantiles(sheet),
        "turnover": sheet.turnover,
        "rank_autocorrelation": sheet.rank_autocorrelation,
        "half_life_sessions": sheet.half_life_sessions,
        "portfolio": sheet.portfolio.to_dict(),
        "exposures": dict(sheet.exposures),
        "neutral_rank_ic": sheet.neutral_rank_ic,
        "fama_macbeth": {"slope": sheet.fama_macbeth.mean, "t": sheet.fama_macbeth.t},
        "books": {name: figures.to_dict() for name, figures in sheet.books.items()},
        "costs": sheet.costs.to_dict(),
        "gates": [gate.to_dict() for gate in sheet.gates],
        "years": [year.to_dict() for year in sheet.years],
        "per_name": _per_name(sheet),
        "market_factors": _market_factors(sheet.market_factors),
        "library": [each.to_dict() for each in sheet.library],
        "pool": [each.to_dict() for each in sheet.pool],
        "verdicts": dict(sheet.verdicts),
        "leak_check": sheet.leak_check,
    }
    defined: dict[str, Any] = _defined(content)
    return defined


def _horizon(sheet: Sheet, horizon: int) -> dict[str, Any]:
    ic, rank_ic = sheet.horizons[horizon]
    return {
        "ic": ic.mean,
        "ic_t_nw": ic.t_nw,
        "rank_ic": rank_ic.mean,
        "icir": rank_ic.icir,
        "t_nw": rank_ic.t_nw,
        "interval": list(rank_ic.test.interval()),
        "sessions": rank_ic.n,
        **_spread(sheet.spreads[horizon], "spread"),
        "spread_t_hh": sheet.overlapping[horizon].t,
        "mean_return": list(sheet.mean_returns[horizon]),
    }


def _quantiles(sheet: Sheet) -> dict[str, Any]:
    return {
        "count": sheet.options.quantiles,
        "weighting": sheet.options.weighting,
        "mean_return": list(sheet.quantiles.mean_returns),
        **_spread(sheet.quantiles.spread, "spread"),
        **_spread(sheet.net_spread, "net_spread"),
    }


def _spread(test: NeweyWest, name: str) -> dict[str, Any]:
    return {name: test.mean, f"{name}_t_nw": test.t, f"{name}_interval": list(test.interval())}


def _per_name(sheet: Sheet) -> dict[str, Any]:
    return {
        "mean_beta": sheet.per_name.mean_beta,
        "share_significant": sheet.per_name.share_significant(),
        "names": list(sheet.per_name.rows()),
    }


def _market_factors(found: FactorRegression | None) -> dict[str, Any] | None:
    return None if found is None else {**asdict(found), "interval": list(found.interval)}


def _defined(content: Any) -> Any:  # noqa: ANN401  any JSON value
    """Return the same JSON value with None for numbers that are not finite."""
    if isinstance(content, dict):
        return {key: _defined(value) for key, value in content.items()}
    if isinstance(content, list):
        return [_defined(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content
