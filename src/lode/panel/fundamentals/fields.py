"""Fundamental fields of a panel: items, the latest quarters, market capitalisation and ratios, each with its age."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lode.panel.events import knowledge_time_column
from lode.panel.fundamentals.concepts import ITEMS, Item
from lode.panel.fundamentals.grid import Axis, Doubles, Floats, Grid, fits, lay
from lode.panel.fundamentals.periods import quarter
from lode.panel.fundamentals.ratios import ALIKE_DAYS, MARKET_CAP, PRIOR, RATIOS, Ratio
from lode.panel.fundamentals.splits import split_schedules
from lode.panel.fundamentals.steps import REACH_DAYS, Measure, histories, measure_of, statements

Timing = Literal["recorded", "assumed"]
AGE = "_age"
FUNDAMENTAL_FIELDS: tuple[str, ...] = (
    *(item.name for item in ITEMS),
    *(f"{item.name}_quarter" for item in ITEMS if item.quarter),
    MARKET_CAP,
    *(ratio.name for ratio in RATIOS),
)


@dataclass
class Built:
    """Fields (T, N) float32 and how far their timing is known."""

    fields: dict[str, Floats] = field(default_factory=dict)
    knowledge: dict[str, Timing] = field(default_factory=dict)

    def add(self, name: str, values: Floats | Doubles, age: Floats, timing: Timing) -> None:
        """Keep a field and its age."""
        self.fields |= {name: values.astype(np.float32, copy=False), name + AGE: age}
        self.knowledge |= {name: timing, name + AGE: timing}


def fundamental_fields(
    facts: pl.DataFrame,
    actions: pl.DataFrame,
    axis: Axis,
    *,
    raw_close: Floats | None,
    currencies: Mapping[str, str] | None = None,
    price_timing: Timing = "recorded",
) -> Built:
    """Every field that has a value somewhere.

    facts: see `statements`. actions: corporate actions as known, for share counts. raw_close: (T, N) as traded, None
    for a source of adjusted prices: it has no field that needs a price, nor one that compares share counts.
    """
    rows, built, grids = statements(_within_reach(facts, axis), currencies), Built(), dict[str, Grid]()
    splits = split_schedules(actions)
    for name, item, measure in measured():
        grid = lay(histories(rows, item, splits, measure), axis, prior=item.prior)
        if grid is not None:
            grids[name] = grid
            built.add(name, grid.value, grid.age, _timing(rows, item))
    if raw_close is not None and "shares_outstanding" in grids:
        _add_market_cap(built, grids, raw_close, price_timing)
    for ratio in RATIOS:
        if raw_close is not None or not ratio.priced:
            _add_ratio(built, grids, ratio)
    return built


def _within_reach(facts: pl.DataFrame, axis: Axis) -> pl.DataFrame:
    """Facts of the axis' names that may be in a value of one of its sessions."""
    earliest = axis.sessions[0] - np.timedelta64(REACH_DAYS, "D")
    return facts.with_columns(knowledge_time_column(facts)).filter(
        (pl.col("period_end") >= earliest.item())
        & (pl.col("knowledge_time") <= pl.lit(axis.closes[-1]))
        & pl.col("instrument").is_in(axis.names)
    )


def measured() -> Iterator[tuple[str, Item, Measure]]:
    """Each field that is read off the statements: its name, its item, and what makes a value of a period."""
    for item in ITEMS:
        yield item.name, item, measure_of(item)
        if item.quarter:
            yield f"{item.name}_quarter", item, quarter


def _timing(rows: pl.DataFrame, item: Item) -> Timing:
    """Return "assumed" where the acceptance of a filing in it is not known."""
    own = rows.filter(pl.col("concept").cast(pl.String).is_in(item.concepts))
    return "recorded" if "accepted" in rows.columns and not own["accepted"].has_nulls() else "assumed"


def _add_market_cap(built: Built, grids: dict[str, Grid], raw_close: Floats, price_timing: Timing) -> None:
    shares = grids["shares_outstanding"]
    value = raw_close.astype(np.float64) * shares.value
    value[~fits(value)] = np.nan
    if not np.isfinite(value).any():
        return
    age = np.where(np.isfinite(value), shares.age, np.float32(np.nan))
    grids[MARKET_CAP] = Grid(value, shares.period_end, age, None)
    timings: set[Timing] = {built.knowledge["shares_outstanding"], price_timing}
    built.add(MARKET_CAP, value, age, "assumed" if "assumed" in timings else "recorded")


def _add_ratio(built: Built, grids: dict[str, Grid], ratio: Ratio) -> None:
    named = [part.removesuffix(PRIOR) for part in ratio.parts]
    if any(name not in grids for name in named):
        return
    value = ratio.compute(*(_part(grids, part) for part in ratio.parts))
    dated = [grids[name].period_end for name in dict.fromkeys(named) if name != MARKET_CAP]
    value[~_alike(dated) | ~fits(value)] = np.nan
    if not np.isfinite(value).any():
        return
    age = np.minimum.reduce([grids[name].age for name in named])
    age[np.isnan(value)] = np.nan
    period = np.maximum.reduce(dated)
    grids[ratio.name] = Grid(value, period, age, None)
    timing: Timing = "assumed" if any(built.knowledge[name] == "assumed" for name in named) else "recorded"
    built.add(ratio.name, value, age, timing)


def _part(grids: dict[str, Grid], part: str) -> Doubles:
    grid = grids[part.removesuffix(PRIOR)]
    return grid.prior if part.endswith(PRIOR) and grid.prior is not None else grid.value


def _alike(periods: list[NDArray[np.int32]]) -> NDArray[np.bool_]:
    """Where the period ends lie close together."""
    return np.asarray(np.maximum.reduce(periods) - np.minimum.reduce(periods) <= ALIKE_DAYS)
