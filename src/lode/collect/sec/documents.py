"""Which filings' documents are collected, where they are, and what becomes of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from lode.collect.http import RawRecord
from lode.collect.sec.text import TextFeatures, measure
from lode.collect.source import Request
from lode.collect.tone import Tone

_ORIGINALS = ("10-K", "10-K405", "10-KT", "10-Q", "10-QT", "8-K", "20-F", "40-F", "DEF 14A")
FORMS = frozenset({*_ORIGINALS, *(f"{form}/A" for form in _ORIGINALS), "DEFR14A"})  # DEFR14A amends a DEF 14A


@dataclass(frozen=True)
class Document:
    """What a filed document says. features: None where it is not there (404)."""

    accession: str
    features: TextFeatures | None


def document_url(base: str, cik: int, accession: str, name: str) -> str:
    """Where a filing's main document is; an old filing without one is a single text of all its documents."""
    folder = f"{base.rstrip('/')}/Archives/edgar/data/{cik}"
    return f"{folder}/{accession.replace('-', '')}/{name}" if name else f"{folder}/{accession}.txt"


def document_requests(
    filings: pl.DataFrame, *, base: str, cik: int, since: date, until: date, settled: date, done: Iterable[str]
) -> Sequence[Request]:
    """Ask for the documents of FORMS that were filed from `since` to `until` and are not `done` (accessions).

    Of what was filed by `settled` the lake's answer is taken, though it be that there is no document.
    """
    wanted = filings.filter(
        pl.col("form").is_in(list(FORMS))
        & pl.col("filed").is_between(since, until)
        & ~pl.col("accession").is_in(list(done))
    )
    return [
        Request(
            f"{cik:010d}",
            document_url(base, cik, row["accession"], row["document"]),
            f"raw/sec/document/cik={cik:010d}/{row['accession']}",
            {"kind": "document", "accession": row["accession"], "form": row["form"]},
            once=row["filed"] <= settled,
        )
        for row in wanted.iter_rows(named=True)
    ]


def parse_document(record: RawRecord, tone: Tone) -> Document:
    """Measure a document; one that is not there has no features."""
    there = record.status != 404
    return Document(record.about["accession"], measure(record.body, tone) if there else None)
