"""What commands print: one JSON object, or tables for a reader."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import polars as pl
from cyclopts import Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lode.errors import StorageError

AsJson = Annotated[bool, Parameter(name="--json", negative="", help="Print one JSON object.")]
_WIDE = 140


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave a reader that has gone to the entry point; rich would end the process here, in the midst of work."""
        raise BrokenPipeError


def console() -> Console:
    """Return a console on standard output; a pipe gets lines that are not cut."""
    return _Console(file=sys.stdout, width=None if sys.stdout.isatty() else _WIDE, soft_wrap=False, highlight=False)


def emit_json(content: Mapping[str, Any]) -> None:
    """Print one JSON object; a number that is not finite is null."""
    sys.stdout.write(json.dumps(plain(content), ensure_ascii=False) + "\n")


def write_page(path: Path, text: str) -> None:
    """Write a page to a file; StorageError where that cannot be done."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        msg = f"cannot write {path}: {error.strerror or error}; give a file in a folder that can be written"
        raise StorageError(msg) from error


def plain(value: Any) -> Any:  # noqa: ANN401  any JSON value
    """Return a value as JSON holds it: times in ISO form, NaN and infinities as null."""
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def rows_of(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Return a frame as JSON rows."""
    return [plain(row) for row in frame.iter_rows(named=True)]


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; columns of numbers stand right."""
    listed = [[shown(value) for value in row] for row in rows]
    table = Table(title=title, title_justify="left", title_style="bold", show_edge=False, pad_edge=False)
    for place, name in enumerate(columns):
        numeric = bool(listed) and all(_numeric(row[place]) for row in listed)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in listed:
        table.add_row(*(Text(value) for value in row))
    console().print(table)


def shown(value: object) -> str:
    """Return a value as a table shows it: four digits, a dash for what is missing."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _numeric(text: str) -> bool:
    return (
        text == "–"
        or text.replace(",", "").replace(".", "").replace("-", "").replace("e+", "").replace("e", "").isdigit()
    )
