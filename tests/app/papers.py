"""Filings, their measures and articles, written through the stores."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import polars as pl

from lode.calendar import sessions
from lode.collect.http import RawRecord, keep_raw
from lode.lake import Lake, open_lake
from lode.settings import Settings
from lode.warehouse import Warehouse, open_warehouse
from lode.warehouse.stores.articles import COLUMNS, insert_articles
from lode.warehouse.stores.bars import insert_actions, insert_bars
from lode.warehouse.stores.facts import COLUMNS as FACTS
from lode.warehouse.stores.facts import insert_facts
from lode.warehouse.stores.filings import insert_filing_texts, insert_filings
from lode.warehouse.stores.instruments import insert_instruments
from lode.warehouse.stores.members import insert_members

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


FIRST, SECOND, BARE = "0000000001-24-000001", "0000000001-24-000002", "0000000001-24-000003"
SESSIONS: list[date] = sessions("XNYS", "2024-01-02", "2024-02-15").tolist()
GAP = SESSIONS[10:12]
SPLIT = date(2024, 1, 25)
MARKUP = "<img src=x onerror=alert(1)> **bold** [link](https://example.com)"
OLD = "We make bread and sell it to many people in this town and in others, as before."
NEW = "We also make cakes, which fewer people buy, and of which we throw away a good part each evening."


def write_papers(settings: Settings, *, text: str = "") -> None:
    """Store one name with prices, actions, facts, filings with documents, and articles; `text` in every title."""
    lake = open_lake(settings)
    old, new = (_document(lake, name, body) for name, body in ((FIRST, [OLD]), (SECOND, [OLD, NEW, text])))
    with open_warehouse(settings) as warehouse:
        details = pl.DataFrame({"instrument": ["A"], "name": [text or "Alpha Inc"], "cik": [1]})
        insert_instruments(warehouse, details, source="sec", known_at=noon(SESSIONS[0]))
        members = pl.DataFrame({"instrument": ["A"], "first_session": [SESSIONS[0]], "last_session": [None]},
                               schema_overrides={"last_session": pl.Date})  # fmt: skip
        insert_members(warehouse, "mine500", members, source="file", at=NOW)
        _keep_prices(warehouse)
        facts = [_fact(5e9, FIRST, SESSIONS[5]), _fact(6e9, SECOND, SESSIONS[-5])]
        insert_facts(warehouse, pl.DataFrame(facts, schema=FACTS))
        keep_filings(
            warehouse,
            filing(FIRST, day=SESSIONS[5], lake_key=old, title=f"Annual {text}"),
            filing(SECOND, day=SESSIONS[-5], lake_key=new, title=f"Annual {text}", url="https://sec.example/a"),
            filing(BARE, day=SESSIONS[-4], form="8-K", title=f"Event {text}", url="javascript:alert(1)"),
        )
        keep_measures(
            warehouse,
            measure(FIRST, tone=0.1, words=16),
            measure(SECOND, tone=-0.2, words=35, similarity=0.75, previous=FIRST),
        )
        keep_articles(
            warehouse,
            article("x", day=SESSIONS[3], title=f"Bread sells {text}", snippet=text, tone=0.5),
            article("y", day=NOW.date(), title="Cakes do not", tone=None, url="https://other.example/y"),
        )


def _document(lake: Lake, accession: str, passages: list[str]) -> str:
    html = "".join(f"<p>{passage.replace('<', '&lt;')}</p>" for passage in passages)
    record = RawRecord("http://sec", 200, {}, f"<html><body>{html}</body></html>".encode(), NOW)
    return keep_raw(lake, f"raw/sec/document/cik=1/{accession}", record)


def _keep_prices(warehouse: Warehouse) -> None:
    held = [day for day in SESSIONS if day not in GAP]
    bars = pl.DataFrame(
        {
            "instrument": "A",
            "session": held,
            "close": [100.0 if day < SPLIT else 50.0 for day in held],
            "volume": 1000.0,
            "knowledge_time": [noon(day).replace(hour=21) for day in held],
            "adjusted": False,
            "backfilled": False,
        }
    )
    insert_bars(warehouse, bars, source="mine", collected_at=NOW)
    late = bars.head(1).with_columns(close=101.0, knowledge_time=noon(SESSIONS[-1]))
    insert_bars(warehouse, late, source="mine", collected_at=NOW)
    actions = pl.DataFrame({"instrument": ["A"], "ex_date": [SPLIT], "kind": ["split"], "value": [2.0]})
    insert_actions(warehouse, actions.with_columns(pl.lit(noon(SPLIT)).alias("knowledge_time")), source="mine")


def _fact(value: float, accession: str, day: date) -> dict[str, Any]:
    row = {
        "cik": 1, "concept": "us-gaap/Assets", "unit": "USD", "period_end": date(2023, 12, 31), "value": value,
        "form": "10-K", "accession": accession, "filed": day, "accepted": noon(day), "knowledge_time": noon(day),
        "fiscal_year": 2023, "fiscal_period": "FY", "source": "sec",
    }  # fmt: skip
    return dict.fromkeys(FACTS) | row
