"""Bars that a collector of your own read: through the same rules, versions and quarantine as a file's."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import polars as pl

from lode.collect.own_files import import_body
from lode.collect.source import Kept, Outcome, Stored
from lode.lake import Lake
from lode.warehouse import Warehouse
from lode.warehouse.stores.imports import Watermark


def store_bars(
    bars: pl.DataFrame,
    answers: Sequence[Kept[Any]],
    *,
    source: str,
    mark: Watermark | None,
    warehouse: Warehouse,
    lake: Lake,
    adjusted: bool = False,
) -> Stored:
    """Append what is new in the bars that a subject's answers say, and move its watermark over them.

    bars: the columns of a bars file (symbol, date, close, …). A bar that was never seen is known from its
    knowledge_time, or without one from its session's close; one that changed from the last answer's fetch. Rows that
    break a rule go to the quarantine. Storing the same again appends nothing. No bars: the outcome is *empty*.
    """
    if bars.is_empty() or not answers:
        return Stored(outcome="empty" if answers else "unchanged")
    last, body = answers[-1], io.BytesIO()
    bars.write_parquet(body)
    report = import_body(
        body.getvalue(),
        label=last.key,
        source=source,
        adjusted=adjusted,
        warehouse=warehouse,
        lake=lake,
        now=last.fetched,
    )
    rows, mark_to = report.fresh + report.changed, None
    if report.first and report.last:
        since = min(report.first, mark.collected_from) if mark else report.first
        until = max(report.last, mark.collected_to) if mark else report.last
        mark_to = Watermark(source, last.request.subject, since, until, last.key, last.fetched)
    outcome: Outcome = "collected" if rows else "unchanged"
    return Stored(rows, outcome, report.quarantined, mark_to, report.first, report.last)
