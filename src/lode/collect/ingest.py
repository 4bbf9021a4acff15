"""What is the same for every source: ask, keep raw, parse, store, and only then move the watermark.

    answers.py   plan → fetch (again after throttling and failures) → lake → parse → follow …, in threads, by subject
    storing.py   store → watermarks → outcomes, in the caller's thread

A subject that fails leaves the others alone, and the report says why. Everything may be repeated to the same effect:
a process that is killed between any two steps goes on with the next collection, nothing lost, nothing twice. What is
under way at once is bounded, and bytes are dropped once they are parsed, so that memory does not grow with the
number of subjects. reparse.py takes the answers from the lake instead of asking for them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime

from lode.collect.answers import Gatherer
from lode.collect.hosts import HostDownError
from lode.collect.report import Report
from lode.collect.source import Answered, Parsed, Source
from lode.collect.storing import BATCH, BatchWriter
from lode.lake import Lake
from lode.log import progress
from lode.warehouse import Warehouse
from lode.warehouse.stores.imports import Watermark, read_watermarks


def ingest(
    source: Source[Parsed],
    subjects: Sequence[str],
    *,
    warehouse: Warehouse,
    lake: Lake,
    now: Callable[[], datetime],
    concurrency: int,
    label: str = "collect",
) -> Report:
    """Collect `subjects` from `source`, as many at once as `concurrency`.

    A CollectError of a subject is in the report; what stops everything (the lake or the warehouse refuses) is raised.
    Where nothing listens at a host the collection ends, `stopped`: what came is stored, the rest counts as failed.
    """
    wanted = list(dict.fromkeys(subjects))
    marks = read_watermarks(warehouse, source=source.name)
    report = Report(source=source.name, subjects=len(wanted))
    gatherer = Gatherer(source, lake, now().isoformat())
    writer = BatchWriter(source, warehouse, now, report)
    answered: set[str] = set()
    with ThreadPoolExecutor(concurrency, source.name) as pool, progress(label, len(wanted)) as bar:
        for batch in _finished(pool, gatherer, wanted, marks, concurrency + BATCH):
            writer.write(batch)
            report.throttled = gatherer.throttled
            throttled = f", throttled {report.throttled} times" if report.throttled else ""
            bar.advance(len(batch), f"{report.rows:,} rows, {report.failures} failed{throttled}")
            answered.update(item.subject for item in batch)
    if gatherer.hosts.down is not None:
        _stop(report, gatherer.hosts.down, [subject for subject in wanted if subject not in answered])
    return writer.finished()


def _stop(report: Report, down: HostDownError, never_asked: Sequence[str]) -> None:
    """Put the end of a collection into its report."""
    report.failed |= dict.fromkeys(never_asked, f"{type(down).__name__}: not asked, {down}")
    came = report.subjects - report.failures
    report.stopped = (
        f"{down}. {came:,} of {report.subjects:,} subjects came before that and are stored; the same command goes on "
        "with the rest"
    )


def _finished(
    pool: ThreadPoolExecutor,
    gatherer: Gatherer[Parsed],
    subjects: Sequence[str],
    marks: dict[str, Watermark],
    window: int,
) -> Iterable[list[Answered[Parsed]]]:
    """Yield what is answered, up to BATCH subjects at once; at most `window` of them are under way or waiting."""
    ahead = deque(subjects)
    under_way: set[Future[Answered[Parsed]]] = set()
    try:
        while ahead or under_way:
            if gatherer.hosts.down is not None:
                ahead.clear()
            while ahead and len(under_way) < window:
                subject = ahead.popleft()
                under_way.add(pool.submit(gatherer.gather, subject, marks.get(subject)))
            done = list(wait(under_way, return_when=FIRST_COMPLETED).done)[:BATCH]
            under_way.difference_update(done)
            yield [future.result() for future in done]
    finally:
        for future in under_way:
            future.cancel()
