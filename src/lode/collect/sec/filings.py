"""`lode collect filings`: what companies filed with the SEC, as of the time it was accepted."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import polars as pl

from lode.collect.ingest import ingest
from lode.collect.reparse import reparse
from lode.collect.report import Report
from lode.collect.sec.client import SOURCE, SecClient
from lode.collect.sec.rate import SharedRate
from lode.collect.sec.source import SecSource, Wanted
from lode.collect.sec.storing import Writer, day_before
from lode.collect.sec.tickers import parse_tickers, spelled, why_unknown
from lode.collect.sec.whats_new import ask, quiet_subjects
from lode.collect.tone import open_tone
from lode.errors import UsageError
from lode.lake import Lake
from lode.settings import Settings
from lode.warehouse import Warehouse
from lode.warehouse.stores.filings import read_filing_texts
from lode.warehouse.stores.imports import read_watermarks
from lode.warehouse.stores.instruments import OWN_CIKS, read_instruments, resolve

_SETTLING = timedelta(days=7)  # a fresh filing's document may come after its metadata


def collect_filings(
    symbols: Sequence[str],
    *,
    since: date,
    until: date | None = None,
    settings: Settings,
    warehouse: Warehouse,
    lake: Lake,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    documents: bool = True,
) -> Report:
    """Collect the filings of these companies: metadata and facts of all time, documents filed from `since` to `until`.

    A company that filed nothing since it was collected is not asked again. In the report a company goes by its
    symbols (GOOG,GOOGL where it has two). Raises UsageError for an empty range and a missing contact.
    """
    today = now()
    last = until or today.date()
    if since > last:
        raise UsageError(f"--since {since} is after the last filing date to collect, {last}")
    limit, tone = SharedRate(lake, SOURCE, settings.sec_rate), open_tone(settings)
    with SecClient(settings, limit, clock=now) as client:
        subjects, unknown = _resolved(client, symbols, settings, warehouse, lake)
        marks = {s: m for s, m in read_watermarks(warehouse, source=SOURCE).items() if s in subjects}
        ready = {s: m.collected_to for s, m in marks.items() if m.collected_from <= since or not documents}
        yesterday = min(last, day_before(today))
        quiet, notes = quiet_subjects(client, lake, settings.sec_archives_url, ready, last=yesterday)
        wanted = Wanted(
            since,
            last,
            settled=day_before(today) - _SETTLING,
            symbols=subjects,
            measured=_measured(warehouse, subjects, ready, tone.model, today),
            quiet=quiet,
            collected={int(s): m.collected_from for s, m in marks.items()},
            documents=documents,
        )
        source = SecSource(client, settings, wanted, tone, Writer(warehouse, lake, settings, tone))
        report = ingest(
            source,
            list(subjects),
            warehouse=warehouse,
            lake=lake,
            now=now,
            concurrency=settings.sec_concurrency,
            label="collect filings",
        )
    _name(report, subjects)
    report.subjects += len(unknown)
    report.failed |= unknown
    report.unknown = sorted({*report.unknown, *unknown})
    report.notes += notes
    return report


def reparse_filings(
    *, subjects: Sequence[str] | None = None, settings: Settings, warehouse: Warehouse, lake: Lake
) -> Report:
    """Parse and store all that the lake has of filings again; nothing is fetched. subjects: CIKs in ten digits."""
    tone = open_tone(settings)
    source = SecSource(None, settings, Wanted(date.min, date.max), tone, Writer(warehouse, lake, settings, tone))
    return reparse(source, subjects=subjects, warehouse=warehouse, lake=lake)


def _resolved(
    client: SecClient, symbols: Sequence[str], settings: Settings, warehouse: Warehouse, lake: Lake
) -> tuple[Mapping[str, Sequence[str]], Mapping[str, str]]:
    """Symbols by subject, and the reason of those without. A company that is delisted by now goes by its known CIK."""
    url = f"{settings.sec_archives_url.rstrip('/')}/files/company_tickers.json"
    listed = ask(client, lake, url, f"raw/{SOURCE}/tickers", parse_tickers)
    absent = [symbol for symbol in symbols if spelled(symbol) not in listed]
    instruments = resolve(warehouse, absent)
    known = read_instruments(warehouse, list(instruments.values())) if absent else None
    of_sec = known.filter(pl.col("cik") < OWN_CIKS) if known is not None else None  # not numbers that an import gave
    ciks = {} if of_sec is None else dict(of_sec.select("instrument", "cik").iter_rows())
    subjects: dict[str, list[str]] = {}
    unknown: dict[str, str] = {}
    for symbol in dict.fromkeys(symbols):
        cik = listed.get(spelled(symbol)) or ciks.get(instruments.get(symbol, symbol))
        if cik is None:
            unknown[symbol] = why_unknown(symbol, listed)
        else:
            subjects.setdefault(f"{cik:010d}", []).append(symbol)
    return subjects, unknown


def _name(report: Report, subjects: Mapping[str, Sequence[str]]) -> None:
    """Put symbols in the place of CIKs."""
    names = {subject: ",".join(symbols) for subject, symbols in subjects.items()}
    report.collected = {names[subject]: rows for subject, rows in report.collected.items()}
    report.failed = {names[subject]: reason for subject, reason in report.failed.items()}
    report.unchanged = sorted(names[subject] for subject in report.unchanged)
    report.empty = sorted(names[subject] for subject in report.empty)
    report.unknown = [names[subject] for subject in report.unknown]


def _measured(
    warehouse: Warehouse, subjects: Iterable[str], ready: Container[str], model: str, as_of: datetime
) -> Mapping[int, frozenset[str]]:
    """Accessions whose text is measured, by CIK.

    Where earlier filings are wanted than were collected, texts without a previous one are measured again.
    """
    found = read_filing_texts(warehouse, ciks=[int(s) for s in subjects], model=model, as_of=as_of)
    kept = {int(cik): rows for (cik,), rows in found.group_by("cik")}
    return {
        cik: frozenset((rows if f"{cik:010d}" in ready else rows.drop_nulls("similarity"))["accession"])
        for cik, rows in kept.items()
    }
