"""A table as a file to take away. Pure: a frame in, bytes out.

In CSV a spreadsheet takes a cell that begins with =, +, -, @, a tab or a carriage return for a formula of its own and
may run it. Such a text gets an apostrophe in front, which spreadsheets show as what it is; numbers stay numbers, and
Parquet holds everything as it is.
"""

from __future__ import annotations

import io

import polars as pl

_BEGINS_A_FORMULA = r"^[=+\-@\t\r]"


def as_csv(rows: pl.DataFrame) -> bytes:
    """Return UTF-8 with a header; times in UTC, an empty cell where a value is missing."""
    texts = [name for name, kind in rows.schema.items() if kind == pl.String]
    dangerous = [pl.col(name).str.contains(_BEGINS_A_FORMULA) for name in texts]
    safe = rows.with_columns(
        pl.when(is_formula).then("'" + pl.col(name)).otherwise(pl.col(name)).alias(name)
        for name, is_formula in zip(texts, dangerous, strict=True)
    )
    return safe.write_csv().encode()


def as_parquet(rows: pl.DataFrame) -> bytes:
    """Return the frame as it is."""
    buffer = io.BytesIO()
    rows.write_parquet(buffer)
    return buffer.getvalue()
