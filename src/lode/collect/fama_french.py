"""Fama/French factors from Kenneth R. French's data library: its daily five factors and momentum, as published.

Each file is fetched whole, kept raw, and read anew; later vintages restate earlier days, so that a value counts from
the collection that brought it. © Fama/French, for research: the files are fetched by each user and not part of Lode.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import polars as pl

from lode.collect.asking import Asker, Question
from lode.collect.http import RawRecord
from lode.collect.ingest import ingest
from lode.collect.reparse import reparse
from lode.collect.report import Report
from lode.collect.source import Kept, Request, Stored
from lode.errors import CollectError, UsageError
from lode.lake import Lake
from lode.settings import Settings
from lode.warehouse import Warehouse
from lode.warehouse.stores.imports import Watermark
from lode.warehouse.stores.market_factors import insert_market_factors

FRENCH = "french"
FILES = {
    "five_factors": "F-F_Research_Data_5_Factors_2x3_daily_CSV.zip",
    "momentum": "F-F_Momentum_Factor_daily_CSV.zip",
}
NAMES = {
    "Mkt-RF": "mkt_rf",
    "SMB": "smb",
    "HML": "hml",
    "RMW": "rmw",
    "CMA": "cma",
    "RF": "rf",
    "Mom": "mom",
    "UMD": "mom",
}
_EXPECTED = {"five_factors": {"mkt_rf", "smb", "hml", "rmw", "cma", "rf"}, "momentum": {"mom"}}
_DAY = re.compile(r"\d{8}")
_VINTAGE = re.compile(r"using the (\d{6}) CRSP")
_MISSING = (-99.99, -999.0)
_RATE, _LONGEST = 1.0, 60.0  # requests a second; seconds for one of these files, which are slow to come
_LARGEST = 64 << 20  # bytes of one file out of its archive


@dataclass(frozen=True)
class FactorFile:
    """What a file says.

    factors: factor, session, value (a decimal return; missing ones have no row), vintage (the month of the CRSP
    database that the file's first line names, YYYYMM, "" where it names none), sorted by session.
    """

    factors: pl.DataFrame
    vintage: str


def collect_fama_french(
    *, settings: Settings, warehouse: Warehouse, lake: Lake, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Report:
    """Fetch both files and append what is new or restated; a file that fails is a failure in the report."""
    with Asker(
        "Kenneth French's data library",
        rate=_RATE,
        timeout=max(settings.http_timeout, _LONGEST),
        rate_setting="the number of collections",
        address_setting="LODE_FRENCH_URL",
        clock=now,
    ) as asker:
        source = FrenchSource(asker, settings.french_url, warehouse)
        return ingest(
            source, list(FILES), warehouse=warehouse, lake=lake, now=now, concurrency=1, label="collect factors"
        )


def reparse_fama_french(*, warehouse: Warehouse, lake: Lake) -> Report:
    """Read every vintage in the lake again, oldest first; nothing is fetched."""
    return reparse(FrenchSource(None, "", warehouse), warehouse=warehouse, lake=lake)


class FrenchSource:
    """Kenneth French's library as a source; a subject is a file of FILES."""

    name = FRENCH

    def __init__(self, asker: Asker | None, base: str, warehouse: Warehouse) -> None:
        self._asker, self._base, self._warehouse = asker, base.rstrip("/"), warehouse

    def plan(self, subject: str, mark: Watermark | None) -> Sequence[Request]:  # noqa: ARG002  always the whole file
        """One request: the whole file."""
        about = {"subject": subject, "kind": "factors"}
        return [Request(subject, f"{self._base}/{FILES[subject]}", f"raw/{FRENCH}/factors/file={subject}", about)]

    def fetch(self, request: Request) -> RawRecord:
        """Ask once."""
        if self._asker is None:
            raise UsageError("a source without a client reads what is in the lake")
        return self._asker.ask(Question(request.url, about=request.about))

    def parse(self, record: RawRecord) -> FactorFile:
        """Read a file, zipped or plain; pure. Raises CollectError."""
        return parse_factors(record.body, _EXPECTED[record.about["subject"]])

    def follow(self, parsed: FactorFile) -> Sequence[Request]:  # noqa: ARG002  a file leads nowhere else
        """Nothing."""
        return ()

    def store(self, subject: str, answers: Sequence[Kept[FactorFile]], mark: Watermark | None) -> Stored:  # noqa: ARG002
        """Append new and restated values, known from their fetch."""
        rows = sum(
            insert_market_factors(self._warehouse, answer.parsed.factors, source=FRENCH, known_at=answer.fetched)
            for answer in answers
        )
        newest = answers[-1]
        days = newest.parsed.factors["session"]
        first, last = days[0], days[-1]
        return Stored(
            rows=rows,
            outcome="collected" if rows else "unchanged",
            mark=Watermark(FRENCH, subject, first, last, newest.key, newest.fetched),
            first=first,
            last=last,
            notes=(f"{subject}: vintage {newest.parsed.vintage or 'not stated'}, to {last}",),
        )


def parse_factors(body: bytes, expected: set[str]) -> FactorFile:
    """Factors of a file of the library, percent turned into decimals, -99.99 and -999 into no row.

    expected: factors (values of NAMES) that must be there. Raises CollectError for a body that is not such a file.
    """
    text = _unzipped(body).decode("latin-1")
    lines = text.splitlines()
    header = next((n for n, line in enumerate(lines) if NAMES.keys() & set(_cells(line)[1:])), None)
    if header is None:
        raise CollectError(f"no header with {', '.join(NAMES)} in the file, which begins {text[:80]!r}")
    names = [NAMES.get(cell, "") for cell in _cells(lines[header])[1:]]
    if absent := expected - set(names):
        raise CollectError(f"the file lacks {', '.join(sorted(absent))}; its header is {lines[header]!r}")
    vintage = match[1] if (match := _VINTAGE.search(text)) else ""
    rows = [row for line in lines[header + 1 :] if _DAY.fullmatch(_cells(line)[0]) for row in _values(line, names)]
    if not rows:
        raise CollectError(f"no daily value in the file, which begins {text[:80]!r}")
    frame = pl.DataFrame(rows, schema={"factor": pl.String, "session": pl.Date, "value": pl.Float64}, orient="row")
    if frame.select("factor", "session").is_duplicated().any():
        raise CollectError("the file states a day twice; it was cut or joined on its way: collect it again")
    return FactorFile(frame.with_columns(vintage=pl.lit(vintage)).sort("session", "factor"), vintage)


def _values(line: str, names: Sequence[str]) -> list[tuple[str, date, float]]:
    cells = _cells(line)
    try:
        session = datetime.strptime(cells[0], "%Y%m%d").date()  # noqa: DTZ007  a day has no zone
        values = [float(cell) for cell in cells[1:]]
    except ValueError as error:
        raise CollectError(f"cannot read the line {line!r}: {error}") from error
    if len(values) != len(names):
        raise CollectError(f"the line {line!r} has {len(values)} values where its header has {len(names)}")
    return [
        (name, session, round(value / 100, 10))
        for name, value in zip(names, values, strict=True)
        if name and value not in _MISSING
    ]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split(",")]


def _unzipped(body: bytes) -> bytes:
    if not body.startswith(b"PK"):
        return body
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            inside = [info for info in archive.infolist() if info.filename.lower().endswith(".csv")]
            if len(inside) != 1 or inside[0].file_size > _LARGEST:
                raise CollectError(f"the archive holds {archive.namelist()}; one CSV of a reasonable size is expected")
            return archive.read(inside[0])
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise CollectError(
            f"the archive cannot be opened ({error}); it was cut on its way: collect it again"
        ) from error
