"""What submissions say of a company, on its instruments: CIK, SIC, sector and name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from lode.collect.sec.client import SOURCE
from lode.collect.sec.submissions import Submissions
from lode.collect.sectors import sector_of
from lode.warehouse import Warehouse
from lode.warehouse.stores.instruments import insert_instruments, resolve


def describe(warehouse: Warehouse, company: Submissions, symbols: Sequence[str], at: datetime) -> None:
    """Record the company on the instruments that have these symbols now."""
    instruments = list(resolve(warehouse, symbols).values())
    if not instruments:
        return
    rows = [
        {
            "instrument": instrument,
            "name": company.name,
            "cik": company.cik,
            "sic": company.sic,
            "sector": sector_of(company.sic) or "",
        }
        for instrument in instruments
    ]
    frame = pl.DataFrame(rows, schema_overrides={"cik": pl.UInt64, "sic": pl.UInt32})
    insert_instruments(warehouse, frame, source=SOURCE, known_at=at)
