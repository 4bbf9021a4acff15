"""EDGAR as a replica: companies that the test makes, or recorded bodies."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from lode.collect.http import RawRecord
from tests.replicas.server import Answer

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


@dataclass
class Company:
    """A company as EDGAR knows it at the moment; `facts` None has no body, as foreign filers have none."""

    cik: int
    tickers: list[str]
    filings: list[dict[str, object]] = field(default_factory=list)
    facts: dict[str, dict[str, list[dict[str, object]]]] | None = field(default_factory=dict)
    older: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    documents: dict[str, bytes] = field(default_factory=dict)
    sic: str = "3571"
    name: str = "ONE INC"


@dataclass
class Edgar:
    """Answers for its companies; `index` holds the published days: {day: [(cik, form)]}."""

    companies: list[Company]
    index: dict[date, list[tuple[int, str]]] = field(default_factory=dict)

    def __call__(self, path: str) -> Answer:
        body = self._body(path)
        if body is None:
            return Answer(404, b"<html>not there</html>", {"Content-Type": "text/html"})
        packed = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        return Answer(body=gzip.compress(body), headers=packed)

    def _body(self, path: str) -> bytes | None:
        if path == "/files/company_tickers.json":
            rows = [(ticker, company) for company in self.companies for ticker in company.tickers]
            return json.dumps(
                {str(n): {"cik_str": c.cik, "ticker": t, "title": c.name} for n, (t, c) in enumerate(rows)}
            ).encode()
        if "/daily-index/" in path:
            return self._index(path)
        return next((body for company in self.companies if (body := _answer(company, path)) is not None), None)

    def _index(self, path: str) -> bytes | None:
        if path.endswith("index.json"):
            quarter = [day for day in self.index if f"{day.year}/QTR{(day.month + 2) // 3}" in path]
            names = [{"name": f"{kind}.{day:%Y%m%d}.idx"} for day in quarter for kind in ("form", "master")]
            return json.dumps({"directory": {"item": names}}).encode() if names else None
        day = datetime.strptime(path[-12:-4], "%Y%m%d").replace(tzinfo=UTC).date()
        lines = [f"{cik}|ONE INC|{form}|{day:%Y%m%d}|edgar/data/{cik}/x.txt" for cik, form in self.index[day]]
        head = "Description: Daily Index of EDGAR\n \nCIK|Company Name|Form Type|Date Filed|File Name\n"
        return (head + "-" * 80 + "\n" + "\n".join(lines)).encode()


def _answer(company: Company, path: str) -> bytes | None:
    name = path.rsplit("/", maxsplit=1)[-1]
    if path == f"/submissions/CIK{company.cik:010d}.json":
        older = [
            {"name": name, "filingFrom": min(days), "filingTo": max(days)}
            for name, filings in company.older.items()
            if (days := [str(filing["filingDate"]) for filing in filings])
        ]
        return submissions_body(
            company.cik, company.filings, name=company.name, sic=company.sic, tickers=company.tickers, older=older
        )
    if path == f"/api/xbrl/companyfacts/CIK{company.cik:010d}.json":
        return None if company.facts is None else facts_body(company.cik, company.facts)
    if name in company.older:
        return json.dumps(columns(company.older[name])).encode()
    if path.startswith(f"/Archives/edgar/data/{company.cik}/"):
        return company.documents.get(path.split("/")[5])
    return None
