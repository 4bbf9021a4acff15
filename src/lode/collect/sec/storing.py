"""A company's answers as rows: filings, facts, texts, and what the company is.

What is in the warehouse stays as it was first known: a statement is not written again, and one whose value the SEC
changed under the same accession is a new row, known from the collection that brought it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from lode.collect.http import load_raw
from lode.collect.sec.acceptance import NEW_YORK
from lode.collect.sec.client import SOURCE
from lode.collect.sec.companyfacts import CompanyFacts, with_acceptance
from lode.collect.sec.describing import describe
from lode.collect.sec.documents import Document, parse_document
from lode.collect.sec.filing_rows import filing_rows, merged_filings
from lode.collect.sec.statements import lagging, new_statements
from lode.collect.sec.submissions import Submissions
from lode.collect.sec.texts import Measured, text_rows
from lode.collect.source import Kept, Stored
from lode.collect.tone import Tone
from lode.lake import Lake
from lode.settings import Settings
from lode.warehouse import Warehouse
from lode.warehouse.stores.facts import insert_facts, read_facts
from lode.warehouse.stores.filings import (
    insert_filing_texts,
    insert_filings,
    read_filing_texts,
    read_filings,
)
from lode.warehouse.stores.imports import Watermark, insert_quarantine

Answer = Submissions | CompanyFacts | Document
_EVER = datetime(2299, 1, 1, tzinfo=NEW_YORK)


@dataclass(frozen=True)
class Sorted:
    """A company's answers by what they are, each with where it came from. `at`: when the last one came."""

    company: tuple[Kept[Answer], Submissions] | None
    submissions: list[Submissions]
    facts: tuple[Kept[Answer], CompanyFacts] | None
    documents: list[tuple[Kept[Answer], Document]]
    at: datetime


@dataclass(frozen=True)
class Writer:
    """Writes the answers about one company at a time."""

    warehouse: Warehouse
    lake: Lake
    settings: Settings
    tone: Tone

    def store(self, subject: str, answers: Sequence[Kept[Answer]], mark: Watermark | None) -> Stored:
        """Write the rows of `answers`; repeating it changes nothing."""
        came, cik = sort_answers(answers), int(subject)
        filings, rows = self._filings(cik, came)
        late = None
        if came.facts is not None:
            rows += self._facts(subject, came.facts, filings, came.at)
        if came.facts is not None and came.company is not None:
            late = lagging(came.company[1].filings, came.facts[1].facts, came.company[0].fetched)
        rows += self._texts(cik, came, filings)
        if came.company is not None:
            kept, company = came.company
            describe(self.warehouse, company, [s for s in kept.request.about["symbols"].split(",") if s], came.at)
        return Stored(
            rows=rows,
            outcome="collected" if rows else "unchanged",
            refused=_reasons(came),
            mark=_mark(subject, came, mark, late),
            notes=_notes(subject, came, late),
        )

    def _filings(self, cik: int, came: Sorted) -> tuple[pl.DataFrame, int]:
        """Write filings that are new or whose document or time came; returns all of them, and how many are new."""
        known = read_filings(self.warehouse, ciks=[cik], as_of=_EVER)
        keys = {document.accession: kept.key for kept, document in came.documents if document.features}
        rows = filing_rows(cik, came.submissions, self.settings.sec_archives_url)
        merged = merged_filings(known, rows, keys)
        changed = merged.join(known, on=known.columns, how="anti", nulls_equal=True)
        insert_filings(self.warehouse, changed, collected_at=came.at)
        return merged, merged.height - known.height

    def _facts(self, subject: str, came: tuple[Kept[Answer], CompanyFacts], filings: pl.DataFrame, at: datetime) -> int:
        """Write new statements, and put aside what cannot be read; returns how many are new."""
        kept, body = came
        refused = body.refused
        texts = [json.dumps(row, default=str) for row in refused.drop("reason").iter_rows(named=True)]
        told = (pl.lit(subject).alias("symbol"), pl.lit(None, pl.Date).alias("session"))
        aside = refused.select("reason").with_row_index("row_number", offset=1)
        aside = aside.with_columns(*told, pl.Series("row_json", texts, pl.String))
        insert_quarantine(self.warehouse, aside, source=SOURCE, batch=kept.sha256, collected_at=at)
        rows = with_acceptance(body.facts, filings).with_columns(
            pl.lit(int(subject), pl.UInt64).alias("cik"), pl.lit(SOURCE).alias("source")
        )
        known = read_facts(self.warehouse, ciks=[int(subject)], as_of=at)
        return insert_facts(self.warehouse, new_statements(rows, known, kept.fetched))

    def _texts(self, cik: int, came: Sorted, filings: pl.DataFrame) -> int:
        """Write what was measured of new documents, and similarities whose previous document came only now."""
        measured = {d.accession: Measured(d.features, kept.key) for kept, d in came.documents if d.features}
        if not measured:
            return 0
        rows = text_rows(cik, filings, measured, self.tone.model, self._earlier)
        known = read_filing_texts(self.warehouse, ciks=[cik], model=self.tone.model, as_of=_EVER)
        seen = known.select("accession", seen="similarity")
        held = rows.join(seen, on="accession", how="left", maintain_order="left")
        gained = pl.col("seen").is_null() & pl.col("similarity").is_not_null()
        news = held.filter(~pl.col("accession").is_in(known["accession"].implode()) | gained).drop("seen")
        return insert_filing_texts(self.warehouse, news, collected_at=came.at)

    def _earlier(self, key: str) -> Measured | None:
        """Measure a document again that an earlier collection kept, for its word counts."""
        document = parse_document(load_raw(self.lake, key), self.tone)
        return Measured(document.features, key) if document.features is not None else None


