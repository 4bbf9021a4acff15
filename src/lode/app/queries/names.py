"""Which names there are to look up, and what a symbol stands for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo

import polars as pl

from lode.app.queries.caching import cached
from lode.errors import NotFoundError
from lode.settings import Settings
from lode.warehouse import Warehouse, open_warehouse
from lode.warehouse.stores.article_search import list_subjects
from lode.warehouse.stores.filing_search import list_filers, list_forms
from lode.warehouse.stores.instruments import read_instruments, resolve

NEW_YORK = ZoneInfo("America/New_York")
_NEAR = 5


@dataclass(frozen=True)
class Names:
    """instruments: every name with prices, details, filings or articles, sorted. forms: of filings, by frequency."""

    instruments: list[str]
    forms: list[str]
    has_filings: bool
    has_articles: bool


@cached
def read_names(settings: Settings) -> Names:
    """Read which names there are."""
    with open_warehouse(settings, access="read") as warehouse:
        priced = warehouse.query("SELECT DISTINCT instrument FROM bars")["instrument"]
        subjects = list_subjects(warehouse)
        every = {*priced, *read_instruments(warehouse)["instrument"], *subjects}
        return Names(sorted(every), list_forms(warehouse), bool(list_filers(warehouse)), bool(subjects))


def instrument_of(warehouse: Warehouse, symbol: str, on: date | None) -> str:
    """Return the instrument that `symbol` stands for on a day (None: now): an instrument's id, else a ticker.

    Raises NotFoundError for a symbol that no stored row has, with the nearest ones.
    """
    known = set(warehouse.query("SELECT DISTINCT instrument FROM bars")["instrument"]) | set(list_subjects(warehouse))
    if symbol in known or read_instruments(warehouse, [symbol]).height:
        return symbol
    resolved = resolve(warehouse, [symbol.upper()], on=on)[symbol.upper()]
    if resolved in known or read_instruments(warehouse, [resolved]).height:
        return resolved
    near = get_close_matches(symbol.upper(), sorted(known), n=_NEAR, cutoff=0.4)
    hint = f"near: {', '.join(near)}" if near else f"there are {len(known):,} names"
    raise NotFoundError(f"no symbol {symbol!r}; {hint}: choose one on the page Symbol, or collect or import it first")


def cik_of(details: pl.DataFrame) -> int | None:
    """Return the CIK in the one row of `read_instruments`, None where none is known."""
    return None if details.is_empty() else details["cik"][0]


def day_of(moment: datetime) -> date:
    """Day in New York of a moment; one without a zone is UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(NEW_YORK).date()


def end_of(day: date | None) -> datetime:
    """Return the moment (UTC) at which a day ends in New York, whose evening filings come; now where it is None."""
    now = datetime.now(UTC)
    if day is None:
        return now
    night = datetime.combine(day + timedelta(days=1), time(), NEW_YORK) - timedelta(microseconds=1)
    return min(now, night.astimezone(UTC))
