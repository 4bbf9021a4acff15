"""The whole history of a source again, from its answers in the lake: nothing is fetched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from lode.collect.answers import kept_answer
from lode.collect.http import load_raw
from lode.collect.report import Report
from lode.collect.source import Answered, Kept, Parsed, Request, Source
from lode.collect.storing import BATCH, BatchWriter
from lode.errors import CollectError
from lode.lake import Lake
from lode.log import progress
from lode.warehouse import Warehouse
from lode.warehouse.stores.collections import read_collections
from lode.warehouse.stores.imports import Watermark


def reparse(
    source: Source[Parsed], *, subjects: Sequence[str] | None = None, warehouse: Warehouse, lake: Lake
) -> Report:
    """Parse and store the whole history in the lake again, oldest collection first; nothing is fetched.

    Into an empty warehouse it gives the rows of the original collections. Rows that are there already stay.
    Answers that cannot be read are left out, as they were when they came, and counted in a note.
    """
    kept = _kept_answers(source, lake, subjects)
    report = Report(source=source.name, subjects=len({entry.subject for entry in kept}))
    there = read_collections(warehouse, source=source.name, subjects=subjects)
    recorded = frozenset(there.select("subject", "collected_at").iter_rows())
    writer = BatchWriter(source, warehouse, lambda: datetime.now(UTC), report, recorded)
    marks: dict[str, Watermark] = {}
    unreadable = 0
    with progress(f"reparse {source.name}", len(kept)) as bar:
        for group in _collections(kept):
            batch = []
            for subject, entries in group.items():
                answers = [answer for entry in entries if (answer := _parsed_again(source, lake, entry)) is not None]
                unreadable += len(entries) - len(answers)
                if answers:
                    batch.append(Answered(subject, tuple(answers), marks.get(subject)))
            marks |= writer.write(batch)
            bar.advance(sum(map(len, group.values())), f"{report.rows:,} rows")
    if unreadable:
        report.notes.append(f"{unreadable} answers in the lake cannot be read; they were left out")
    return writer.finished()


@dataclass(frozen=True)
class _Entry:
    """One answer in the lake: whose it is, the collection that brought it, when, and where."""

    collection: str
    subject: str
    fetched: datetime
    key: str


def _kept_answers(source: Source[Parsed], lake: Lake, subjects: Sequence[str] | None) -> list[_Entry]:
    """Every answer of the source, in the order of collections and of fetching."""
    entries = []
    for key in lake.list(f"raw/{source.name}"):
        if key.endswith(".json.zst"):
            record = load_raw(lake, key, body=False)
            subject = record.about.get("subject", "")
            if subject and (subjects is None or subject in subjects):
                began = record.about.get("collection", record.fetched.isoformat())
                entries.append(_Entry(began, subject, record.fetched, key))
    return sorted(entries, key=lambda entry: (entry.collection, entry.fetched, entry.key))


def _collections(entries: Sequence[_Entry]) -> Iterable[dict[str, list[_Entry]]]:
    """Group answers by collection and subject; up to BATCH subjects of a collection at once."""
    by_collection: dict[str, dict[str, list[_Entry]]] = {}
    for entry in entries:
        by_collection.setdefault(entry.collection, {}).setdefault(entry.subject, []).append(entry)
    for subjects in by_collection.values():
        names = list(subjects)
        for start in range(0, len(names), BATCH):
            yield {name: subjects[name] for name in names[start : start + BATCH]}


def _parsed_again(source: Source[Parsed], lake: Lake, entry: _Entry) -> Kept[Parsed] | None:
    record = load_raw(lake, entry.key)
    folder = entry.key.rsplit("/fetched=", maxsplit=1)[0]
    request = Request(entry.subject, record.url, folder, record.about)
    try:
        return kept_answer(request, entry.key, record, source.parse(record))
    except CollectError:
        return None