def sort_answers(answers: Sequence[Kept[Answer]]) -> Sorted:
    """Tell answers apart by what they are; of several facts the last counts."""
    pairs = [(kept, kept.parsed) for kept in answers]
    companies = [(kept, parsed) for kept, parsed in pairs if isinstance(parsed, Submissions)]
    facts = [(kept, parsed) for kept, parsed in pairs if isinstance(parsed, CompanyFacts)]
    return Sorted(
        next((pair for pair in companies if pair[0].request.about.get("kind") == "submissions"), None),
        [parsed for _, parsed in companies],
        facts[-1] if facts else None,
        [(kept, parsed) for kept, parsed in pairs if isinstance(parsed, Document)],
        max(kept.fetched for kept in answers),
    )


def _reasons(came: Sorted) -> Mapping[str, int]:
    return dict(came.facts[1].refused["reason"].value_counts().iter_rows()) if came.facts else {}


def _notes(subject: str, came: Sorted, late: date | None) -> tuple[str, ...]:
    """Return what is missing without being a failure."""
    notes = []
    if came.facts is not None and came.facts[1].facts.is_empty():
        notes.append(f"CIK {subject} has no facts at the SEC: a foreign filer, a fund, or a company before 2009")
    if late is not None:
        notes.append(f"CIK {subject}: the facts of its filing of {late} are not there yet; collect again")
    absent = [document.accession for _, document in came.documents if document.features is None]
    if absent:
        notes.append(f"CIK {subject}: {len(absent)} documents are not at the SEC, among them that of {absent[0]}")
    return tuple(notes)


def _mark(subject: str, came: Sorted, mark: Watermark | None, late: date | None) -> Watermark | None:
    """Return the watermark: everything filed until the day before the asking is there.

    It begins where documents do; facts and metadata are of all time.
    """
    if came.company is None:
        return None
    kept = came.company[0]
    about = kept.request.about
    since = date.fromisoformat(about["since"])
    reached = min(day_before(kept.fetched), date.fromisoformat(about["until"]))
    if late is not None:
        reached = min(reached, late - timedelta(days=1))
    begun = min(since, mark.collected_from) if mark else since
    if about.get("documents") == "no":
        begun = reached
    return Watermark(SOURCE, subject, begun, max(reached, begun), kept.key, kept.fetched)


def day_before(moment: datetime) -> date:
    """Return the last day whose filings are all there when EDGAR is asked at `moment`: New York's day before."""
    return moment.astimezone(NEW_YORK).date() - timedelta(days=1)
