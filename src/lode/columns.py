"""Which columns of a user's table are ours: by name, case aside, or by another name in use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lode.errors import DataError

BARS_ALIASES: Mapping[str, tuple[str, ...]] = {
    "symbol": ("ticker", "name", "instrument"),
    "date": ("session", "day"),
    "adj_close": ("adj close", "adjclose", "adjusted_close"),
}


def column_names(
    columns: Sequence[str], ours: Sequence[str], aliases: Mapping[str, tuple[str, ...]], label: str
) -> dict[str, str]:
    """Map our names to those of the table `label`, case aside; an exact name wins over an alias.

    What the table lacks is left out. DataError for several columns of one name.
    """
    found: dict[str, str] = {}
    for name in ours:
        for accepted in ((name,), aliases.get(name, ())):
            theirs = [column for column in columns if column.strip().lower() in accepted]
            if len(theirs) > 1:
                raise DataError(f"{label} has several columns for {name}: {', '.join(theirs)}; keep one of them")
            if theirs:
                found[name] = theirs[0]
                break
    return found
