"""The bundled sample: real daily adjusted closes of 20 S&P 500 stocks, 1990 to 2022; NOTICE has origin and licence."""

from __future__ import annotations

from datetime import datetime
from importlib.resources import files

import polars as pl

from lode.collect.bars_file import read_bars_file, typed_bars
from lode.collect.own_files import ImportReport, import_body
from lode.lake import Lake
from lode.warehouse import Warehouse

SOURCE = "sample"
_FILE = "sp500_20.parquet"


def load_sample() -> pl.DataFrame:
    """Return the sample: symbol, date, close (adjusted for splits and dividends, US dollars), 166,260 rows."""
    rows = typed_bars(read_bars_file(_body(), _FILE), _FILE)
    return rows.select("symbol", pl.col("session").alias("date"), "close")


def import_sample(*, warehouse: Warehouse, lake: Lake, now: datetime) -> ImportReport:
    """Import the sample under the source `sample`; again, it inserts nothing new."""
    return import_body(_body(), label=_FILE, source=SOURCE, adjusted=True, warehouse=warehouse, lake=lake, now=now)


def _body() -> bytes:
    return files(__name__).joinpath(_FILE).read_bytes()
