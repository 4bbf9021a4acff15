"""Filings, their measures and articles, written through the stores."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import polars as pl

from lode.warehouse import Warehouse
from lode.warehouse.stores.articles import COLUMNS, insert_articles
from lode.warehouse.stores.filings import insert_filing_texts, insert_filings

NOW = datetime(2026, 11, 20, 21, 5, tzinfo=UTC)


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def filing(accession: str, *, day: date, cik: int = 1, form: str = "10-K", **more: Any) -> dict[str, Any]:
    row = {
        "cik": cik, "accession": accession, "form": form, "filed": day, "accepted": noon(day),
        "knowledge_time": noon(day), "period": None, "title": form, "lake_key": "", "url": "", "items": "",
    }  # fmt: skip
    return row | more


def measure(accession: str, *, tone: float | None, model: str = "vader", **more: Any) -> dict[str, Any]:
    row = {
        "cik": 1, "accession": accession, "form": "10-K", "model": model, "knowledge_time": NOW, "words": 100,
        "tone": tone, "readability": 12.0, "similarity": None, "previous": "", "lake_key": "",
    }  # fmt: skip
    return row | more


def article(name: str, *, day: date, instrument: str = "A", tone: float | None, **more: Any) -> dict[str, Any]:
    row = dict.fromkeys(COLUMNS, "") | {
        "article": name, "instrument": instrument, "url": f"https://news.example/{name}", "title": name,
        "published": noon(day), "knowledge_time": noon(day), "rank": 1, "sentiment": tone,
        "sentiment_model": more.pop("model", "vader"), "backfilled": False, "collected_at": noon(day),
    }  # fmt: skip
    return row | more


def keep_filings(warehouse: Warehouse, *rows: dict[str, Any]) -> None:
    insert_filings(warehouse, pl.DataFrame(list(rows), infer_schema_length=None), collected_at=NOW)


def keep_measures(warehouse: Warehouse, *rows: dict[str, Any]) -> None:
    insert_filing_texts(warehouse, pl.DataFrame(list(rows), infer_schema_length=None), collected_at=NOW)


def keep_articles(warehouse: Warehouse, *rows: dict[str, Any]) -> None:
    insert_articles(warehouse, pl.DataFrame(list(rows), infer_schema_length=None))
