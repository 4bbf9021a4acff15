"""Universe membership: which instrument belonged to which universe from when to when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import polars as pl

from lode.errors import DataError, UsageError
from lode.warehouse import Warehouse
from lode.warehouse.limits import FIRST_DAY, LAST_DAY

SPELLS = ("instrument", "first_session", "last_session")


def insert_members(warehouse: Warehouse, universe: str, members: pl.DataFrame, *, source: str, at: datetime) -> int:
    """Record membership spells; a spell that begins on the same day replaces the one before. Returns the rows.

    members: `instrument` (or `symbol`, which then is the id), first_session, last_session: both days included, a
        missing last one means that the spell goes on.
    Raises UsageError for a frame without these columns, DataError for spells that end before they begin or overlap.
    """
    spells = _spells(members)
    _check(universe, spells)
    stored = spells.with_columns(
        pl.lit(universe).alias("universe"),
        pl.lit(source).alias("source"),
        pl.lit(at).cast(pl.Datetime("us", "UTC")).alias("updated_at"),
    )
    return warehouse.insert("universe_members", stored)


def read_members(
    warehouse: Warehouse, universe: str, *, start: date | None = None, end: date | None = None
) -> pl.DataFrame:
    """Return the spells of `universe` that touch `start` to `end` (both included): instrument, first, last session."""
    return warehouse.query(
        "SELECT instrument, first_session, last_session FROM universe_members FINAL WHERE universe = {universe:String} "
        "AND first_session <= {end:Date32} AND ifNull(last_session, toDate32('2299-12-31')) >= {start:Date32} "
        "ORDER BY instrument, first_session",
        universe=universe,
        start=start or FIRST_DAY,
        end=end or LAST_DAY,
    )


def read_memberships(warehouse: Warehouse, instrument: str) -> pl.DataFrame:
    """Return the spells of one instrument in every universe: universe, first_session, last_session (null: goes on)."""
    return warehouse.query(
        "SELECT universe, first_session, last_session FROM universe_members FINAL "
        "WHERE instrument = {instrument:String} ORDER BY universe, first_session",
        instrument=instrument,
    )


def list_universes(warehouse: Warehouse) -> list[str]:
    """Names of the universes that have members in the warehouse, sorted."""
    found = warehouse.query("SELECT DISTINCT universe FROM universe_members ORDER BY universe")
    return list(found["universe"])


def _spells(members: pl.DataFrame) -> pl.DataFrame:
    """The three columns in their types, sorted, each row once."""
    named = members if "instrument" in members.columns else members.rename({"symbol": "instrument"}, strict=False)
    absent = [name for name in SPELLS if name not in named.columns]
    if absent:
        raise UsageError(
            f"members without {', '.join(absent)}: give instrument or symbol, first_session and last_session "
            "(empty while the spell goes on)"
        )
    days = [pl.col(name).cast(pl.Date) for name in SPELLS[1:]]
    return named.select(pl.col("instrument").cast(pl.String), *days).unique().sort(SPELLS)


def _check(universe: str, spells: pl.DataFrame) -> None:
    """Raise DataError for spells that cannot be."""
    ended = pl.col("last_session").fill_null(LAST_DAY)
    before = ended.shift().over("instrument", order_by="first_session")
    faults = {
        "without a name or a first session": pl.col("instrument").is_null() | pl.col("first_session").is_null(),
        "that end before they begin": ended < pl.col("first_session"),
        "that overlap the one before": pl.col("first_session") <= before,
    }
    for fault, rule in faults.items():
        wrong = spells.filter(rule)
        if len(wrong):
            raise DataError(
                f"{len(wrong)} spells of {universe} {fault}, first {_shown(wrong.row(0))}; correct and import them"
            )


def _shown(spell: Sequence[object]) -> str:
    instrument, first, last = spell
    return f"{instrument} {first} to {last or 'now'}"
