"""Who belonged to a universe when: an index by its history, or spells that were imported.

The universe of years is everybody who belonged to it in them: today's members alone are those that did well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from lode.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

    from lode.warehouse import Warehouse

INDICES = ("dow30", "nasdaq100", "sp500")
_TOP = re.compile(r"top:([1-9][0-9]{0,4})", re.IGNORECASE)
_DAY = timedelta(days=1)
Spell = tuple[str, date, date | None]
"""Symbol, first and last day, both included; None while it goes on."""


def top_number(universe: str) -> int | None:
    """N of the universe `top:N`, the N names with the largest trailing dollar volume; None for any other."""
    found = _TOP.fullmatch(universe.strip())
    return int(found[1]) if found else None


def members_between(universe: str, start: date, end: date | None = None) -> list[str]:
    """Symbols of everybody who was a member of an index at some time from `start` to `end` (today), sorted.

    As Yahoo spells them (BRK-B) and by their present tickers: META for what was FB. Raises UsageError for what is no
    index.
    """
    last = end or datetime.now(UTC).date()
    return sorted({symbol for symbol, first, until in index_spells(universe) if first <= last and _after(until, start)})


def members_on(universe: str, day: date) -> list[str]:
    """Symbols of an index's members of one day, sorted."""
    return members_between(universe, day, day)


@cache
def index_spells(universe: str) -> tuple[Spell, ...]:
    """Spells of an index by present tickers, sorted; those that touch or overlap are one."""
    index = universe.strip().lower()
    if index not in INDICES:
        raise UsageError(f"--universe {universe!r} is no index; those with a history are {', '.join(INDICES)}")
    rows = _package("history", index)[["symbol", "opt-in", "opt-out"]].itertuples(index=False)
    given = [(_yahoo(symbol), first.date(), _last(out)) for symbol, first, out in rows]
    return tuple(_joined(spell for spell in given if spell[2] is None or spell[2] >= spell[1]))


def universe_members(
    warehouse: Warehouse, universe: str, *, start: date | None = None, end: date | None = None
) -> pl.DataFrame | None:
    """Spells of `universe` that touch `start` to `end`: instrument, first_session, last_session; None without any.

    Spells that were imported into the warehouse come first, then the history of an index. A ticker that the index's
    member had before counts for its time: FB until 2022-06-08, META throughout.
    """
    import polars as pl  # noqa: PLC0415  collecting symbols needs no frames

    from lode.warehouse.stores.members import list_universes, read_members  # noqa: PLC0415

    if universe in list_universes(warehouse):
        return read_members(warehouse, universe, start=start, end=end)
    if universe.strip().lower() not in INDICES:
        return None
    named = [*index_spells(universe), *_under_former_tickers(index_spells(universe))]
    touching = [s for s in named if (end is None or s[1] <= end) and (start is None or _after(s[2], start))]
    schema = {"instrument": pl.String, "first_session": pl.Date, "last_session": pl.Date}
    return pl.DataFrame(_identified(warehouse, touching), schema=schema, orient="row").unique().sort(*schema)


def _identified(warehouse: Warehouse, spells: list[Spell]) -> list[Spell]:
    """Spells by instrument: of a ticker that several companies had, the one that had it when the spell began."""
    from lode.warehouse.stores.instruments import read_spells, resolve  # noqa: PLC0415  polars

    symbols = sorted({symbol for symbol, _, _ in spells})
    known = resolve(warehouse, symbols)
    holders = read_spells(warehouse, symbols).group_by("symbol").n_unique()
    several = set(holders.filter(holders["instrument"] > 1)["symbol"])
    return [
        (resolve(warehouse, [symbol], on=first)[symbol] if symbol in several else known[symbol], first, last)
        for symbol, first, last in spells
    ]


def _under_former_tickers(spells: Iterable[Spell]) -> Iterator[Spell]:
    """The same spells under the tickers that the members had before, as long as they had them."""
    former = {new: (old, changed) for changed, old, new in _ticker_changes()}
    for symbol, first, last in spells:
        now, ended = symbol, last
        while now in former:
            now, changed = former[now]
            ended = min(changed - _DAY, ended or changed)
            if ended < first:
                break
            yield now, first, ended


def _ticker_changes() -> list[tuple[date, str, str]]:
    events = _package("events", region="us")
    changes = events[events["event_type"] == "ticker_change"][["event_date", "old_symbol", "new_symbol"]]
    return [(day.date(), _yahoo(old), _yahoo(new)) for day, old, new in changes.itertuples(index=False)]


def _package(function: str, *args: str, **kwargs: str) -> pd.DataFrame:
    try:
        import index_constitution  # noqa: PLC0415  it brings pandas, and only collecting needs it
    except ImportError as error:
        raise UsageError(f"the universe needs {error.name}: pip install 'lode-factors[collect]'") from error
    found: pd.DataFrame = getattr(index_constitution, function)(*args, **kwargs)
    return found


def _joined(spells: Iterable[Spell]) -> list[Spell]:
    joined: list[Spell] = []
    for symbol, first, last in sorted(spells, key=lambda spell: spell[:2]):
        before = joined[-1] if joined else None
        if before and before[0] == symbol and _after(before[2], first - _DAY):
            joined[-1] = (symbol, before[1], None if before[2] is None or last is None else max(before[2], last))
        else:
            joined.append((symbol, first, last))
    return joined


def _after(last: date | None, day: date) -> bool:
    return last is None or last >= day


def _last(out: datetime) -> date | None:
    """Last day of membership: the one before the day on which a successor takes the place; NaT goes on."""
    return out.date() - _DAY if out == out else None  # noqa: PLR0124  NaT is unlike itself


def _yahoo(symbol: object) -> str:
    return str(symbol).replace(".", "-")
