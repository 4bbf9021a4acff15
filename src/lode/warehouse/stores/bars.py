"""Daily bars, corporate actions and what is known of their instruments: bitemporal, only ever appended."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime
from difflib import get_close_matches

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lode.errors import NotFoundError
from lode.warehouse import Warehouse
from lode.warehouse.limits import FIRST_DAY, LAST_DAY
from lode.warehouse.stores.instruments import read_instruments

NUMBERS = ("open", "high", "low", "close", "volume", "adj_close", "vwap")
_VERSION = f"instrument, session, knowledge_time, {', '.join(NUMBERS)}, adjusted, backfilled, currency"
_EVER = datetime(2299, 12, 31, tzinfo=UTC)  # what a DateTime64 holds
_UTC = pl.Datetime("us", "UTC")


def insert_bars(warehouse: Warehouse, bars: pl.DataFrame, *, source: str, collected_at: datetime) -> int:
    """Append versions of bars; the same rows again change nothing. Returns the number of rows.

    bars: instrument, session, knowledge_time, close, adjusted, backfilled, and any of the other numbers, currency,
    collected_at (else the one given) and repairs (the rule that changed the row, empty for a row as it came).
    """
    numbers = [pl.col(n).cast(pl.Float64) if n in bars.columns else pl.lit(None, pl.Float64).alias(n) for n in NUMBERS]
    currency = pl.col("currency").fill_null("") if "currency" in bars.columns else pl.lit("").alias("currency")
    repairs = [pl.col("repairs")] if "repairs" in bars.columns else []
    rows = bars.select(
        pl.lit(source).alias("source"),
        "instrument",
        "session",
        pl.col("knowledge_time").cast(_UTC),
        *numbers,
        "adjusted",
        "backfilled",
        currency,
        (pl.col("collected_at") if "collected_at" in bars.columns else pl.lit(collected_at))
        .cast(_UTC)
        .alias("collected_at"),
        *repairs,
    )
    return warehouse.insert("bars", rows.with_columns(pl.Series("row_hash", row_hash(rows))))


def read_bars(
    warehouse: Warehouse,
    *,
    source: str,
    instruments: Sequence[str] | None = None,
    start: date | None = None,
    end: date | None = None,
    as_of: datetime,
) -> pl.DataFrame:
    """Every version of the source's bars that was known by `as_of`, sorted by instrument, session, knowledge_time.

    Bounds are included, None leaves them open. Raises NotFoundError for a source that has no bars and for instruments
    that it never had, with the nearest names.
    """
    if instruments is not None:
        _require(warehouse, source, instruments)
    found = warehouse.query(
        f"SELECT {_VERSION} FROM bars FINAL WHERE source = {{source:String}} "  # noqa: S608  columns from code
        "AND ({every:Bool} OR instrument IN {instruments:Array(String)}) "
        "AND session BETWEEN {start:Date32} AND {end:Date32} AND knowledge_time <= {as_of:DateTime64(6, 'UTC')} "
        "ORDER BY instrument, session, knowledge_time, row_hash",
        source=source,
        every=instruments is None,
        instruments=list(instruments or ()),
        start=start or FIRST_DAY,
        end=end or LAST_DAY,
        as_of=as_of,
    )
    if found.is_empty() and source not in (known := list_sources(warehouse)):
        raise NotFoundError(
            f"no source {source!r}; there are: {', '.join(known) or 'none yet, see `lode import bars`'}"
        )
    return found


def latest_bars(
    warehouse: Warehouse,
    *,
    source: str,
    instruments: Sequence[str],
    start: date | None = None,
    as_of: datetime | None = None,
) -> pl.DataFrame:
    """Return the version with the latest knowledge time of every (instrument, session) of these instruments.

    start: the first session wanted; as_of: only what was known by then; None leaves them open. Repaired versions are
    left out: what comes again is compared with what came.
    """
    return warehouse.query(
        f"SELECT {_VERSION} FROM bars FINAL WHERE source = {{source:String}} "  # noqa: S608  columns from code
        "AND instrument IN {instruments:Array(String)} AND repairs = '' "
        "AND session >= {start:Date32} AND knowledge_time <= {as_of:DateTime64(6, 'UTC')} "
        "ORDER BY instrument, session, knowledge_time DESC, row_hash DESC LIMIT 1 BY instrument, session",
        source=source,
        instruments=list(instruments),
        start=start or FIRST_DAY,
        as_of=as_of or _EVER,
    )


def repaired_bars(warehouse: Warehouse, *, source: str) -> pl.DataFrame:
    """Every version that a repair rule made: instrument, session, knowledge_time, repairs."""
    return warehouse.query(
        "SELECT instrument, session, knowledge_time, toString(repairs) AS repairs FROM bars FINAL "
        "WHERE source = {source:String} AND repairs != '' ORDER BY instrument, session, knowledge_time",
        source=source,
    )


def read_actions(
    warehouse: Warehouse, *, source: str, instruments: Sequence[str] | None = None, as_of: datetime
) -> pl.DataFrame:
    """Every version of the source's actions known by `as_of`: instrument, ex_date, kind, value, knowledge_time."""
    return warehouse.query(
        "SELECT instrument, ex_date, toString(kind) AS kind, value, knowledge_time FROM corporate_actions FINAL "
        "WHERE source = {source:String} AND ({every:Bool} OR instrument IN {instruments:Array(String)}) "
        "AND knowledge_time <= {as_of:DateTime64(6, 'UTC')} ORDER BY instrument, ex_date, kind, knowledge_time",
        source=source,
        every=instruments is None,
        instruments=list(instruments or ()),
        as_of=as_of,
    )


