"""Columns of a user's own file, CSV or Parquet: bytes to columns of texts, numbers, days and times.

A value that is missing is null; so is one that is there and cannot be read, which `unreadable` columns mark.
"""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from lode.collect.quality import unreadable
from lode.errors import DataError, NotFoundError

MISSING_WORDS = ("", "nan", "null", "none", "na", "n/a", "-")
DAY = r"^(\d{4}-\d{2}-\d{2})(?:[T ].*)?$"
COMPACT_DAY = r"^(\d{8})$"
_ZONED = r"(Z|[+-]\d{2}:?\d{2})$"
_UTC = pl.Datetime("us", "UTC")


def load_body(path: Path) -> bytes:
    """Return the file's bytes; NotFoundError where there is none, DataError when it cannot be read or is empty."""
    try:
        body = path.read_bytes()
    except FileNotFoundError:
        raise NotFoundError(f"no file {path}; give the path of a CSV or Parquet file") from None
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error
    if not body:
        raise DataError(f"{path} is empty; it needs the names of its columns, and rows")
    return body


def read_table(body: bytes, label: str) -> pl.DataFrame:
    """Rows of a CSV with a header (comma, semicolon, tab or bar between fields; gzip allowed) or of a Parquet body.

    Columns of a CSV are texts. Raises DataError for what is neither; `label` names the file.
    """
    if body[:4] == b"PAR1":
        return read_parquet(body, label)
    plain, separator, _ = split_csv(body, label)
    return read_csv(plain, separator, label)


def split_csv(body: bytes, label: str) -> tuple[bytes, str, list[str]]:
    """Return a CSV's plain bytes, the mark between its fields, and the fields of its first line."""
    try:
        plain = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
    except (OSError, EOFError) as error:
        raise DataError(f"{label} is damaged or neither CSV nor Parquet: {_first_line(error)}") from error
    header = plain[: plain.find(b"\n")] if b"\n" in plain else plain
    separator = max(",;\t|", key=lambda mark: header.count(mark.encode()))
    return plain, separator, header.decode("utf-8-sig", "replace").strip().split(separator)


def read_csv(plain: bytes, separator: str, label: str, names: list[str] | None = None) -> pl.DataFrame:
    """Read a CSV's plain bytes as texts; `names` are the columns of one without a header."""
    try:
        if names is None:
            return pl.read_csv(plain, infer_schema=False, separator=separator)
        return pl.read_csv(plain, infer_schema=False, separator=separator, has_header=False, new_columns=names)
    except (OSError, EOFError, UnicodeDecodeError, pl.exceptions.PolarsError) as error:
        raise DataError(f"{label} is damaged or neither CSV nor Parquet: {_first_line(error)}") from error


def read_parquet(body: bytes, label: str) -> pl.DataFrame:
    """Read a Parquet body; DataError for a damaged one."""
    try:
        table = pq.read_table(io.BytesIO(body), page_checksum_verification=True)
        frame = pl.from_arrow(table)
    except (pa.ArrowException, OSError, ValueError, pl.exceptions.PolarsError) as error:
        raise DataError(f"{label} is damaged or no Parquet file: {_first_line(error)}; write it again") from error
    if not isinstance(frame, pl.DataFrame):
        raise DataError(f"{label} is a Parquet file without columns")
    return frame


def text_column(theirs: str, kind: pl.DataType, label: str) -> pl.Expr:
    """Texts without blanks around them. Raises DataError for a column of another type."""
    if kind.is_integer() or kind in (pl.String, pl.Categorical, pl.Enum, pl.Null):
        return pl.col(theirs).cast(pl.String).str.strip_chars()
    raise DataError(f"column {theirs} of {label} has the type {kind}; texts are allowed")


def number_columns(name: str, theirs: str, kind: pl.DataType, label: str) -> list[pl.Expr]:
    """Value and mark of a number's column."""
    given = pl.col(theirs)
    if kind == pl.String:
        text = given.str.strip_chars()
        number = text.cast(pl.Float64, strict=False)
        missing = given.is_null() | text.str.to_lowercase().is_in(MISSING_WORDS)
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


def day_column(theirs: str, kind: pl.DataType, label: str) -> pl.Expr:
    """Days; null where there is none that can be read. Raises DataError for a column of another type."""
    given = pl.col(theirs)
    if kind == pl.Date:
        return given
    if isinstance(kind, pl.Datetime):
        return given.dt.date()
    if kind == pl.String or kind.is_integer():
        text = given.cast(pl.String).str.strip_chars()
        iso = text.str.extract(DAY).str.to_date("%Y-%m-%d", strict=False)
        return pl.coalesce(iso, text.str.extract(COMPACT_DAY).str.to_date("%Y%m%d", strict=False))
    raise DataError(f"column {theirs} of {label} has the type {kind}; ISO dates such as 2015-01-30 are allowed")


def time_columns(name: str, theirs: str, kind: pl.DataType, label: str, zone: str = "UTC") -> list[pl.Expr]:
    """Times in UTC, those without a zone being of `zone`, and the mark of unreadable ones; DataError likewise.

    An hour that the clocks repeat is taken at its later time; one that they skip is unreadable.
    """
    given = pl.col(theirs)
    if isinstance(kind, pl.Datetime):
        time = _placed(given, zone) if kind.time_zone is None else given.dt.convert_time_zone("UTC")
        missing = given.is_null()
    elif kind == pl.String:
        text = given.str.strip_chars().str.replace(" ", "T", literal=True)
        zoned = pl.when(text.str.contains(_ZONED)).then(text)
        bare = pl.when(~text.str.contains(_ZONED)).then(text)
        time = pl.coalesce(
            zoned.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%#z", time_zone="UTC", time_unit="us", strict=False),
            _placed(bare.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="us", strict=False), zone),
        )
        missing = given.is_null() | text.str.to_lowercase().is_in(MISSING_WORDS)
    elif kind == pl.Null:
        time, missing = given, pl.lit(value=True)
    else:
        raise DataError(
            f"column {theirs} of {label} has the type {kind}; ISO times such as 2015-01-30T21:00:00Z are allowed"
        )
    time = time.cast(_UTC)
    return [time.alias(name), (~missing & time.is_null()).alias(unreadable(name))]


def _placed(naive: pl.Expr, zone: str) -> pl.Expr:
    local = naive.dt.replace_time_zone(zone, ambiguous="latest", non_existent="null")
    return local.dt.convert_time_zone("UTC")


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", maxsplit=1)[0][:200]


def as_quarantine(table: pl.DataFrame, refused: pl.DataFrame, day: str = "period_end") -> pl.DataFrame:
    """Return refused rows as the quarantine keeps them: the table's rows as they came, as JSON."""
    came = table[(refused["row_number"].cast(pl.Int64) - 1).to_list()].select(pl.all().cast(pl.String))
    return refused.select("symbol", pl.col(day).alias("session"), "row_number", "reason").with_columns(
        came.select(pl.struct(pl.all()).struct.json_encode().alias("row_json"))["row_json"]
    )
