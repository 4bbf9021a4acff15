"""Which symbols: an index by its members, a file, or symbols separated by commas."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

from lode.collect.membership import INDICES, members_between, members_on, top_number
from lode.errors import DataError, UsageError

_SYMBOL = re.compile(r"[A-Z0-9^][A-Z0-9.^=_-]{0,31}")


def resolve_universe(universe: str, *, when: date | None = None) -> list[str]:
    """Symbols of `universe`, upper-case, sorted, each once.

    universe: dow30, nasdaq100 or sp500 (members on `when`, today by default, as Yahoo spells them: BRK-B), a file with
        one symbol a line (a header `symbol`, further columns behind a comma and lines with # are allowed), or symbols
        separated by commas. A name without a comma that is a file is read.
    Raises UsageError for what is none of these and for malformed symbols, DataError for a file that cannot be read.
    """
    text = universe.strip()
    if text.lower() in INDICES:
        return members_on(text, when or datetime.now(UTC).date())
    if top_number(text):
        raise UsageError(
            f"--universe {text}: the most traded names are chosen from bars that the warehouse has; collect symbols "
            "first, then take it together with their --source"
        )
    path = Path(text)
    if "," not in text and ("/" in text or "\\" in text or path.suffix.lower() in {".csv", ".txt"} or path.is_file()):
        return _checked(_lines(path), f"file {path}")
    return _checked(text.split(","), f"--universe {universe!r}")


def symbols_between(universe: str, start: date, end: date | None = None) -> list[str]:
    """Symbols to collect for `start` to `end` (today): of an index everybody who was a member in it, else as above."""
    if universe.strip().lower() in INDICES:
        return members_between(universe, start, end)
    return resolve_universe(universe)


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"cannot read the universe {path}: {getattr(error, 'strerror', None) or 'it is no text'}; allowed are "
            f"{', '.join(INDICES)}, a text file with one symbol a line, or symbols separated by commas"
        ) from error
    first = [line.split(",")[0] for line in text.splitlines() if not line.lstrip().startswith("#")]
    return first[1:] if first and first[0].strip().strip("\"'").lower() in {"symbol", "ticker"} else first


def _checked(symbols: list[str], origin: str) -> list[str]:
    cleaned = [symbol.strip().strip("\"'").upper() for symbol in symbols]
    cleaned = [symbol for symbol in cleaned if symbol]
    faulty = [symbol for symbol in cleaned if not _SYMBOL.fullmatch(symbol)]
    if faulty or not cleaned:
        what = f"{', '.join(map(repr, faulty[:5]))} cannot be a symbol" if faulty else "there is no symbol"
        raise UsageError(
            f"{origin}: {what}; allowed are {', '.join(INDICES)}, a file with one symbol a line, or symbols separated "
            "by commas such as AAPL,BRK-B,^GSPC"
        )
    return sorted(set(cleaned))
