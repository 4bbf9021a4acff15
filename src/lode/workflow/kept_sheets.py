"""Where the sheets of a run's finalists lie in the lake, and how they are read: without what makes them."""

from __future__ import annotations

import json
from typing import Any

from lode.lake import Lake


def sheet_key(run: str, factor: str) -> str:
    """Lake key of a factor's sheet in a run."""
    return f"runs/{run}/sheets/{factor}.json"


def read_sheet(lake: Lake, run: str, factor: str) -> dict[str, Any] | None:
    """Read the record of a factor's sheet, `sheet_record` with `code`; None where none was made."""
    key = sheet_key(run, factor)
    return dict(json.loads(lake.get(key))) if lake.exists(key) else None
