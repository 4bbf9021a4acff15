"""Which symbols: an index by its members, a file, or symbols separated by commas."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

from lode.errors import DataError, UsageError

INDICES = ("dow30", "sp500")
_SYMBOL = re.compile(r"[A-Z0-9^][A-Z0-9.^=_-]{0,31}")


def resolve_universe(universe: str, *, when: date | None = None) -> list[str]:
    """Symbols of `universe`, upper-case, sorted, each once.

    universe: dow30 or sp500 (members on `when`, today by default, as Yahoo spells them: BRK-B), a file with one symbol
        a line (a header `symbol`, further columns behind a comma and lines with # are allowed), or symbols separated by
        commas. A name without a comma that is a file is read.
    Raises UsageError for what is none of these and for malformed symbols, DataError for a file that cannot be read.
    """
    text = universe.strip()
    if text.lower() in INDICES:
        return _members(text.lower(), when or datetime.now(UTC).date())
    path = Path(text)
    if "," not in text and ("/" in text or "\\" in text or path.suffix.lower() in {".csv", ".txt"} or path.is_file()):
        return _checked(_lines(path), f"file {path}")
    return _checked(text.split(","), f"--universe {universe!r}")


def _members(index: str, when: date) -> list[str]:
    try:
        import index_constitution  # noqa: PLC0415  it brings pandas, and only collecting needs it
    except ImportError as error:
        raise UsageError(f"the universe {index} needs {error.name}: pip install 'lode-factors[collect]'") from error
    members = index_constitution.constituents_at(index, when)["symbol"]
    return sorted({str(symbol).replace(".", "-") for symbol in members})


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"cannot read the universe {path}: {getattr(error, 'strerror', None) or 'it is no text'}; allowed are "
            f"{', '.join(INDICES)}, a text file with one symbol a line, or symbols separated by commas"
        ) from error
    first = [line.split(",")[0] for line in text.splitlines() if not line.lstrip().startswith("#")]
    return first[1:] if first and first[0].strip().lower() in {"symbol", "ticker"} else first


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
