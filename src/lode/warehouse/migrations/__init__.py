"""The warehouse's tables: numbered SQL files, each applied once and recorded.

Every statement says IF NOT EXISTS (or its like), so that a file can be applied twice to the same effect: two clients
may start at once, and one may be killed between two statements. A file that has been published is never edited; a
change is a new file. Statements are separated by a semicolon at the end of a line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files


@dataclass(frozen=True)
class Migration:
    """One numbered file: its statements and the hash of its text."""

    number: int
    name: str
    statements: tuple[str, ...]
    checksum: str


def load_migrations() -> list[Migration]:
    """Every migration of this version of Lode, by number."""
    paths = sorted((p for p in files(__name__).iterdir() if p.name.endswith(".sql")), key=lambda p: p.name)
    return [_parse(path.name, path.read_text(encoding="utf-8")) for path in paths]


def _parse(name: str, text: str) -> Migration:
    code = re.sub(r"^\s*--.*$", "", text, flags=re.MULTILINE)
    statements = tuple(part.strip() for part in re.split(r";\s*$", code, flags=re.MULTILINE) if part.strip())
    return Migration(int(name[:4]), name, statements, sha256(text.encode()).hexdigest()[:16])
