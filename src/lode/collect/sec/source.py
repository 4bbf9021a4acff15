"""EDGAR as a source: a company is asked for its submissions, its facts, and the documents that it filed.

submissions ──▶ older files ──▶ documents (10-K, 10-Q, 8-K, 20-F, 40-F, DEF 14A and amendments)
companyfacts
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from lode.collect.http import RawRecord
from lode.collect.sec.client import SOURCE
from lode.collect.sec.companyfacts import no_facts, parse_facts
from lode.collect.sec.documents import document_requests, parse_document
from lode.collect.sec.storing import Answer, Writer
from lode.collect.sec.submissions import Submissions, parse_older, parse_submissions
from lode.collect.source import Kept, Request, Stored
from lode.collect.tone import Tone
from lode.errors import CollectError, UnknownSymbolError
from lode.settings import Settings
from lode.warehouse.stores.imports import Watermark

FIRST_FACTS = date(2009, 1, 1)  # XBRL began in 2009; acceptance times are needed from there on


class Client(Protocol):
    """What fetches."""

    def get(self, url: str, about: Mapping[str, str] | None = None) -> RawRecord: ...


@dataclass(frozen=True)
class Wanted:
    """What a collection is to bring.

    since, until: filing dates of the documents; what was filed by `settled` changes no more. symbols: by subject (the
    CIK's ten digits). measured: accessions whose text is measured already, by CIK. quiet: until which day the daily
    index shows that a subject filed nothing new; it is not asked again. collected: from which day on the documents of
    a CIK are collected.
    """

    since: date
    until: date
    settled: date = date.max
    symbols: Mapping[str, Sequence[str]] = field(default_factory=dict)
    measured: Mapping[int, frozenset[str]] = field(default_factory=dict)
    quiet: Mapping[str, date] = field(default_factory=dict)
    collected: Mapping[int, date] = field(default_factory=dict)
    documents: bool = True


class SecSource:
    """See `lode.collect.source.Source`. The subject is a CIK in ten digits."""

    name = SOURCE

    def __init__(self, client: Client | None, settings: Settings, wanted: Wanted, tone: Tone, writer: Writer) -> None:
        self._client, self._wanted, self._tone, self._writer = client, wanted, tone, writer
        self._data, self._archives = settings.sec_data_url.rstrip("/"), settings.sec_archives_url.rstrip("/")

    def plan(self, subject: str, mark: Watermark | None) -> Sequence[Request]:
        """Submissions and facts; nothing where the daily index shows that nothing is new."""
        if mark is not None and subject in self._wanted.quiet:
            return []
        symbols = ",".join(self._wanted.symbols.get(subject, ()))
        about = {
            "kind": "submissions",
            "symbols": symbols,
            "since": self._wanted.since.isoformat(),
            "until": self._wanted.until.isoformat(),
            "documents": "yes" if self._wanted.documents else "no",
        }
        return [
            self._request(subject, "submissions", f"submissions/CIK{subject}.json", about),
            self._request(subject, "companyfacts", f"api/xbrl/companyfacts/CIK{subject}.json", {"kind": "facts"}),
        ]

    def fetch(self, request: Request) -> RawRecord:
        """Ask EDGAR once."""
        if self._client is None:
            raise CollectError(f"nothing is fetched while the lake is read again, and {request.url} is not in it")
        return self._client.get(request.url, request.about)

    def parse(self, record: RawRecord) -> Answer:
        """Read an answer by its kind. A company without submissions is unknown; one without facts has none."""
        kind, subject = record.about["kind"], record.about.get("subject", "0")
        if kind == "document":
            return parse_document(record, self._tone)
        if record.status == 404:
            if kind == "facts":
                return no_facts(int(subject))
            if kind == "older":
                raise CollectError(f"the SEC names {record.url} as a file of older filings, but it is not there")
            raise UnknownSymbolError(f"the SEC has no company with CIK {subject} ({record.url} is not there)")
        if kind == "facts":
            return parse_facts(record)
        return parse_submissions(record) if kind == "submissions" else parse_older(record, int(subject))

    def follow(self, parsed: Answer) -> Sequence[Request]:
        """Older files that reach into the range, and the documents that are not measured yet."""
        if not isinstance(parsed, Submissions):
            return []
        subject, wanted = f"{parsed.cik:010d}", self._wanted
        known = wanted.collected.get(parsed.cik)
        reach = min(wanted.since, FIRST_FACTS)
        older = [
            self._request(subject, "older", f"submissions/{file.name}", {"kind": "older"})
            for file in parsed.older
            if file.last >= reach and (known is None or (wanted.documents and known > wanted.since))
        ]
        if not wanted.documents:
            return older
        done = wanted.measured.get(parsed.cik, frozenset())
        return [
            *older,
            *document_requests(
                parsed.filings,
                base=self._archives,
                cik=parsed.cik,
                since=wanted.since,
                until=wanted.until,
                settled=wanted.settled,
                done=done,
            ),
        ]

    def store(self, subject: str, answers: Sequence[Kept[Answer]], mark: Watermark | None) -> Stored:
        """Write filings, facts, texts and what the company is; the watermark is the day before the asking."""
        if not answers and mark is not None:
            return Stored(outcome="unchanged", mark=_moved(mark, self._wanted.quiet.get(subject, mark.collected_to)))
        return self._writer.store(subject, answers, mark)

    def _request(self, subject: str, kind: str, path: str, about: Mapping[str, str]) -> Request:
        return Request(subject, f"{self._data}/{path}", f"raw/{SOURCE}/{kind}/cik={subject}", about)


def _moved(mark: Watermark, day: date) -> Watermark:
    return Watermark(
        mark.source, mark.symbol, mark.collected_from, max(day, mark.collected_to), mark.lake_key, mark.updated_at
    )
