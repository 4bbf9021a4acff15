"""What a symbol's page reads: everything about one name as it was known at the end of one day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import polars as pl

from lode.app.queries.caching import cached
from lode.app.queries.names import cik_of, end_of, instrument_of
from lode.app.queries.prices import Prices, read_prices, sources_of
from lode.errors import NotFoundError
from lode.panel import Observations, build_panel
from lode.panel.assemble import NO_ACTIONS
from lode.panel.fundamentals import CONCEPTS, RATIOS
from lode.panel.fundamentals.on_day import SCHEMA, items_on_day
from lode.panel.observed import currencies_of
from lode.settings import Settings
from lode.warehouse import open_warehouse
from lode.warehouse.stores.article_search import search_articles
from lode.warehouse.stores.filing_search import search_filings
from lode.warehouse.stores.findings import read_findings
from lode.warehouse.stores.instruments import read_instruments
from lode.warehouse.stores.members import read_memberships
from lode.warehouse.stores.restatements import read_restated_bars, read_restated_facts
from lode.workflow.observing import observe

SHOWN = 1_000
_RATIOS = pl.Schema({"field": pl.String, "value": pl.Float64, "formula": pl.String})


@dataclass(frozen=True)
class SymbolPage:
    """One name as known at `as_of` (UTC). Frames have the columns of the stores that they are read from.

    details: of the instrument (stores.instruments.DETAILS, symbol, spells), {} where none is known. prices: None
    without a source. items: `items_on_day`. ratios: field, value, formula at the close of the last session.
    findings: as of now, since they are about the stored rows. `read_at` is UTC.
    """

    instrument: str
    details: dict[str, Any]
    sources: list[str]
    prices: Prices | None
    memberships: pl.DataFrame
    items: pl.DataFrame
    ratios: pl.DataFrame
    restated_facts: pl.DataFrame
    restated_bars: pl.DataFrame
    findings: pl.DataFrame
    filings: pl.DataFrame
    articles: pl.DataFrame
    as_of: datetime
    read_at: datetime


@cached
def read_symbol_page(settings: Settings, symbol: str, source: str, day: date | None) -> SymbolPage:
    """Read what was known of a symbol at the end of a day (None: now), prices by `source` ("": the one furthest on).

    Raises NotFoundError for a symbol that no stored row has, and for a source that has no bars of it.
    """
    as_of = end_of(day)
    with open_warehouse(settings, access="read") as warehouse:
        name = instrument_of(warehouse, symbol, day)
        details = read_instruments(warehouse, [name])
        cik = cik_of(details)
        sources = sources_of(warehouse, name)
        if source and source not in sources:
            raise NotFoundError(f"no source {source!r} has bars of {name}; there are: {', '.join(sources) or 'none'}")
        chosen = source or next(iter(sources), "")
        prices = read_prices(warehouse, chosen, name, as_of=as_of) if chosen else None
        observed = observe(warehouse, [name], as_of=as_of)[0]
        filers = [] if cik is None else [cik]
        return SymbolPage(
            instrument=name,
            details=next(details.iter_rows(named=True), {}),
            sources=sources,
            prices=prices,
            memberships=read_memberships(warehouse, name),
            items=_items(observed, prices, as_of),
            ratios=_ratios(observed, prices, as_of),
            restated_facts=read_restated_facts(warehouse, ciks=filers, concepts=CONCEPTS, as_of=as_of, most=SHOWN),
            restated_bars=read_restated_bars(warehouse, source=chosen, instruments=[name], most=SHOWN).filter(
                pl.col("known_after") <= as_of
            ),
            findings=read_findings(warehouse, instrument=name, most=SHOWN),
            filings=search_filings(warehouse, cik=cik or 0, as_of=as_of, most=SHOWN if filers else 0),
            articles=search_articles(warehouse, instrument=name, as_of=as_of, most=SHOWN),
            as_of=as_of,
            read_at=datetime.now(UTC),
        )


def _items(observed: Observations, prices: Prices | None, as_of: datetime) -> pl.DataFrame:
    if observed.facts is None:
        return pl.DataFrame(schema=SCHEMA)
    currencies = currencies_of(prices.versions) if prices else None
    actions = prices.actions if prices else NO_ACTIONS
    return items_on_day(observed.facts, actions, at=as_of, currencies=currencies)


def _ratios(observed: Observations, prices: Prices | None, as_of: datetime) -> pl.DataFrame:
    """Ratios that a panel has at the close of the last session; none where there are no prices or no facts."""
    if prices is None or prices.days.is_empty() or observed.facts is None:
        return pl.DataFrame(schema=_RATIOS)
    latest = prices.versions.filter(pl.col("session") == prices.days["session"][-1])
    panel = build_panel(
        latest,
        prices.actions,
        as_of=as_of,
        exchange=prices.exchange,
        adjusted=prices.is_adjusted,
        observed=Observations(facts=observed.facts),
    )
    formulas = {"market_cap": "raw_close * shares_outstanding"} | {ratio.name: ratio.formula for ratio in RATIOS}
    rows = [
        (name, float(panel.fields[name][-1, 0]), formula)
        for name, formula in formulas.items()
        if name in panel.fields and np.isfinite(panel.fields[name][-1, 0])
    ]
    return pl.DataFrame(rows, schema=_RATIOS, orient="row")
