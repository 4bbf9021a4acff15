"""Submissions: who a company is, and every filing of it; the older ones in files of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from lode.collect.http import RawRecord
from lode.collect.sec.acceptance import acceptance_time, known_by
from lode.collect.sec.body import changed, read_json

_UTC = pl.Datetime("us", "UTC")
_NEEDED = ("accessionNumber", "filingDate", "form")
_TEXTS = {
    "accession": "accessionNumber",
    "form": "form",
    "filed": "filingDate",
    "stamp": "acceptanceDateTime",
    "period": "reportDate",
    "title": "primaryDocDescription",
    "items": "items",
    "document": "primaryDocument",
}


@dataclass(frozen=True)
class OlderFile:
    """A file with earlier filings; both days included."""

    name: str
    first: date
    last: date


@dataclass(frozen=True)
class Submissions:
    """A company and its filings.

    filings: accession, form, filed, accepted (UTC, null where unknown), knowledge_time (acceptance, else the end of
        the filing date), period (null), title, items, document, xbrl.
    sic: None where the SEC gives none. older: empty in an older file itself.
    """

    cik: int
    name: str
    sic: int | None
    tickers: tuple[str, ...]
    filings: pl.DataFrame
    older: tuple[OlderFile, ...] = ()


def parse_submissions(record: RawRecord) -> Submissions:
    """Read `CIK##########.json`. Raises SourceUnavailableError for what is no JSON, CollectError for another schema."""
    body = read_json(record)
    try:
        recent, older = body["filings"]["recent"], body["filings"].get("files") or []
        files = tuple(OlderFile(f["name"], _day(f["filingFrom"]), _day(f["filingTo"])) for f in older)
        cik, name, tickers = int(body["cik"]), str(body["name"]), tuple(body.get("tickers") or ())
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise changed(record, f"{type(error).__name__} {error} where cik, name and filings are read") from error
    sic = str(body.get("sic") or "")
    return Submissions(cik, name, int(sic) if sic.isdigit() else None, tickers, _filings(recent, record), files)


def parse_older(record: RawRecord, cik: int) -> Submissions:
    """Read an older file, which has the filings alone."""
    return Submissions(cik, "", None, (), _filings(read_json(record), record))


def _filings(columns: Mapping[str, Any], record: RawRecord) -> pl.DataFrame:
    absent = [name for name in _NEEDED if not isinstance(columns.get(name), list)]
    if absent:
        raise changed(record, f"no {', '.join(absent)} among {sorted(columns)[:8]}")
    count = len(columns["accessionNumber"])
    texts = {ours: columns.get(theirs) or [""] * count for ours, theirs in _TEXTS.items()}
    xbrl = columns.get("isXBRL") or [0] * count
    if {len(values) for values in (*texts.values(), xbrl)} != {count}:
        raise changed(record, "its columns differ in length")
    frame = pl.DataFrame(texts, schema=dict.fromkeys(_TEXTS, pl.String), strict=False).with_columns(
        *(_usual(pl.col(name).str.to_date("%Y-%m-%d", strict=False)) for name in ("filed", "period")),
        pl.col("title", "items", "document", "stamp").fill_null(""),
        pl.Series("xbrl", [bool(flag) for flag in xbrl], pl.Boolean),
    )
    if frame["filed"].null_count() or frame["accession"].null_count() or frame["form"].null_count():
        raise changed(record, "a filing without accession, form or date")
    return _timed(frame.unique("accession", keep="first", maintain_order=True))


def _timed(frame: pl.DataFrame) -> pl.DataFrame:
    """Put the time of acceptance, and the time from which a filing counts as known, in place of the stamp."""
    rows = list(frame.select("stamp", "filed", "form").iter_rows())
    accepted = [acceptance_time(*row) for row in rows]
    known = [time or known_by(row[1]) for time, row in zip(accepted, rows, strict=True)]
    return frame.drop("stamp").with_columns(
        pl.Series("accepted", accepted, _UTC), pl.Series("knowledge_time", known, _UTC)
    )


def _usual(day: pl.Expr) -> pl.Expr:
    """Day of a year that the warehouse holds, else null."""
    return pl.when(day.dt.year().is_between(1900, 2298)).then(day)


def _day(text: str) -> date:
    return date.fromisoformat(text)
