"""Whether a snapshot's data are real: the mark that every page shows."""

from __future__ import annotations

import json


def label_of(snapshot: str, meta: str) -> str:
    """Return the label of a snapshot from its record's JSON, "" for real data.

    A record that cannot be read is said to be so, since nothing then tells whether the data are real.
    """
    try:
        return str(json.loads(meta)["panel"]["label"])
    except (ValueError, KeyError, TypeError):
        return f"unknown: the record of snapshot {snapshot} is damaged; `lode snapshot` makes a new one"
