"""Filings found by company, form, title and day, and what was measured of them beside the filing before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import polars as pl

from lode.warehouse import Warehouse
from lode.warehouse.limits import FIRST_DAY, LAST_DAY

_COLUMNS = (
    "cik, accession, toString(form) AS form, filed, accepted, knowledge_time, period, title, items, url, lake_key"
)


def search_filings(
    warehouse: Warehouse,
    *,
    cik: int | None = None,
    forms: Sequence[str] = (),
    text: str = "",
    since: date | None = None,
    until: date | None = None,
    as_of: datetime,
    most: int = 500,
) -> pl.DataFrame:
    """Filings known by `as_of`, the latest first.

    cik, forms: None and () take all. text: occurs in the title, in any case. since, until: days of filing, both
    included. Columns: cik, accession, form, filed, accepted, knowledge_time, period, title, items, url, lake_key (""
    where the document is not in the lake).
    """
    return warehouse.query(
        f"SELECT {_COLUMNS} FROM filings FINAL WHERE ({{whole:Bool}} OR cik = {{cik:UInt64}}) "  # noqa: S608  columns from code
        "AND ({every:Bool} OR form IN {forms:Array(String)}) AND filed BETWEEN {since:Date32} AND {until:Date32} "
        "AND ({text:String} = '' OR positionCaseInsensitiveUTF8(title, {text:String}) > 0) "
        "AND knowledge_time <= {as_of:DateTime64(6, 'UTC')} "
        "ORDER BY filings.knowledge_time DESC, cik, accession LIMIT {most:UInt64}",
        whole=cik is None,
        cik=cik or 0,
        every=not forms,
        forms=list(forms),
        text=text,
        since=since or FIRST_DAY,
        until=until or LAST_DAY,
        as_of=as_of,
        most=most,
    )


def read_filing(warehouse: Warehouse, accession: str) -> pl.DataFrame:
    """Return the filing of this accession number in the columns of `search_filings`; no row where there is none."""
    return warehouse.query(
        f"SELECT {_COLUMNS} FROM filings FINAL WHERE accession = {{accession:String}} "  # noqa: S608  columns from code
        "ORDER BY cik LIMIT 1",
        accession=accession,
    )


def read_measures(warehouse: Warehouse, accessions: Sequence[str]) -> pl.DataFrame:
    """What was measured of these filings' texts, by the model that measured most of all texts.

    Columns: accession, model, words, tone, readability, similarity, previous (the accession of the filing before of
    the same form and company, "" where its text was not measured), previous_words and previous_tone. Null: not known.
    """
    return warehouse.query(
        "WITH (SELECT CAST(model, 'String') FROM filing_texts GROUP BY model "
        "  ORDER BY count() DESC, model DESC LIMIT 1) AS chosen "
        "SELECT t.accession AS accession, toString(t.model) AS model, t.words AS words, t.tone AS tone, "
        "t.readability AS readability, t.similarity AS similarity, t.previous AS previous, "
        "if(p.accession = '', NULL, p.words) AS previous_words, p.tone AS previous_tone "
        "FROM (SELECT * FROM filing_texts FINAL WHERE accession IN {accessions:Array(String)} AND model = chosen) AS t "
        "LEFT JOIN (SELECT * FROM filing_texts FINAL WHERE model = chosen AND accession IN ("
        "  SELECT previous FROM filing_texts WHERE accession IN {accessions:Array(String)})) AS p "
        "ON p.cik = t.cik AND p.accession = t.previous ORDER BY accession",
        accessions=list(accessions),
    )


def list_forms(warehouse: Warehouse) -> list[str]:
    """Forms of the filings that are there, the most frequent first."""
    found = warehouse.query("SELECT toString(form) AS form FROM filings GROUP BY form ORDER BY count() DESC, form")
    return list(found["form"])


def list_filers(warehouse: Warehouse) -> list[int]:
    """CIKs of the companies that have filings, ascending."""
    return list(warehouse.query("SELECT DISTINCT cik FROM filings ORDER BY cik")["cik"])
