"""What `lode doctor` says of the stored data: freshness, findings, quarantine, the last collections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
import polars as pl

from lode.calendar import DEFAULT_EXCHANGE, last_closed_session, sessions
from lode.collect.checks import run_checks
from lode.collect.exchanges import by_exchange, exchanges_of
from lode.errors import DataError, LodeError, UsageError
from lode.settings import Settings
from lode.warehouse import Warehouse, open_warehouse
from lode.warehouse.stores.bars import list_instruments
from lode.warehouse.stores.condition import read_failures, read_outcomes, read_reach, read_refusals
from lode.warehouse.stores.findings import count_findings

_OK = "ok"
BEHIND = 2  # sessions: the latest one may not be collected yet
_SHOWN = 3
_SHOWN_BY = "lode app lists them on its page Data"


def diagnose_data(settings: Settings, now: datetime) -> list[dict[str, str]]:
    """Look at what is stored: reach, findings, quarantine and the last collections of every source."""
    try:
        with open_warehouse(settings) as warehouse:
            reach = read_reach(warehouse)
            return [
                *(_reach(row, now, _ends(warehouse, row["source"])) for row in reach.iter_rows(named=True)),
                *_checked(warehouse, reach["source"].to_list(), now),
                *_refused(read_refusals(warehouse)),
                *_collected(read_outcomes(warehouse), read_failures(warehouse)),
            ]
    except LodeError:
        return []  # what is wrong with the warehouse is said by its own check


def _ends(warehouse: Warehouse, source: str) -> dict[str, date]:
    """Last session of a source's bars by exchange."""
    names = list_instruments(warehouse, source=source)
    exchanges = exchanges_of(warehouse, source, names["instrument"].to_list())
    return {exchange: max(part["last_session"].to_list()) for exchange, part in by_exchange(names, exchanges)}


def _reach(row: dict[str, Any], now: datetime, ends: Mapping[str, date]) -> dict[str, str]:
    """How far a source is, where it is furthest behind. An imported file may end long ago; a collected one is late."""
    try:
        counts = {exchange: sessions_behind(last, now, exchange) for exchange, last in ends.items()}
    except DataError as error:  # of a calendar that does not reach the present
        return {"part": f"source {row['source']}", "state": "unknown", "detail": str(error), "next": ""}
    worst = max(sorted(counts), key=lambda exchange: counts[exchange])
    behind, where = counts[worst], f" of {worst}" if len(counts) > 1 else ""
    late = row["collected"] and behind >= BEHIND
    detail = (
        f"{row['names']:,} names up to {ends[worst]}, {behind:,} sessions{where} behind, "
        f"{row['quarantined']:,} rows in quarantine"
    )
    step = "lode collect market --universe U, or lode update" if late else ""
    return {"part": f"source {row['source']}", "state": "behind" if late else _OK, "detail": detail, "next": step}


def sessions_behind(last: date, now: datetime, exchange: str = DEFAULT_EXCHANGE) -> int:
    """Count the sessions of an exchange that have closed since `last`."""
    closed = last_closed_session(exchange, now)
    return max(0, len(sessions(exchange, last, closed)) - 1) if np.datetime64(last) < closed else 0


def _checked(warehouse: Warehouse, sources: Sequence[str], now: datetime) -> list[dict[str, str]]:
    """Check every source's bars again, and count what is open by rule and severity."""
    try:
        for source in sources:
            run_checks(warehouse, source=source, at=now)
    except UsageError as error:
        return [
            {"part": "checks", "state": "absent", "detail": str(error), "next": "pip install 'lode-factors[collect]'"}
        ]
    found = count_findings(warehouse)
    if found.is_empty():
        return [{"part": "checks", "state": _OK, "detail": f"nothing found in {len(sources)} sources", "next": ""}]
    return [
        {
            "part": f"findings {row['source']}",
            "state": row["severity"],
            "detail": f"{row['rule']}: {row['count']:,} in {row['instruments']:,} names",
            "next": _SHOWN_BY,
        }
        for row in found.iter_rows(named=True)
    ]


def _refused(refusals: pl.DataFrame) -> list[dict[str, str]]:
    return [
        {
            "part": f"quarantine {row['source']}",
            "state": "refused",
            "detail": f"{row['reason']}: {row['rows']:,} rows of {row['symbols']:,} symbols",
            "next": _SHOWN_BY,
        }
        for row in refusals.iter_rows(named=True)
    ]


def _collected(outcomes: pl.DataFrame, failures: pl.DataFrame) -> list[dict[str, str]]:
    """What the last collections came to, a source a line, with the first failures."""
    lines = []
    for (name,), group in outcomes.group_by("source", maintain_order=True):
        source, latest = str(name), max(group["collected_at"].to_list())
        counts = ", ".join(f"{row['subjects']:,} {row['outcome']}" for row in group.iter_rows(named=True))
        failed = failures.filter(pl.col("source") == source)
        some = "; ".join(f"{row['subject']}: {row['message']}" for row in failed.head(_SHOWN).iter_rows(named=True))
        more = f" and {failed.height - _SHOWN} more" if failed.height > _SHOWN else ""
        lines.append(
            {
                "part": f"collection {source}",
                "state": "failed" if failed.height else _OK,
                "detail": f"{counts}, last at {latest:%Y-%m-%d %H:%M} UTC"
                + (f"; {some}{more}" if failed.height else ""),
                "next": "run the same `lode collect` again: it asks for what is missing" if failed.height else "",
            }
        )
    return lines
