"""What AWS Lambda calls every half hour: how fresh each source is, how far the runs are, how full the warehouse is.

What it finds goes to CloudWatch as lines of its log (embedded metric format, namespace Lode), so that it needs no right
but to write them; the alarms take a line that is missing for a bad one. A source is held against sessions, not hours,
so that a weekend and a holiday are no delay: bars against those of each instrument's own exchange, filings, news and
runs against the schedule's exchange, whose sessions are due half an hour after their close.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, TextIO

from lode import log
from lode.calendar import DEFAULT_EXCHANGE, close_time, latest_sessions, sessions
from lode.collect.exchanges import by_exchange, exchanges_of
from lode.errors import LodeError, UsageError, WarehouseError
from lode.settings import Settings, load_settings
from lode.warehouse import Warehouse, open_warehouse
from lode.warehouse.stores.bars import list_instruments
from lode.warehouse.stores.upkeep import read_disks, read_last_run, read_refused_since, read_successes
from lode.workflow.data_diagnosis import sessions_behind
from lode.workflow.schedule import DELAY

NAMESPACE = "Lode"
SOURCES: Mapping[str, str] = {"market": "yahoo", "filings": "sec", "news": "news"}  # a collector's in the warehouse
_UNITS = {"HoursSinceRun": "None", "DiskUsed": "Percent"}
_GROWTH = timedelta(days=1)

Reading = dict[str, Any]


def watch(_event: object = None, _runtime: object = None) -> Reading:
    """Look once and write what was found; returns it. What could not be read is missing, and logged as an error."""
    settings = load_settings()
    log.configure(settings.log_level)
    found = list(look(settings, datetime.now(UTC)))
    for reading in found:
        emit(reading, datetime.now(UTC), sys.stdout)
    return {"readings": found}


def look(settings: Settings, now: datetime) -> Iterator[Reading]:
    """Yield a reading for each collector that the schedule starts, for runs and for the warehouse.

    A reading is {Source, …} with a number for each of its metrics. A source that was never collected has no
    SessionsBehind: nothing is known of it. Raises WarehouseError where the warehouse cannot be reached at all.
    """
    with open_warehouse(settings, access="read") as warehouse:
        for collector in (name.strip() for name in settings.collectors.split(",")):
            yield {"Source": collector} | _found(partial(_source, warehouse, collector, now), collector)
        yield {"Source": "runs"} | _found(partial(_runs, warehouse, now), "runs")
        yield {"Source": "warehouse"} | _found(partial(_warehouse, warehouse, now), "warehouse")


def emit(reading: Reading, now: datetime, out: TextIO) -> None:
    """Write a reading as one line in CloudWatch's embedded metric format; one without a number is a plain line."""
    metrics = [{"Name": name, "Unit": _UNITS.get(name, "Count")} for name in reading if name != "Source"]
    told = [{"Namespace": NAMESPACE, "Dimensions": [["Source"]], "Metrics": metrics}]
    head = {"Timestamp": int(now.timestamp() * 1000), "CloudWatchMetrics": told}
    line = {"event": "watched", "component": "watch", "timestamp": now.isoformat()} | reading
    out.write(json.dumps({"_aws": head} | line if metrics else line) + "\n")
    out.flush()


def _found(read: Callable[[], Reading], part: str) -> Reading:
    """Return what was read; a part that cannot be read leaves the others alone, and its alarm tells of it."""
    try:
        return read()
    except LodeError as error:
        log.get_logger("watch").error("not read", source=part, kind=type(error).__name__, reason=str(error))
        return {}


def _source(warehouse: Warehouse, collector: str, now: datetime) -> Reading:
    if (source := SOURCES.get(collector)) is None:
        raise UsageError(f"LODE_COLLECTORS names {collector!r}; allowed are {', '.join(SOURCES)}")
    behind = _bars_behind(warehouse, source, now) if collector == "market" else _due(warehouse, source, now)
    refused = read_refused_since(warehouse, source=source, since=now - _GROWTH)
    return ({} if behind is None else {"SessionsBehind": behind}) | {"RowsRefused": refused}


def _bars_behind(warehouse: Warehouse, source: str, now: datetime) -> int | None:
    """Sessions that have closed since the last bar, on the exchange where they are most; None without a bar."""
    names = list_instruments(warehouse, source=source)
    if names.is_empty():
        return None
    exchanges = exchanges_of(warehouse, source, names["instrument"].to_list())
    ends: dict[str, date] = {x: max(part["last_session"].to_list()) for x, part in by_exchange(names, exchanges)}
    return max(sessions_behind(last, now, exchange) for exchange, last in ends.items())


def _due(warehouse: Warehouse, source: str, now: datetime) -> int | None:
    """Sessions that became due since a source last answered; None where it never did."""
    last = read_successes(warehouse).get(source)
    return None if last is None else due_since(last, now)


def due_since(last: datetime, now: datetime, exchange: str = DEFAULT_EXCHANGE) -> int:
    """Count the sessions of an exchange that became due (half an hour after their close) after `last`, by `now`."""
    (before,) = latest_sessions(exchange, last.date(), 1)
    closes = close_time(exchange, sessions(exchange, before, now.date()))
    due = [close.replace(tzinfo=UTC) + DELAY for close in closes.tolist()]
    return sum(last < moment <= now for moment in due)


def _runs(warehouse: Warehouse, now: datetime) -> Reading:
    last = read_last_run(warehouse)
    if last is None:
        return {}
    return {"SessionsBehind": due_since(last, now), "HoursSinceRun": _hours(now - last)}


def _warehouse(warehouse: Warehouse, _now: datetime) -> Reading:
    """Tell how full the fullest disk is, where this user may know it: the servers tell of themselves too."""
    try:
        used = read_disks(warehouse)
    except WarehouseError:  # a reader that sees its own tables only
        return {}
    return {} if used is None else {"DiskUsed": round(100 * used, 1)}


def _hours(span: timedelta) -> float:
    return round(span.total_seconds() / 3600, 2)
