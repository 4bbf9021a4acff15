"""A collection in a process of its own, to be measured and killed: prints `go`, then its report and peak memory."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, date, datetime

from lode.calendar import last_closed_session
from lode.collect.market import collect_market
from lode.lake import open_lake
from lode.settings import load_settings
from lode.warehouse import open_warehouse
from lode.workflow.recording import peak_memory
from tests.replicas.decade import symbols


def main(home: str, url: str, count: int, rate: float, today: str) -> None:
    """Collect everything as of the evening of `today`."""
    settings = load_settings(home=home, warehouse_idle=60, yahoo_url=url, yahoo_rate=rate, yahoo_concurrency=8)
    day = date.fromisoformat(today)
    evening = datetime(day.year, day.month, day.day, 21, tzinfo=UTC)
    last_closed_session("XNYS", evening)  # the calendar takes seconds to load
    began = time.time()
    clock = lambda: datetime.fromtimestamp(evening.timestamp() + time.time() - began, UTC)  # noqa: E731
    with open_warehouse(settings) as warehouse:
        print("go", flush=True)
        report = collect_market(
            symbols(count),
            since=date(2014, 1, 1),
            settings=settings,
            warehouse=warehouse,
            lake=open_lake(settings),
            now=clock,
        )
    peak = peak_memory() // 2**20  # of this process: getrusage would tell its starter's
    told = {"rows": report.rows, "failed": report.failed, "requests": report.requests, "throttled": report.throttled}
    told |= {"missing": report.missing, "unchanged": len(report.unchanged), "collected": len(report.collected)}
    print(json.dumps(told | {"peak_mb": peak, "seconds": time.time() - began}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), sys.argv[5])
