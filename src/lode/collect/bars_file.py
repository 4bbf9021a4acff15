"""Bars files, CSV or Parquet: their columns, types and values, before any rule is applied."""

from __future__ import annotations

import gzip
import io
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from lode.collect.quality import unreadable
from lode.errors import DataError, NotFoundError
from lode.warehouse.stores.bars import NUMBERS

REQUIRED = ("symbol", "date", "close")
TEXTS = ("sector", "currency")
COLUMNS = ("symbol", "date", *NUMBERS, "knowledge_time", *TEXTS)
ALIASES = {
    "symbol": ("ticker", "name", "instrument"),
    "date": ("session", "day"),
    "adj_close": ("adj close", "adjclose", "adjusted_close"),
}
_MISSING_WORDS = ("", "nan", "null", "none", "na", "n/a", "-")
_DAY = r"^(\d{4}-\d{2}-\d{2})(?:[T ].*)?$"
_COMPACT_DAY = r"^(\d{8})$"
_ZONED = r"(Z|[+-]\d{2}:?\d{2})$"
_UTC = pl.Datetime("us", "UTC")


@dataclass(frozen=True)
class BarsFile:
    """A file as it came. `rows` has the file's own columns; `names` maps Lode's column names to them."""

    rows: pl.DataFrame
    names: dict[str, str]

    @property
    def renamed(self) -> dict[str, str]:
        """The file's columns that were taken under another name."""
        return {theirs: ours for ours, theirs in self.names.items() if theirs.lower() != ours}

    @property
    def ignored(self) -> tuple[str, ...]:
        """The file's columns that are not used."""
        return tuple(name for name in self.rows.columns if name not in self.names.values())


def load_body(path: Path) -> bytes:
    """Return the file's bytes; DataError when it cannot be read or is empty."""
    try:
        body = path.read_bytes()
    except FileNotFoundError:
        raise NotFoundError(f"no file {path}; give the path of a CSV or Parquet file of bars") from None
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error
    if not body:
        raise DataError(f"{path} is empty; a bars file has the columns {', '.join(COLUMNS[:7])}")
    return body


def read_bars_file(body: bytes, label: str) -> BarsFile:
    """Decode a CSV (comma, semicolon, tab or bar between fields; gzip allowed) or Parquet body.

    Raises DataError for a damaged body, missing or ambiguous columns, and a file without rows; `label` names the file.
    """
    rows = _parquet(body, label) if body[:4] == b"PAR1" else _csv(body, label)
    names = _names(rows.columns, label)
    if rows.is_empty():
        raise DataError(f"{label} has columns but no rows; there is nothing to import")
    return BarsFile(rows, names)


def typed_bars(file: BarsFile, label: str) -> pl.DataFrame:
    """Rows with `row_number` (from 1), symbol, session and the fields that the file has, as numbers.

    Symbols are stripped and upper-cased. A value that is missing is null; one that is there and is no finite number is
    null with its mark `unreadable(field)`. Times without a zone are UTC. Raises DataError for a column of another type.
    """
    rows, names = file.rows, file.names
    kinds = {ours: rows.schema[theirs] for ours, theirs in names.items()}
    symbol = _text(names["symbol"], kinds["symbol"], label).str.to_uppercase()
    columns = [symbol.replace("", None).alias("symbol"), _day(names["date"], kinds["date"], label).alias("session")]
    for name in NUMBERS:
        if name in names:
            columns += _number(name, names[name], kinds[name], label)
    if "knowledge_time" in names:
        columns += _knowledge_time(names["knowledge_time"], kinds["knowledge_time"], label)
    columns += [_text(names[name], kinds[name], label).alias(name) for name in TEXTS if name in names]
    return (
        rows.select(columns).with_row_index("row_number", offset=1).with_columns(pl.col("row_number").cast(pl.UInt64))
    )


def rows_as_json(file: BarsFile, row_numbers: pl.Series) -> pl.Series:
    """Return the file's rows of these numbers as JSON objects of texts, as they came."""
    picked = file.rows[(row_numbers.cast(pl.Int64) - 1).to_list()]
    texts = [
        (pl.col(name).bin.encode("hex") if kind == pl.Binary else pl.col(name).cast(pl.String)).alias(name)
        for name, kind in picked.schema.items()
        if not kind.is_nested()
    ]
    return picked.select(pl.struct(texts).struct.json_encode().alias("row_json"))["row_json"]


def _parquet(body: bytes, label: str) -> pl.DataFrame:
    try:
        table = pq.read_table(io.BytesIO(body), page_checksum_verification=True)
        frame = pl.from_arrow(table)
    except (pa.ArrowException, OSError, ValueError, pl.exceptions.PolarsError) as error:
        raise DataError(f"{label} is damaged or no Parquet file: {_first_line(error)}; write it again") from error
    if not isinstance(frame, pl.DataFrame):
        raise DataError(f"{label} is a Parquet file without columns")
    return frame


