"""What the items of the statements were worth by what was known at one time: the values that a panel would take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import polars as pl

from lode.panel.events import knowledge_time_column
from lode.panel.fundamentals.fields import measured
from lode.panel.fundamentals.grid import STALE_DAYS
from lode.panel.fundamentals.splits import split_schedules
from lode.panel.fundamentals.steps import Step, histories, statements

_DAY_US = 86_400_000_000
SCHEMA: dict[str, pl.DataType] = {
    "instrument": pl.String(),
    "item": pl.String(),
    "value": pl.Float64(),
    "unit": pl.String(),
    "period_end": pl.Date(),
    "known_at": pl.Datetime("us", "UTC"),
    "facts": pl.Int64(),
    "form": pl.String(),
    "accession": pl.String(),
    "stale": pl.Boolean(),
}


def items_on_day(
    facts: pl.DataFrame, actions: pl.DataFrame, *, at: datetime, currencies: Mapping[str, str] | None = None
) -> pl.DataFrame:
    """Each item of each instrument as known at the time `at` (time zone required), in the order of the fields.

    facts: see `steps.statements`, form included. actions: corporate actions, for share counts. Columns of SCHEMA:
    value in its unit (money, shares, money a share; flows over the trailing year, `…_quarter` over the last quarter),
    known_at (of the newest fact in it), facts (how many it is made of), form and accession (of the newest), stale (its
    period ended so long before that a panel has no value). Items without a value have no row.
    """
    moment = at.astimezone(UTC).replace(tzinfo=None)
    early = [
        rows.with_columns(knowledge_time_column(rows)).filter(pl.col("knowledge_time") <= moment)
        for rows in (facts, actions)
    ]
    rows, splits = statements(early[0], currencies), split_schedules(early[1])
    told = rows.select("unit", "form", "accession").cast(pl.String).rows()
    found = [
        _row(instrument, name, step, told, moment)
        for name, item, measure in measured()
        for instrument, steps in histories(rows, item, splits, measure)
        for step in _last(steps, moment)
    ]
    return pl.DataFrame(found, schema=SCHEMA)


def _last(steps: list[Step], moment: datetime) -> Iterator[Step]:
    """Yield the step in force: a split that is known before its ex-date makes a later one."""
    limit = int(moment.replace(tzinfo=UTC).timestamp() * 1e6)
    yield from [step for step in steps if step.at <= limit][-1:]


def _row(instrument: str, name: str, step: Step, told: list[tuple[str, ...]], moment: datetime) -> dict[str, Any]:
    newest = max(row for row, _ in step.facts)
    unit, form, accession = told[newest]
    day = int(moment.replace(tzinfo=UTC).timestamp() * 1e6) // _DAY_US
    return {
        "instrument": instrument,
        "item": name,
        "value": step.value,
        "unit": unit,
        "period_end": step.period_end,
        "known_at": step.known,
        "facts": len(step.facts),
        "form": form,
        "accession": accession,
        "stale": day - step.period_end > STALE_DAYS,
    }
