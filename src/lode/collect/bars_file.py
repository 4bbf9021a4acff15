"""Bars files, CSV or Parquet: their columns, types and values, before any rule is applied."""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from lode.collect.own_tables import (
    COMPACT_DAY,
    DAY,
    MISSING_WORDS,
    day_column,
    number_columns,
    read_csv,
    read_parquet,
    split_csv,
    text_column,
    time_columns,
)
from lode.collect.quality import REPEATED_HEADER
from lode.columns import BARS_ALIASES, column_names
from lode.errors import DataError
from lode.warehouse.stores.bars import NUMBERS

REQUIRED = ("symbol", "date", "close")
TEXTS = ("sector", "currency")
COLUMNS = ("symbol", "date", *NUMBERS, "knowledge_time", *TEXTS)
ORDER = ("symbol", "date", "open", "high", "low", "close", "volume", "adj_close")  # of a file without a header
_FEWEST = 6  # columns that such a file needs to be taken for one


@dataclass(frozen=True)
class BarsFile:
    """A file as it came. `rows` has the file's own columns; `names` maps Lode's column names to them.

    headerless: the file had no line of names, and ORDER was taken.
    """

    rows: pl.DataFrame
    names: dict[str, str]
    headerless: bool = False


def read_bars_file(body: bytes, label: str) -> BarsFile:
    """Decode a CSV (comma, semicolon, tab or bar between fields; gzip allowed) or Parquet body.

    A CSV whose first line is a bar (its second field is a day, the fields behind it are numbers) has no header: its
    columns are those of ORDER. Raises DataError for a damaged body, missing or ambiguous columns, and a file without
    rows; `label` names the file.
    """
    rows, headerless = (read_parquet(body, label), False) if body[:4] == b"PAR1" else _csv(body, label)
    names = _names(rows.columns, label)
    if rows.is_empty():
        raise DataError(f"{label} has columns but no rows; there is nothing to import")
    return BarsFile(rows, names, headerless)


def typed_bars(file: BarsFile, label: str) -> pl.DataFrame:
    """Rows with `row_number` (from 1), symbol, session and the fields that the file has, as numbers.

    Symbols are stripped and upper-cased. A value that is missing is null; one that is there and is no finite number is
    null with its mark `unreadable(field)`. Times without a zone are UTC. Raises DataError for a column of another type.
    """
    rows, names = file.rows, file.names
    kinds = {ours: rows.schema[theirs] for ours, theirs in names.items()}
    symbol = text_column(names["symbol"], kinds["symbol"], label).str.to_uppercase()
    columns = [
        symbol.replace("", None).alias("symbol"),
        day_column(names["date"], kinds["date"], label).alias("session"),
    ]
    for name in NUMBERS:
        if name in names:
            columns += number_columns(name, names[name], kinds[name], label)
    if "knowledge_time" in names:
        columns += time_columns("knowledge_time", names["knowledge_time"], kinds["knowledge_time"], label)
    columns += [text_column(names[name], kinds[name], label).alias(name) for name in TEXTS if name in names]
    if kinds["symbol"] == pl.String and kinds["date"] == pl.String:
        repeated = [pl.col(names[n]).str.strip_chars().str.to_lowercase() == n_ for n, n_ in _headings(names, file)]
        columns.append(pl.all_horizontal(repeated).alias(REPEATED_HEADER))
    return (
        rows.select(columns).with_row_index("row_number", offset=1).with_columns(pl.col("row_number").cast(pl.UInt64))
    )


def _headings(names: dict[str, str], file: BarsFile) -> list[tuple[str, str]]:
    """What the columns symbol and date hold in a line of names that stands among the rows."""
    return [(n, n if file.headerless else names[n].strip().lower()) for n in ("symbol", "date")]


def rows_as_json(file: BarsFile, row_numbers: pl.Series) -> pl.Series:
    """Return the file's rows of these numbers as JSON objects of texts, as they came."""
    picked = file.rows[(row_numbers.cast(pl.Int64) - 1).to_list()]
    texts = [
        (pl.col(name).bin.encode("hex") if kind == pl.Binary else pl.col(name).cast(pl.String)).alias(name)
        for name, kind in picked.schema.items()
        if not kind.is_nested()
    ]
    return picked.select(pl.struct(texts).struct.json_encode().alias("row_json"))["row_json"]


def _csv(body: bytes, label: str) -> tuple[pl.DataFrame, bool]:
    """Return the rows, all texts, and whether the file had no header."""
    plain, separator, first = split_csv(body, label)
    headerless = _is_bar(first)
    return read_csv(plain, separator, label, list(ORDER[: len(first)]) if headerless else None), headerless


def _is_bar(fields: list[str]) -> bool:
    """Whether a first line is a bar in the order ORDER instead of names."""
    if not _FEWEST <= len(fields) <= len(ORDER) or not re.match(rf"{DAY}|{COMPACT_DAY}", fields[1].strip()):
        return False
    numbers = [text.strip().lower() for text in fields[2:]]
    return all(text in MISSING_WORDS or re.fullmatch(r"[+-]?\d*\.?\d+(e[+-]?\d+)?", text) for text in numbers)


def _names(columns: list[str], label: str) -> dict[str, str]:
    """Map Lode's names to the file's; DataError where a needed one is missing."""
    found = column_names(columns, COLUMNS, BARS_ALIASES, label)
    absent = [name for name in REQUIRED if name not in found]
    if absent:
        raise DataError(
            f"{label} has no column {', '.join(absent)}; it has {', '.join(columns[:20]) or 'none'}; "
            f"needed are {', '.join(REQUIRED)}, read as well are {', '.join(c for c in COLUMNS if c not in REQUIRED)}"
        )
    return found
