"""EDGAR as a replica: companies that the test makes, or recorded bodies."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from lode.collect.http import RawRecord

FETCHED = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)


def record(
    body: bytes, *, status: int = 200, url: str = "http://sec", about: Mapping[str, str] | None = None
) -> RawRecord:
    """An answer as if it had been fetched."""
    return RawRecord(url, status, {}, body, FETCHED, about or {})


def shared(folder: Path, name: str) -> RawRecord:
    """A recorded body of the shared data."""
    return record(gzip.decompress((folder / "sec" / name).read_bytes()), url=name)


def filed(
    accession: str,
    form: str,
    day: str,
    stamp: str,
    *,
    period: str = "",
    document: str = "main.htm",
    items: str = "",
    xbrl: bool = False,
) -> dict[str, object]:
    """One filing as submissions describe it."""
    return {
        "accessionNumber": accession,
        "form": form,
        "filingDate": day,
        "acceptanceDateTime": stamp,
        "reportDate": period,
        "primaryDocument": document,
        "primaryDocDescription": form,
        "items": items,
        "isXBRL": int(xbrl),
    }


def columns(filings: Sequence[Mapping[str, object]]) -> dict[str, list[object]]:
    """Filings column by column, as the SEC lists them."""
    names = filed("", "", "", "")
    return {name: [filing[name] for filing in filings] for name in names}


def submissions_body(
    cik: int,
    filings: Sequence[Mapping[str, object]],
    *,
    name: str = "ONE INC",
    sic: str = "3571",
    tickers: Sequence[str] = (),
    older: Sequence[Mapping[str, str]] = (),
) -> bytes:
    """A submissions body."""
    body = {
        "cik": f"{cik:010d}",
        "sic": sic,
        "name": name,
        "tickers": list(tickers),
        "filings": {"recent": columns(filings), "files": list(older)},
    }
    return json.dumps(body).encode()


def fact(
    end: str, value: float, accession: str, day: str, *, start: str | None = None, form: str = "10-K"
) -> dict[str, object]:
    """One value as companyfacts state it."""
    begin = {} if start is None else {"start": start}
    return begin | {"end": end, "val": value, "accn": accession, "fy": 2022, "fp": "FY", "form": form, "filed": day}


def facts_body(cik: int, concepts: Mapping[str, Mapping[str, Sequence[Mapping[str, object]]]]) -> bytes:
    """A companyfacts body; concepts by "taxonomy/Name", values by unit."""
    taxonomies: dict[str, dict[str, object]] = {}
    for concept, units in concepts.items():
        taxonomy, name = concept.split("/")
        taxonomies.setdefault(taxonomy, {})[name] = {"label": name, "description": "", "units": units}
    return json.dumps({"cik": cik, "entityName": "ONE INC", "facts": taxonomies}).encode()
