"""docs/licences.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tools.licences.groups import BUILDING, DEVELOPERS, EXTRAS, IMAGES, INSIDE, USERS, Entry
from tools.licences.rules import ALLOWED, PERMISSIVE, WEAK

_HEADINGS = {
    USERS: "What users install: `lode-factors[run]`",
    EXTRAS: "What the extras `aws`, `ray` and `lightgbm` add",
    IMAGES: "What the images of Lambda and Batch add",
    BUILDING: "What building adds",
    DEVELOPERS: "What developers alone install",
}
_BEGINNING = """# Licences

Lode is under the Apache License 2.0. This page is written by `make licences` from the locks and from what the packages
say themselves; a test holds it to the locks.

## What is allowed

- **Permissive licences**: {permissive}. They ask for their notice to be kept, which it is: nothing is taken out of a
  package.
- **Weak copyleft**: {weak}. They ask that changes of *their* files be published, or that *their* library can be
  replaced. Lode changes none and copies none: pip fetches each from where its authors publish it, and installs it
  apart.
- **GPL and AGPL**, and licences that are not known, are refused: `make licences` and a test fail and name the package.
  One exception: GCC's runtime library, which the wheels of numpy and scipy carry, has a permission of its own
  (GCC-exception-3.1) that leaves what was compiled with it under any licence.

Of several licences joined by *or*, one that is allowed is enough; joined by *and*, all must be. Not judged here are the
templates' checker (`requirements-audit.lock`) and the peers of the benchmarks: programs in environments of their own
that no package, image or build of Lode takes anything from. Of the checker's 96 packages, read once in the same way,
none is under GPL or AGPL.

## What the wheel itself contains of others

{inside}

Their terms stand in [NOTICE](../NOTICE), which is in the wheel.
"""


def text(entries: Sequence[Entry]) -> str:
    """The whole page."""
    parts = [_beginning()]
    for group, heading in _HEADINGS.items():
        chosen = [entry for entry in entries if entry.group == group]
        parts.append(f"## {heading}\n\n{_count(chosen)}\n\n{_table(map(_row, chosen), _COLUMNS)}\n")
    return "\n".join(parts)


_COLUMNS = ("package", "version", "licence", "found in", "allowed because")


def _beginning() -> str:
    free = [name for name, reason in ALLOWED.items() if reason == PERMISSIVE]
    weak = [name for name in WEAK if not name.startswith("GPL")]
    inside = _table(INSIDE, ("what", "licence", "where"))
    return _BEGINNING.format(permissive=", ".join(free), weak=", ".join(weak), inside=inside)


def _count(entries: Sequence[Entry]) -> str:
    names = {entry.pin.name for entry in entries}
    weak = sorted({entry.pin.name for entry in entries if entry.reason != PERMISSIVE})
    but = f" but {', '.join(weak)}" if weak else ""
    return f"{len(names)} packages, all{but} under permissive licences."


def _row(entry: Entry) -> tuple[str, ...]:
    version = entry.pin.version + (f" where {entry.pin.marker}" if entry.pin.marker else "")
    return entry.pin.name, version, entry.licence.expression, entry.licence.source, entry.reason


def _table(rows: Iterable[Sequence[str]], columns: Sequence[str]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