def insert_actions(warehouse: Warehouse, actions: pl.DataFrame, *, source: str) -> int:
    """Append corporate actions: instrument, ex_date, kind, value, knowledge_time."""
    rows = actions.select(
        pl.lit(source).alias("source"), "instrument", "ex_date", "kind", "value", pl.col("knowledge_time").cast(_UTC)
    )
    return warehouse.insert("corporate_actions", rows)


def list_sources(warehouse: Warehouse) -> list[str]:
    """Sources that have bars, sorted."""
    return list(warehouse.query("SELECT DISTINCT source FROM bars ORDER BY source")["source"])


def list_instruments(warehouse: Warehouse, *, source: str) -> pl.DataFrame:
    """Instruments of a source: instrument, first_session, last_session, sorted."""
    return warehouse.query(
        "SELECT instrument, min(session) AS first_session, max(session) AS last_session FROM bars "
        "WHERE source = {source:String} GROUP BY instrument ORDER BY instrument",
        source=source,
    )


def read_currencies(warehouse: Warehouse, instruments: Sequence[str], ciks: Sequence[int] = ()) -> dict[str, str]:
    """Currency of the prices of these instruments, and of those of these companies, as the latest bar that says it."""
    found = warehouse.query(
        "SELECT instrument, toString(argMax(bars.currency, (session, knowledge_time))) AS latest FROM bars "
        "WHERE bars.currency != '' AND (instrument IN {instruments:Array(String)} OR instrument IN "
        "(SELECT instrument FROM instruments WHERE cik IN {ciks:Array(UInt64)})) "
        "GROUP BY instrument ORDER BY instrument",
        instruments=list(instruments),
        ciks=list(ciks),
    )
    return dict(found.iter_rows())


def read_sectors(warehouse: Warehouse, instruments: Sequence[str]) -> pl.DataFrame:
    """Sector of each of these instruments that has one: instrument, sector."""
    return read_instruments(warehouse, instruments).filter(pl.col("sector") != "").select("instrument", "sector")


def row_hash(rows: pl.DataFrame) -> NDArray[np.uint64]:
    """Hash of each row's values (numbers, adjusted, currency), the same on every machine and version.

    Missing values are alike; 0 and -0 are alike. Each column is mixed in with splitmix64 (Steele et al. 2014).
    """
    hashed = np.zeros(rows.height, np.uint64)
    for name in NUMBERS:
        values = rows[name].fill_null(float("nan")).to_numpy() + 0.0
        bits = np.where(np.isnan(values), np.float64("nan"), values).view(np.uint64)
        hashed = _mixed(hashed ^ bits)
    hashed = _mixed(hashed ^ rows["adjusted"].to_numpy().astype(np.uint64))
    codes = {
        text: int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") for text in rows["currency"].unique()
    }
    return _mixed(hashed ^ np.array([codes[text] for text in rows["currency"]], np.uint64))


def _mixed(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    z = state + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def _require(warehouse: Warehouse, source: str, instruments: Sequence[str]) -> None:
    """Raise NotFoundError when the source never had one of the instruments."""
    known = list(list_instruments(warehouse, source=source)["instrument"])
    absent = sorted(set(instruments) - set(known))
    if not absent:
        return
    near = sorted({name for wanted in absent for name in get_close_matches(wanted, known, n=3, cutoff=0.5)})
    hint = f"; near: {', '.join(near[:10])}" if near else ""
    some = ", ".join(absent[:10]) + (f" and {len(absent) - 10} more" if len(absent) > 10 else "")
    raise NotFoundError(
        f"source {source!r} has no bars of {some}{hint}; it has {len(known)} names: import or collect them first"
    )
