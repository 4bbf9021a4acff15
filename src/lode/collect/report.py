"""What a collection did, as its commands and pages tell it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date


@dataclass
class Report:
    """What a collection did.

    subjects, requests: how many there were, and how many answers came. rows: appended ones, by subject in `collected`.
    unchanged: subjects without news; empty: subjects of which the source has nothing; refused: quarantined rows by
    reason. failed: reason by subject, beginning with the error's name; `unknown` are those of them that the source
    does not know. throttled: how often the source asked for fewer requests. behind: the last session that came, of
    subjects that lack a later one that was asked for. notes: what a person should read. stopped: why the collection
    ended before all was asked, "" where it did not; what was not asked is in `failed`.
    """

    source: str = ""
    subjects: int = 0
    rows: int = 0
    requests: int = 0
    collected: dict[str, int] = field(default_factory=dict)
    unchanged: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    behind: dict[str, date] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    throttled: int = 0
    stopped: str = ""
    first: date | None = None
    last: date | None = None

    @property
    def failures(self) -> int:
        """How many subjects failed; any makes the exit code 1."""
        return len(self.failed)
