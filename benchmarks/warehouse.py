"""The embedded warehouse: 5 million bars in and out, an answer during the insert, the owner's start.

Peers: chDB in this process without an owner (its own table, the same columns), and a Parquet file by polars. Every
figure is the median of some runs, with the slowest beside it.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl

from lode.settings import Settings, load_settings
from lode.warehouse import Warehouse, open_warehouse, stop
from lode.warehouse.arrow import read_stream as read_arrow
from lode.warehouse.arrow import to_frame, to_table, write_stream
from lode.warehouse.migrations import load_migrations
from lode.warehouse.owner.engine import Connection, load_engine

RUNS = 3
NAMES, SESSIONS = 2_000, 2_500


def bars(names: int = NAMES, sessions: int = SESSIONS) -> pl.DataFrame:
    """Random bars of the table's columns, (names × sessions) rows."""
    count, random = names * sessions, np.random.default_rng(7)
    instruments = pl.Series([f"SYM{n:05d}" for n in range(names)])
    days = pl.Series(np.tile(np.arange(10_000, 10_000 + sessions), names).astype("i4")).cast(pl.Date)
    numbers = {name: random.random(count) for name in ("open", "high", "low", "close", "volume", "adj_close", "vwap")}
    return pl.DataFrame(
        {"instrument": instruments.gather(np.repeat(np.arange(names), sessions)), "session": days, **numbers}
    ).with_columns(
        source=pl.lit("benchmark"),
        knowledge_time=pl.col("session").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
        adjusted=pl.lit(value=False),
        backfilled=pl.lit(value=True),
        currency=pl.lit("USD"),
        collected_at=pl.lit(datetime(2026, 1, 1, tzinfo=UTC)).cast(pl.Datetime("us", "UTC")),
        row_hash=pl.Series(random.integers(0, 2**63, count, dtype="u8")),
    )


def seconds(work: Callable[[], object]) -> float:
    """Time that `work` takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def report(what: str, times: list[float], **more: object) -> None:
    """Print one figure as a JSON line."""
    figure = {"what": what, "seconds": round(statistics.median(times), 3), "slowest": round(max(times), 3), **more}
    print(json.dumps(figure), flush=True)


def measure_lode(settings: Settings, rows: pl.DataFrame) -> None:
    """Insert, read and query through the client."""
    with open_warehouse(settings) as warehouse:
        inserts, waits, reads, finals = [], [], [], []
        for _ in range(RUNS):
            warehouse.command("TRUNCATE TABLE bars")
            inserting = threading.Thread(target=lambda: inserts.append(seconds(lambda: _insert(settings, rows))))
            inserting.start()
            while inserting.is_alive():
                waits.append(seconds(lambda: warehouse.query_arrow("SELECT 1 AS x")))
                time.sleep(0.05)
            reads.append(seconds(lambda: _all(warehouse, "SELECT * FROM bars", rows.height)))
            finals.append(seconds(lambda: _all(warehouse, "SELECT * FROM bars FINAL", rows.height)))
        report("lode: insert 5 million bars", inserts, rows=rows.height, limit=5)
        report("lode: SELECT 1 meanwhile", waits, limit=1)
        report("lode: read them into polars", reads, limit=2)
        report("lode: read them into polars, FINAL", finals)
        answers = [seconds(lambda: warehouse.query_arrow("SELECT 1 AS x")) for _ in range(50)]
        report("lode: SELECT 1", answers)


def _insert(settings: Settings, rows: pl.DataFrame) -> None:
    with open_warehouse(settings) as warehouse:
        warehouse.insert("bars", rows)


def _all(warehouse: Warehouse, sql: str, count: int) -> None:
    assert warehouse.query(sql).height == count


def measure_start(settings: Settings) -> None:
    """Time from nothing to the first answer, in a process that has loaded the libraries."""
    colds, warms = [], []
    for _ in range(RUNS + 2):
        stop(settings)
        colds.append(seconds(lambda: _first_answer(settings)))
        warms.append(seconds(lambda: _first_answer(settings)))
    report("lode: owner starts and answers", colds)
    report("lode: client opens and is answered", warms)


def _first_answer(settings: Settings) -> None:
    with open_warehouse(settings) as warehouse:
        warehouse.query_arrow("SELECT 1 AS x")


def measure_chdb(folder: Path, rows: pl.DataFrame) -> None:
    """chDB in this process: no HTTP, no other client."""
    connection = load_engine().connect(str(folder / "chdb"))
    create = next(s for m in load_migrations() for s in m.statements if "bars" in s)
    connection.query(create)
    connection.query("SET output_format_arrow_compression_method = 'none'")
    connection.query("SET optimize_on_insert = 0")
    inserts, reads = [], []
    for _ in range(RUNS):
        connection.query("TRUNCATE TABLE bars")
        inserts.append(seconds(lambda: _insert_in_process(connection, rows, folder / "rows.arrow")))
        reads.append(
            seconds(lambda: to_frame(read_arrow([connection.query("SELECT * FROM bars", "ArrowStream").bytes()])))
        )
    connection.close()
    report("chDB in process: insert", inserts)
    report("chDB in process: read into polars", reads)


def _insert_in_process(connection: Connection, rows: pl.DataFrame, path: Path) -> None:
    with path.open("wb") as file:
        file.writelines(write_stream(to_table(rows), None))
    connection.query(f"INSERT INTO bars ({', '.join(rows.columns)}) FROM INFILE '{path}' FORMAT ArrowStream")


def measure_parquet(folder: Path, rows: pl.DataFrame) -> None:
    """A Parquet file: no keys, no versions, no queries meanwhile."""
    path = folder / "bars.parquet"
    writes = [seconds(lambda: rows.write_parquet(path)) for _ in range(RUNS)]
    reads = [seconds(lambda: pl.read_parquet(path)) for _ in range(RUNS)]
    report("Parquet by polars: write", writes)
    report("Parquet by polars: read", reads)


def main() -> int:
    """Measure all of it in a folder that is deleted afterwards."""
    rows = bars()
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(home=Path(folder) / "home", warehouse_url=None)
        try:
            measure_start(settings)
            measure_lode(settings, rows)
        finally:
            stop(settings)
        measure_chdb(Path(folder), rows)
        measure_parquet(Path(folder), rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
