"""What a source outside is: `plan` says what to ask, `fetch` asks, `parse` reads, `store` writes the rows.

A source knows one place. How often it is asked again, what is kept raw, what is reported and when a watermark moves is
the same for all of them (ingest.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Generic, Literal, Protocol, TypeVar, runtime_checkable

from lode.collect.http import RawRecord
from lode.errors import CollectError
from lode.warehouse.stores.imports import Watermark

Parsed = TypeVar("Parsed")
Outcome = Literal["collected", "unchanged", "empty", "failed"]


@dataclass(frozen=True)
class Request:
    """One thing to ask.

    subject: what the watermark belongs to: a symbol, a CIK.
    url: without secrets; it is kept beside the answer.
    folder: where in the lake the answer goes, `raw/<source>/<kind>/<subject>=…`.
    about: what parsing and storing need beside the bytes (a kind, a range); kept beside the answer, so that it can be
        parsed again. Ingest adds `subject` and `collection`, the time at which the collection began.
    once: the answer never changes (a filed document): what the lake holds already is taken instead of asking. Its
        folder is its own.
    """

    subject: str
    url: str
    folder: str
    about: Mapping[str, str] = field(default_factory=dict)
    once: bool = False


@dataclass(frozen=True)
class Kept(Generic[Parsed]):
    """One answer that is in the lake under `key`, and what it says. `fetched` is UTC."""

    request: Request
    key: str
    fetched: datetime
    sha256: str
    parsed: Parsed


@dataclass(frozen=True)
class Answered(Generic[Parsed]):
    """All answers about one subject, in the order of their fetching, or the error that ended the asking."""

    subject: str
    answers: tuple[Kept[Parsed], ...]
    mark: Watermark | None
    error: CollectError | None = None


@dataclass(frozen=True)
class Stored:
    """What the answers about one subject became. rows: appended ones; refused: quarantined rows by reason.

    mark: the watermark to move to once the rows are in the warehouse, None to leave it; behind: the last session that
    came where a later one was asked for; notes: what a person should read, each one line.
    """

    rows: int = 0
    outcome: Outcome = "collected"
    refused: Mapping[str, int] = field(default_factory=dict)
    mark: Watermark | None = None
    first: date | None = None
    last: date | None = None
    behind: date | None = None
    notes: tuple[str, ...] = ()


class Source(Protocol[Parsed]):
    """One place that data come from. `fetch` and `parse` run in threads; `store` in the thread of the warehouse."""

    name: str

    def plan(self, subject: str, mark: Watermark | None) -> Sequence[Request]:
        """What to ask about a subject that is collected as far as `mark`."""
        ...

    def fetch(self, request: Request) -> RawRecord:
        """Ask once. Raises a CollectError: ThrottledError and SourceUnavailableError are asked again."""
        ...

    def parse(self, record: RawRecord) -> Parsed:
        """Read an answer: pure, from the record alone. Raises a CollectError."""
        ...

    def follow(self, parsed: Parsed) -> Sequence[Request]:
        """What else an answer says to ask for: older files, documents."""
        ...

    def store(self, subject: str, answers: Sequence[Kept[Parsed]], mark: Watermark | None) -> Stored:
        """Write the rows of a subject's answers, in the order of their fetching; repeating it changes nothing."""
        ...


@runtime_checkable
class BatchSource(Source[Parsed], Protocol[Parsed]):
    """A source that writes several subjects at once, where an insert each would take longer than asking."""

    def store_batch(self, batch: Sequence[Answered[Parsed]]) -> Sequence[Stored | CollectError]:
        """Write the rows of several subjects: what became of each, in their order. See `Source.store`."""
        ...
