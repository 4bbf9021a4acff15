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
from lode.collect.sec.documents import Document, document_url, parse_document
from lode.collect.sec.submissions import Submissions
from lode.collect.sec.texts import Measured, text_rows
from lode.collect.sectors import sector_of
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
from lode.warehouse.stores.instruments import insert_instruments, read_instruments, resolve

Answer = Submissions | CompanyFacts | Document
_EVER = datetime(2299, 1, 1, tzinfo=NEW_YORK)
_LAG = timedelta(days=3)  # within which companyfacts follow a filing
_STATEMENTS = frozenset(f"{form}{end}" for form in ("10-K", "10-Q", "20-F", "40-F") for end in ("", "/A"))
_UTC = pl.Datetime("us", "UTC")


@dataclass(frozen=True)
class Writer:
    """Writes the answers about one company at a time."""

    warehouse: Warehouse
    lake: Lake
    settings: Settings
    tone: Tone

    def store(self, subject: str, answers: Sequence[Kept[Answer]], mark: Watermark | None) -> Stored:
        """Write the rows of `answers`; repeating it changes nothing."""
        cik, at = int(subject), max(answer.fetched for answer in answers)
        company = next((a for a in answers if isinstance(a.parsed, Submissions) and a.parsed.name), None)
        filings = self._filings(cik, answers, at)
        notes: list[str] = []
        facts, refused, lagging = self._facts(subject, answers, filings, at, notes)
        texts = self._texts(cik, answers, filings, at, notes)
        if company is not None:
            self._describe(company, at)
        return Stored(
            rows=facts + texts,
            outcome="collected" if facts + texts else "unchanged",
            refused=refused,
            mark=_mark(subject, company, mark, lagging),
            notes=tuple(notes),
        )

    def _filings(self, cik: int, answers: Sequence[Kept[Answer]], at: datetime) -> pl.DataFrame:
        """Write filings that are new or whose document or time came; returns all of them."""
        known = read_filings(self.warehouse, ciks=[cik], as_of=_EVER)
        came = [answer.parsed.filings for answer in answers if isinstance(answer.parsed, Submissions)]
        documents = {a.parsed.accession: a.key for a in answers if isinstance(a.parsed, Document) and a.parsed.features}
        base = self.settings.sec_archives_url
        rows = pl.concat(came).unique("accession", keep="first", maintain_order=True) if came else pl.DataFrame()
        if rows.height:
            urls = [document_url(base, cik, *row) for row in rows.select("accession", "document").iter_rows()]
            rows = rows.with_columns(
                pl.lit(cik, pl.UInt64).alias("cik"), pl.lit("").alias("lake_key"), pl.Series("url", urls, pl.String)
            ).select(known.columns)
            late = known.filter(pl.col("accepted").is_null())["accession"]
            settled = known.filter(~pl.col("accession").is_in(late.implode()))["accession"]
            rows = rows.filter(
                ~pl.col("accession").is_in(settled.implode())
                & (pl.col("accepted").is_not_null() | ~pl.col("accession").is_in(late.implode()))
            )
        else:
            rows = known.clear()
        merged = pl.concat([rows, known.join(rows, on="accession", how="anti")])
        key = pl.col("accession").replace_strict(documents, default=None, return_dtype=pl.String)
        merged = merged.with_columns(pl.coalesce(key, "lake_key").alias("lake_key"))
        insert_filings(
            self.warehouse, merged.join(known, on=known.columns, how="anti", nulls_equal=True), collected_at=at
        )
        return merged

    def _facts(
        self, subject: str, answers: Sequence[Kept[Answer]], filings: pl.DataFrame, at: datetime, notes: list[str]
    ) -> tuple[int, Mapping[str, int], date | None]:
        """Write new statements; returns how many, what was refused, and the first filing date that lacks its facts."""
        came = [(answer, answer.parsed) for answer in answers if isinstance(answer.parsed, CompanyFacts)]
        if not came:
            return 0, {}, None
        answer, body = came[-1]
        if body.facts.is_empty():
            notes.append(f"CIK {subject} has no facts at the SEC: a foreign filer, a fund, or a company before 2009")
        self._quarantine(subject, answer, body, at)
        rows = with_acceptance(body.facts, filings).with_columns(
            pl.lit(body.cik, pl.UInt64).alias("cik"), pl.lit(SOURCE).alias("source")
        )
        news = _new_statements(rows, read_facts(self.warehouse, ciks=[int(subject)], as_of=at), answer.fetched)
        refused = dict(body.refused["reason"].value_counts().iter_rows())
        return insert_facts(self.warehouse, news), refused, self._lagging(answers, body, notes)

    def _lagging(self, answers: Sequence[Kept[Answer]], body: CompanyFacts, notes: list[str]) -> date | None:
        """Return the filing date of a fresh statement that companyfacts lack: the SEC takes a while to add them."""
        if body.facts.is_empty():
            return None
        there = body.facts["accession"].unique().implode()
        missing: list[date] = []
        for answer in answers:
            if isinstance(answer.parsed, Submissions):
                fresh = pl.col("filed") >= answer.fetched.astimezone(NEW_YORK).date() - _LAG
                asked = answer.parsed.filings.filter(
                    fresh & pl.col("xbrl") & pl.col("form").is_in(list(_STATEMENTS)) & ~pl.col("accession").is_in(there)
                )
                missing += asked["filed"].to_list()
        if missing:
            notes.append(
                f"CIK {body.cik:010d}: the facts of its filing of {min(missing)} are not there yet; collect again"
            )
        return min(missing, default=None)

    def _texts(
        self, cik: int, answers: Sequence[Kept[Answer]], filings: pl.DataFrame, at: datetime, notes: list[str]
    ) -> int:
        documents = [(answer, answer.parsed) for answer in answers if isinstance(answer.parsed, Document)]
        if not documents:
            return 0
        absent = [parsed.accession for _, parsed in documents if parsed.features is None]
        if absent:
            notes.append(f"CIK {cik:010d}: {len(absent)} documents are not at the SEC, among them that of {absent[0]}")
        measured = {p.accession: Measured(p.features, a.key) for a, p in documents if p.features is not None}
        rows = text_rows(cik, filings, measured, self.tone.model, self._earlier)
        known = read_filing_texts(self.warehouse, ciks=[cik], model=self.tone.model, as_of=_EVER)
        held = rows.join(
            known.select("accession", seen="similarity"), on="accession", how="left", maintain_order="left"
        )
        unknown = ~pl.col("accession").is_in(known["accession"].implode())
        gained = pl.col("seen").is_null() & pl.col("similarity").is_not_null()  # its previous one came later
        news = held.filter(unknown | gained).drop("seen")
        return insert_filing_texts(self.warehouse, news, collected_at=at)

    def _earlier(self, key: str) -> Measured | None:
        """Measure a document again that an earlier collection kept, for its word counts."""
        document = parse_document(load_raw(self.lake, key), self.tone)
        return Measured(document.features, key) if document.features is not None else None

    def _quarantine(self, subject: str, answer: Kept[Answer], body: CompanyFacts, at: datetime) -> None:
        refused = body.refused
        texts = [json.dumps(row, default=str) for row in refused.drop("reason").iter_rows(named=True)]
        rows = (
            refused.select("reason")
            .with_row_index("row_number", offset=1)
            .with_columns(
                pl.lit(subject).alias("symbol"),
                pl.lit(None, pl.Date).alias("session"),
                pl.Series("row_json", texts, pl.String),
            )
        )
        insert_quarantine(self.warehouse, rows, source=SOURCE, batch=answer.sha256, collected_at=at)

    def _describe(self, answer: Kept[Answer], at: datetime) -> None:
        """Record CIK, SIC, sector and, where none is known, the name of the company's instruments."""
        company = answer.parsed
        symbols = [symbol for symbol in answer.request.about.get("symbols", "").split(",") if symbol]
        if not isinstance(company, Submissions) or not symbols:
            return
        instruments = list(resolve(self.warehouse, symbols).values())
        named = set(read_instruments(self.warehouse, instruments).filter(pl.col("name") != "")["instrument"])
        rows = [
            {
                "instrument": instrument,
                "name": "" if instrument in named else company.name,
                "cik": company.cik,
                "sic": company.sic,
                "sector": sector_of(company.sic) or "",
            }
            for instrument in instruments
        ]
        frame = pl.DataFrame(rows, schema_overrides={"cik": pl.UInt64, "sic": pl.UInt32})
        insert_instruments(self.warehouse, frame, source=SOURCE, known_at=at)