def _csv(body: bytes, label: str) -> pl.DataFrame:
    try:
        plain = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
        header = plain[: plain.find(b"\n")] if b"\n" in plain else plain
        separator = max(",;\t|", key=lambda mark: header.count(mark.encode()))
        return pl.read_csv(plain, infer_schema=False, separator=separator)
    except (OSError, EOFError, UnicodeDecodeError, pl.exceptions.PolarsError) as error:
        raise DataError(f"{label} is damaged or neither CSV nor Parquet: {_first_line(error)}") from error


def _names(columns: list[str], label: str) -> dict[str, str]:
    """Map Lode's names to the file's, case aside; an exact name wins over an alias."""
    found: dict[str, str] = {}
    for ours in COLUMNS:
        for accepted in ((ours,), ALIASES.get(ours, ())):
            theirs = [name for name in columns if name.strip().lower() in accepted and name not in found.values()]
            if len(theirs) > 1:
                raise DataError(f"{label} has several columns for {ours}: {', '.join(theirs)}; keep one of them")
            if theirs:
                found[ours] = theirs[0]
                break
    absent = [name for name in REQUIRED if name not in found]
    if absent:
        raise DataError(
            f"{label} has no column {', '.join(absent)}; it has {', '.join(columns[:20]) or 'none'}; "
            f"needed are {', '.join(REQUIRED)}, read as well are {', '.join(c for c in COLUMNS if c not in REQUIRED)}"
        )
    return found


def _text(theirs: str, kind: pl.DataType, label: str) -> pl.Expr:
    if kind.is_integer() or kind in (pl.String, pl.Categorical, pl.Enum, pl.Null):
        return pl.col(theirs).cast(pl.String).str.strip_chars()
    raise DataError(f"column {theirs} of {label} has the type {kind}; texts are allowed")


def _number(name: str, theirs: str, kind: pl.DataType, label: str) -> list[pl.Expr]:
    """Value and mark of a number's column."""
    given = pl.col(theirs)
    if kind == pl.String:
        text = given.str.strip_chars()
        number = text.cast(pl.Float64, strict=False)
        missing = given.is_null() | text.str.to_lowercase().is_in(_MISSING_WORDS)
    elif kind.is_numeric() or kind == pl.Null:
        number = given.cast(pl.Float64)
        missing = given.is_null() | number.is_nan()
    else:
        raise DataError(f"column {theirs} of {label} has the type {kind}; numbers are allowed")
    finite = number.is_finite().fill_null(value=False)
    value = pl.when(finite).then(number).alias(name)
    if name == "close":  # a missing close breaks the same rule as an unreadable one
        return [value]
    return [value, (~missing & ~finite).alias(unreadable(name))]


def _day(theirs: str, kind: pl.DataType, label: str) -> pl.Expr:
    given = pl.col(theirs)
    if kind == pl.Date:
        return given
    if isinstance(kind, pl.Datetime):
        return given.dt.date()
    if kind == pl.String or kind.is_integer():
        text = given.cast(pl.String).str.strip_chars()
        iso = text.str.extract(_DAY).str.to_date("%Y-%m-%d", strict=False)
        return pl.coalesce(iso, text.str.extract(_COMPACT_DAY).str.to_date("%Y%m%d", strict=False))
    raise DataError(f"column {theirs} of {label} has the type {kind}; ISO dates such as 2015-01-30 are allowed")


def _knowledge_time(theirs: str, kind: pl.DataType, label: str) -> list[pl.Expr]:
    given = pl.col(theirs)
    if isinstance(kind, pl.Datetime):
        time = given.dt.replace_time_zone("UTC") if kind.time_zone is None else given.dt.convert_time_zone("UTC")
        missing = given.is_null()
    elif kind == pl.String:
        text = given.str.strip_chars().str.replace(" ", "T", literal=True)
        zoned = pl.when(text.str.contains(_ZONED)).then(text).otherwise(text + pl.lit("Z"))
        time = zoned.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%#z", time_zone="UTC", time_unit="us", strict=False)
        missing = given.is_null() | text.str.to_lowercase().is_in(_MISSING_WORDS)
    elif kind == pl.Null:
        time, missing = given, pl.lit(value=True)
    else:
        raise DataError(
            f"column {theirs} of {label} has the type {kind}; ISO times such as 2015-01-30T21:00:00Z are allowed"
        )
    time = time.cast(_UTC)
    return [time.alias("knowledge_time"), (~missing & time.is_null()).alias(unreadable("knowledge_time"))]


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", maxsplit=1)[0][:200]
