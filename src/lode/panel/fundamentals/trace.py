"""From a value back to the filings: which facts made it, and when each became known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

import numpy as np
import polars as pl

from lode.calendar import close_time
from lode.errors import NotFoundError, UsageError
from lode.panel.fundamentals.fields import AGE, measured
from lode.panel.fundamentals.grid import STALE_DAYS
from lode.panel.fundamentals.ratios import PRIOR, RATIOS
from lode.panel.fundamentals.splits import split_schedules
from lode.panel.fundamentals.steps import Step, histories, statements
from lode.panel.panel import Panel

_KEPT = ("concept", "unit", "value", "period_start", "period_end", "form", "accession", "filed", "accepted")
_MADE_OF = {"market_cap": ("shares_outstanding",), **{ratio.name: ratio.parts for ratio in RATIOS}}
_READ = {name: (item, measure) for name, item, measure in measured()}


def trace(
    panel: Panel,
    field: str,
    name: str,
    session: date,
    *,
    facts: pl.DataFrame | None,
    actions: pl.DataFrame,
    currencies: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Facts in the value of `field` for `name` at the close of `session`; no rows where there is none.

    facts, actions: what the panel was made of, of any names. Columns: item (the part of a ratio; with PRIOR at its end
    the value of a year before), sign, derived, known_value (of the item, on the split basis of the session), those of a
    fact, knowledge_time. Sum of sign * value: the item, but for splits. Raises NotFoundError for a name or session
    outside of the panel, UsageError for a field that is not made of facts.
    """
    items = list(dict.fromkeys(_items(field)))
    if name not in panel.names or np.datetime64(session, "D") not in panel.sessions:
        raise NotFoundError(
            f"no {name} on {session} in this panel; it has {len(panel.names)} names and the sessions "
            f"{panel.sessions[0]} to {panel.sessions[-1]}"
        )
    close = close_time(panel.meta.exchange, np.array([session], "datetime64[D]"))[0].astype(np.int64)
    given = _EMPTY if facts is None else facts.filter(pl.col("instrument") == name)
    rows = statements(given, currencies) if given.height else given.with_row_index("row")
    splits = split_schedules(actions)
    found = []
    for part in items:
        item, measure = _READ[part.removesuffix(PRIOR)]
        for _, steps in histories(rows, item, splits, measure):
            step = _step_at(steps, int(close), session)
            if step:
                found += list(_used(part, step))
    used = pl.DataFrame(found, schema=_USED, orient="row")
    kept = [column for column in (*_KEPT, "knowledge_time") if column in rows.columns]
    return used.join(rows.select(pl.col("row").cast(pl.Int64), *kept), on="row", maintain_order="left").drop("row")


_EMPTY = pl.DataFrame(
    schema={
        "instrument": pl.String,
        "concept": pl.String,
        "unit": pl.String,
        "period_start": pl.Date,
        "period_end": pl.Date,
        "value": pl.Float64,
        "accession": pl.String,
        "knowledge_time": pl.Datetime("us"),
    }
)
_USED = {"item": pl.String, "row": pl.Int64, "sign": pl.Int64, "derived": pl.Boolean, "known_value": pl.Float64}


def _items(field: str) -> Iterator[str]:
    """Items of a field, those of a year before with PRIOR at the end."""
    own = field.removesuffix(AGE)
    if own.removesuffix(PRIOR) in _READ:
        yield own
    elif own in _MADE_OF:
        for part in _MADE_OF[own]:
            yield from _items(part)
    else:
        raise UsageError(f"field {field!r} is not made of facts; those are {', '.join([*_READ, *_MADE_OF])}")


def _step_at(steps: list[Step], close: int, session: date) -> Step | None:
    """Step in force at a close, None where it is stale."""
    known = [step for step in steps if step.at <= close]
    day = int(np.datetime64(session, "D").astype(np.int64))
    return known[-1] if known and day - known[-1].period_end <= STALE_DAYS else None


def _used(part: str, step: Step) -> Iterator[tuple[str, int, int, bool, float]]:
    if part.endswith(PRIOR):
        if step.prior:
            facts, value = step.prior.facts, step.prior.value
            yield from ((part, row, sign, len(facts) > 1, value) for row, sign in facts)
    else:
        yield from ((part, row, sign, step.derived, step.value) for row, sign in step.facts)
