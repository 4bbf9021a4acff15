"""What every JSON body of the SEC is read with: faults that say what came instead."""

from __future__ import annotations

import json
from typing import Any

from lode.collect.http import RawRecord
from lode.errors import CollectError, SourceUnavailableError


def read_json(record: RawRecord) -> dict[str, Any]:
    """Return the body's object. A body that is no JSON (cut, a page for people) is a failure of the source.

    Raises SourceUnavailableError for it, CollectError where the JSON is no object.
    """
    try:
        body = json.loads(record.body)
    except ValueError as error:
        begins = record.body[:60].decode(errors="replace")
        raise SourceUnavailableError(f"the SEC sent no JSON from {record.url}: {begins!r}…; try again later") from error
    if not isinstance(body, dict):
        raise changed(record, f"an object was expected, {type(body).__name__} came")
    return body


def changed(record: RawRecord, what: str) -> CollectError:
    """Return the error for a body whose schema is not the one that is known."""
    return CollectError(
        f"the SEC's answer from {record.url} has another schema: {what}; its bytes are kept in the lake: "
        "update lode, then run `lode collect filings --reparse`"
    )