def _new_statements(rows: pl.DataFrame, known: pl.DataFrame, at: datetime) -> pl.DataFrame:
    """Return what is not known yet; a value changed under its accession is known from `at`.

    A statement whose acceptance was unknown is written again when it becomes known: it moves to its true time.
    """
    key = ["concept", "unit", "period_start", "period_end", "accession"]
    newest = known.group_by(key, maintain_order=True).agg(
        pl.col("value").last().alias("_value"), pl.col("accepted").is_not_null().any().alias("_timed")
    )
    joined = rows.join(newest, on=key, how="left", nulls_equal=True, maintain_order="left")
    changed = pl.col("_value").is_not_null() & (pl.col("_value") != pl.col("value"))
    timed = pl.col("_value").is_not_null() & ~pl.col("_timed") & pl.col("accepted").is_not_null()
    news = joined.filter(pl.col("_value").is_null() | changed | timed)
    late = pl.lit(at).cast(_UTC)
    return news.with_columns(pl.when(changed).then(late).otherwise("knowledge_time").alias("knowledge_time")).drop(
        "_value", "_timed"
    )


def _mark(subject: str, company: Kept[Answer] | None, mark: Watermark | None, lagging: date | None) -> Watermark | None:
    """Return the watermark: everything filed until the day before the asking is there.

    It begins where documents do; facts and metadata are of all time.
    """
    if company is None:
        return None
    about = company.request.about
    since = date.fromisoformat(about["since"])
    reached = min(day_before(company.fetched), date.fromisoformat(about["until"]))
    if lagging is not None:
        reached = min(reached, lagging - timedelta(days=1))
    begun = min(since, mark.collected_from) if mark else since
    if about.get("documents") == "no":
        begun = reached
    return Watermark(SOURCE, subject, begun, max(reached, begun), company.key, company.fetched)


def day_before(moment: datetime) -> date:
    """Return the last day whose filings are all there when EDGAR is asked at `moment`: New York's day before."""
    return moment.astimezone(NEW_YORK).date() - timedelta(days=1)
