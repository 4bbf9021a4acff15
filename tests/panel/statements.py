"""Facts for small panels, and the recorded companyfacts as rows."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl

SCHEMA = {
    "instrument": pl.String,
    "concept": pl.String,
    "unit": pl.String,
    "period_start": pl.Date,
    "period_end": pl.Date,
    "value": pl.Float64,
    "form": pl.String,
    "accession": pl.String,
    "filed": pl.Date,
    "accepted": pl.Datetime("us", "UTC"),
    "knowledge_time": pl.Datetime("us", "UTC"),
}


def day(text):
    return date.fromisoformat(text)


def fact(concept, value, start, end, known, *, name="A", unit="USD", accession=None, accepted=True):
    """One statement; start None is an instant, `known` an ISO day (noon UTC) or a moment."""
    moment = known if isinstance(known, datetime) else datetime.fromisoformat(known).replace(hour=12, tzinfo=UTC)
    full = concept if "/" in concept else f"us-gaap/{concept}"
    return {
        "instrument": name,
        "concept": full,
        "unit": unit,
        "period_start": day(start) if start else None,
        "period_end": day(end),
        "value": float(value),
        "form": "10-Q",
        "accession": accession or f"acc-{moment:%Y%m%d}",
        "filed": moment.date(),
        "accepted": moment if accepted else None,
        "knowledge_time": moment,
    }


def facts(*rows):
    return pl.DataFrame(list(rows), schema=SCHEMA)


def recorded_facts(folder: Path, tickers=None) -> pl.DataFrame:
    """Recorded companyfacts; acceptance is not in them, so that a fact is known at the end of its filing day."""
    rows = []
    for path in sorted((folder / "sec" / "companyfacts").glob("*.json.gz")):
        name = path.name.partition(".")[0]
        if tickers is None or name in tickers:
            rows += _rows(name, json.loads(gzip.decompress(path.read_bytes())))
    return _framed(rows)


def whole_body(folder: Path, cik: str, name: str) -> pl.DataFrame:
    """All facts of one company."""
    path = folder / "sec" / "companyfacts_full" / f"CIK{cik}.json.gz"
    return _framed(list(_rows(name, json.loads(gzip.decompress(path.read_bytes())))))


def _framed(rows):
    frame = pl.DataFrame(
        rows, schema={**SCHEMA, "period_start": pl.String, "period_end": pl.String, "filed": pl.String}
    )
    ends = pl.col("filed").cast(pl.Datetime("us")) + timedelta(hours=23, minutes=59, seconds=59)
    known = ends.dt.replace_time_zone("America/New_York").dt.convert_time_zone("UTC")
    typed = frame.with_columns(pl.col("period_start", "period_end", "filed").str.to_date())
    return typed.with_columns(knowledge_time=known)


def _rows(name, body):
    for taxonomy, concepts in body["facts"].items():
        for concept, content in concepts.items():
            if not isinstance(content, dict):
                continue
            for unit, entries in content["units"].items():
                for entry in entries:
                    yield {
                        "instrument": name,
                        "concept": f"{taxonomy}/{concept}",
                        "unit": unit,
                        "period_start": entry.get("start"),
                        "period_end": entry["end"],
                        "value": float(entry["val"]),
                        "form": entry["form"],
                        "accession": entry["accn"],
                        "filed": entry["filed"],
                        "accepted": None,
                        "knowledge_time": None,
                    }
