"""The time of an import, decided once and kept in the lake, so that one that was killed goes on as the same import."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from lode.lake import Lake


@dataclass(frozen=True)
class Claim:
    """One import of one file under one source. `time`: when it began (UTC); what it changes is known from then."""

    key: str
    time: datetime

    def finish(self, lake: Lake) -> None:
        """Mark the import as complete: the next one of the same file is another import."""
        lake.claim(f"{self.key}.done", b"")


def claim_import(lake: Lake, *, source: str, batch: str, label: str, now: datetime) -> Claim:
    """Return the file's unfinished import, or a new one that begins `now`."""
    folder = f"imports/source={source}/{batch}"
    number = sum(key.endswith(".done") for key in lake.list(folder)) + 1
    key = f"{folder}/{number:06d}"
    body = json.dumps({"time": now.isoformat(), "file": label}).encode()
    lake.claim(f"{key}.json", body)
    kept = json.loads(lake.get(f"{key}.json"))
    return Claim(key, datetime.fromisoformat(kept["time"]))
