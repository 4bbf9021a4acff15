"""What was answered becomes rows, then watermarks, then outcomes, in this order, and a line of the report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Generic

from lode.collect.report import Report
from lode.collect.source import Answered, BatchSource, Parsed, Source, Stored
from lode.errors import CollectError, UnknownSymbolError
from lode.warehouse import Warehouse
from lode.warehouse.stores.collections import Collection, record_collections
from lode.warehouse.stores.imports import Watermark, insert_watermarks

BATCH = 32  # subjects that are stored together, and that may wait for it


class BatchWriter(Generic[Parsed]):
    """Stores answers, moves watermarks, records outcomes (but for those `recorded` already), and keeps the report."""

    def __init__(
        self,
        source: Source[Parsed],
        warehouse: Warehouse,
        now: Callable[[], datetime],
        report: Report,
        recorded: frozenset[tuple[str, datetime]] = frozenset(),
    ) -> None:
        self._source, self._warehouse, self._now, self._report = source, warehouse, now, report
        self._recorded = recorded

    def write(self, batch: Sequence[Answered[Parsed]]) -> dict[str, Watermark]:
        """Write a batch, rows first; returns the watermarks that moved."""
        ready = [item for item in batch if item.error is None]
        results = dict(zip([item.subject for item in ready], self._stored(ready), strict=True))
        outcomes = [results.get(item.subject) or item.error for item in batch]
        moved = {i.subject: o.mark for i, o in zip(batch, outcomes, strict=True) if isinstance(o, Stored) and o.mark}
        insert_watermarks(self._warehouse, list(moved.values()))
        records = [self._collection(i, o) for i, o in zip(batch, outcomes, strict=True) if o is not None]
        fresh = [record for record in records if (record.subject, record.collected_at) not in self._recorded]
        record_collections(self._warehouse, fresh)
        for item, outcome in zip(batch, outcomes, strict=True):
            self._count(item, outcome)
        return moved

    def finished(self) -> Report:
        """The report, its lists sorted."""
        self._report.unchanged.sort()
        self._report.empty.sort()
        self._report.unknown.sort()
        return self._report

    def _stored(self, batch: Sequence[Answered[Parsed]]) -> Sequence[Stored | CollectError]:
        if not batch:
            return []
        if isinstance(self._source, BatchSource):
            return self._source.store_batch(batch)
        return [self._stored_alone(item) for item in batch]

    def _stored_alone(self, item: Answered[Parsed]) -> Stored | CollectError:
        try:
            return self._source.store(item.subject, item.answers, item.mark)
        except CollectError as error:
            return error

    def _collection(self, item: Answered[Parsed], outcome: Stored | CollectError) -> Collection:
        at = max((kept.fetched for kept in item.answers), default=None) or self._now()
        key = item.answers[-1].key if item.answers else ""
        record = Collection(self._source.name, item.subject, at, "failed", requests=len(item.answers), lake_key=key)
        if isinstance(outcome, CollectError):
            return replace(record, message=_reason(outcome))
        return replace(
            record,
            outcome=outcome.outcome,
            first_session=outcome.first,
            last_session=outcome.last,
            rows=outcome.rows,
        )

    def _count(self, item: Answered[Parsed], outcome: Stored | CollectError | None) -> None:
        report, subject = self._report, item.subject
        report.requests += len(item.answers)
        if isinstance(outcome, CollectError):
            report.failed[subject] = _reason(outcome)
            if isinstance(outcome, UnknownSymbolError):
                report.unknown.append(subject)
        elif outcome is not None:
            self._count_stored(subject, outcome)

    def _count_stored(self, subject: str, outcome: Stored) -> None:
        report = self._report
        report.rows += outcome.rows
        if outcome.rows:
            report.collected[subject] = report.collected.get(subject, 0) + outcome.rows
        elif outcome.outcome == "empty":
            report.empty.append(subject)
        else:
            report.unchanged.append(subject)
        for reason, count in outcome.refused.items():
            report.refused[reason] = report.refused.get(reason, 0) + count
        if outcome.behind:
            report.behind[subject] = outcome.behind
        report.notes += outcome.notes
        report.first = min(filter(None, (report.first, outcome.first)), default=None)
        report.last = max(filter(None, (report.last, outcome.last)), default=None)


def _reason(error: CollectError) -> str:
    return f"{type(error).__name__}: {error}"
