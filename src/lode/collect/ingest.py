"""What is the same for every source: ask, keep raw, parse, store, and only then move the watermark.

    plan → fetch (again after throttling and failures) → lake → parse → follow …    in threads, a subject each
    store → watermarks → outcomes                                                   in the caller's thread

A subject that fails leaves the others alone, and the report says why. Everything may be repeated to the same effect:
a process that is killed between any two steps goes on with the next collection, nothing lost, nothing twice. What is
under way at once is bounded, and bytes are dropped once they are parsed, so that memory does not grow with the
number of subjects. `reparse` takes the answers from the lake instead of asking for them.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Generic

from lode.collect.http import OddAnswerError, RawRecord, keep_raw, load_raw, with_retries
from lode.collect.source import Answered, BatchSource, Kept, Parsed, Request, Source, Stored
from lode.errors import CollectError, ThrottledError, UnknownSymbolError
from lode.lake import Lake
from lode.log import progress
from lode.warehouse import Warehouse
from lode.warehouse.stores.collections import Collection, read_collections, record_collections
from lode.warehouse.stores.imports import Watermark, insert_watermarks, read_watermarks

BATCH = 32  # subjects that are stored together, and that may wait for it
ATTEMPTS = 5
ODD_ATTEMPTS = 4  # with one odd answer in twenty, one symbol in 160,000 fails of it


@dataclass
class Report:
    """What a collection did.

    subjects, requests: how many there were, and how many answers came. rows: appended ones, by subject in `collected`.
    unchanged: subjects without news; empty: subjects of which the source has nothing; refused: quarantined rows by
    reason. failed: reason by subject, beginning with the error's name; `unknown` are those of them that the source
    does not know. throttled: how often the source asked for fewer requests. behind: the last session that came, of
    subjects that lack a later one that was asked for. notes: what a person should read.
    """

    source: str = ""
    subjects: int = 0
    rows: int = 0
    requests: int = 0
    collected: dict[str, int] = field(default_factory=dict)
    unchanged: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    behind: dict[str, date] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    throttled: int = 0
    first: date | None = None
    last: date | None = None

    @property
    def failures(self) -> int:
        """How many subjects failed; any makes the exit code 1."""
        return len(self.failed)


def ingest(
    source: Source[Parsed],
    subjects: Sequence[str],
    *,
    warehouse: Warehouse,
    lake: Lake,
    now: Callable[[], datetime],
    concurrency: int,
    attempts: int = ATTEMPTS,
    label: str = "collect",
) -> Report:
    """Collect `subjects` from `source`, as many at once as `concurrency`; each request up to `attempts` times.

    A CollectError of a subject is in the report; what stops everything (the lake or the warehouse refuses) is raised.
    """
    wanted = list(dict.fromkeys(subjects))
    marks = read_watermarks(warehouse, source=source.name)
    report = Report(source=source.name, subjects=len(wanted))
    asker = _Asker(source, lake, attempts, now().isoformat())
    writer = _Writer(source, warehouse, now, report)
    with ThreadPoolExecutor(concurrency, source.name) as pool, progress(label, len(wanted)) as bar:
        for batch in _finished(pool, asker, wanted, marks, concurrency + BATCH):
            writer.write(batch)
            report.throttled = asker.throttled
            throttled = f", throttled {report.throttled} times" if report.throttled else ""
            bar.advance(len(batch), f"{report.rows:,} rows, {report.failures} failed{throttled}")
    return writer.finished()


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
    writer = _Writer(source, warehouse, lambda: datetime.now(UTC), report, recorded)
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


class _Asker(Generic[Parsed]):
    """Asks all that there is to ask about a subject. Shared by threads."""

    def __init__(self, source: Source[Parsed], lake: Lake, attempts: int, began: str) -> None:
        self._source, self._lake, self._attempts, self._began = source, lake, attempts, began
        self._lock, self.throttled = threading.Lock(), 0

    def gather(self, subject: str, mark: Watermark | None) -> Answered[Parsed]:
        answers: list[Kept[Parsed]] = []
        try:
            waiting = deque(self._source.plan(subject, mark))
            planned = {request.url for request in waiting}
            while waiting:
                answers.append(self._answer(waiting.popleft()))
                more = [r for r in self._source.follow(answers[-1].parsed) if r.url not in planned]
                planned.update(request.url for request in more)
                waiting.extend(more)
        except CollectError as error:
            return Answered(subject, tuple(answers), mark, error)
        return Answered(subject, tuple(answers), mark)

    def _answer(self, request: Request) -> Kept[Parsed]:
        earlier = self._from_lake(request) if request.once else None
        if earlier:
            return earlier
        for _ in range(ODD_ATTEMPTS - 1):
            with suppress(OddAnswerError):
                return with_retries(lambda: self._ask(request), attempts=self._attempts)
        return with_retries(lambda: self._ask(request), attempts=self._attempts)

    def _ask(self, request: Request) -> Kept[Parsed]:
        """Fetch, keep, then parse; an answer that is unreadable counts as a failure of the source."""
        try:
            came = self._source.fetch(request)
        except ThrottledError:
            with self._lock:
                self.throttled += 1
            raise
        about = {**request.about, "subject": request.subject, "collection": self._began, **came.about}
        record = replace(came, about=about)
        return _kept(request, keep_raw(self._lake, request.folder, record), record, self._source.parse(record))

    def _from_lake(self, request: Request) -> Kept[Parsed] | None:
        """Return the newest readable answer to this very request."""
        for key in reversed([k for k in self._lake.list(request.folder) if k.endswith(".json.zst")]):
            record = load_raw(self._lake, key)
            if record.url == request.url:
                with suppress(CollectError):
                    return _kept(request, key, record, self._source.parse(record))
        return None


def _kept(request: Request, key: str, record: RawRecord, parsed: Parsed) -> Kept[Parsed]:
    return Kept(request, key, record.fetched, record.sha256, parsed)


def _finished(
    pool: ThreadPoolExecutor, asker: _Asker[Parsed], subjects: Sequence[str], marks: dict[str, Watermark], window: int
) -> Iterable[list[Answered[Parsed]]]:
    """Yield what is answered, up to BATCH subjects at once; at most `window` of them are under way or waiting."""
    ahead = deque(subjects)
    under_way: set[Future[Answered[Parsed]]] = set()
    try:
        while ahead or under_way:
            while ahead and len(under_way) < window:
                subject = ahead.popleft()
                under_way.add(pool.submit(asker.gather, subject, marks.get(subject)))
            done = list(wait(under_way, return_when=FIRST_COMPLETED).done)[:BATCH]
            under_way.difference_update(done)
            yield [future.result() for future in done]
    finally:
        for future in under_way:
            future.cancel()


class _Writer(Generic[Parsed]):
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
        return _kept(request, entry.key, record, source.parse(record))
    except CollectError:
        return None
