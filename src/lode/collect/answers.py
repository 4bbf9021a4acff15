"""All that a source answers of one subject: asked for, kept raw, parsed, and what it points at asked for as well."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import suppress
from dataclasses import replace
from typing import Generic

from lode.collect.hosts import ConnectionRefusedByHostError, Hosts
from lode.collect.http import OddAnswerError, RawRecord, keep_raw, load_raw, with_retries
from lode.collect.source import Answered, Kept, Parsed, Request, Source
from lode.errors import CollectError, ThrottledError
from lode.lake import Lake
from lode.warehouse.stores.imports import Watermark

ATTEMPTS = 5
ODD_ATTEMPTS = 4  # with one odd answer in twenty, one symbol in 160,000 fails of it


class Gatherer(Generic[Parsed]):
    """Asks all that there is to ask about a subject. Shared by threads. began: the collection's name in the lake."""

    def __init__(self, source: Source[Parsed], lake: Lake, began: str) -> None:
        self._source, self._lake, self._began = source, lake, began
        self._lock, self.throttled = threading.Lock(), 0
        self.hosts = Hosts()

    def gather(self, subject: str, mark: Watermark | None) -> Answered[Parsed]:
        """Return the answers in the order in which they came, with the error that ended it, if one did."""
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
                return with_retries(lambda: self._ask(request), attempts=ATTEMPTS)
        return with_retries(lambda: self._ask(request), attempts=ATTEMPTS)

    def _ask(self, request: Request) -> Kept[Parsed]:
        """Fetch, keep, then parse; an answer that is unreadable counts as a failure of the source."""
        came = self._fetched(request)
        about = {**request.about, "subject": request.subject, "collection": self._began, **came.about}
        record = replace(came, about=about)
        return kept_answer(request, keep_raw(self._lake, request.folder, record), record, self._source.parse(record))

    def _fetched(self, request: Request) -> RawRecord:
        """Fetch once, unless a host is given up; count throttling and refused connections."""
        self.hosts.require_up()
        try:
            came = self._source.fetch(request)
        except ConnectionRefusedByHostError as error:
            self.hosts.refused(request.subject, error)
            raise
        except CollectError as error:
            self.hosts.lives(request.url)
            with self._lock:
                self.throttled += isinstance(error, ThrottledError)
            raise
        self.hosts.lives(request.url)
        return came

    def _from_lake(self, request: Request) -> Kept[Parsed] | None:
        """Return the newest readable answer to this very request."""
        for key in reversed([k for k in self._lake.list(request.folder) if k.endswith(".json.zst")]):
            record = load_raw(self._lake, key)
            if record.url == request.url:
                with suppress(CollectError):
                    return kept_answer(request, key, record, self._source.parse(record))
        return None


def kept_answer(request: Request, key: str, record: RawRecord, parsed: Parsed) -> Kept[Parsed]:
    """An answer that lies in the lake under `key`, and what was read of it."""
    return Kept(request, key, record.fetched, record.sha256, parsed)
