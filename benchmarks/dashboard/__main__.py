"""Measure the dashboard: `python -m benchmarks.dashboard [--full] [--home FOLDER]`.

--full measures at a million trials and writes benchmarks/dashboard.md; without it a small home is measured and printed.
--home keeps the filled home, and uses one that is there: filling takes minutes.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.bench import say
from benchmarks.dashboard import measure, text
from benchmarks.dashboard.home import Home, filled
from benchmarks.dashboard.plan import FULL, QUICK, Size
from benchmarks.dashboard.server import served
from lode.warehouse import stop

PAGE = Path(__file__).parent.parent / "dashboard.md"


def measured(home: Home, size: Size, options: str) -> dict[str, Any]:
    """Visit every page cold and warm, then with many visitors."""
    before = machine.load()
    titles = measure.pages_of(home)
    rested, _ = measure.cold(home, "", rested=True)
    cold = {}
    for path in titles.values():
        cold[path], start = measure.cold(home, path)
        say(f"/{path}, cold: {cold[path].seconds[0]:.2f} s")
    with served(home.folder) as server:
        warm = {path: measure.warm(home, server, path, size.visits) for path in titles.values()}
        say("visitors at once")
        crowd = measure.crowd(home, server, list(titles.values()), size)
    return {
        "options": options,
        "counts": home.counts,
        "machine": machine.of_visits() | {"load before": before, "load after": machine.load()},
        "rows": text.rows_of(titles, cold, warm, rested, crowd),
        "warm": text.warm_rows(titles, warm),
        "crowd": text.crowd_row(crowd),
        "start": start,
    }


def main() -> int:
    """Fill, measure and write; 1 where a figure is over its limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--home", type=Path, help="folder of the filled home, kept afterwards")
    asked = parser.parse_args()
    size = FULL if asked.full else QUICK
    with tempfile.TemporaryDirectory() as temporary:
        home = filled((asked.home or Path(temporary) / "home").absolute(), size)
        try:
            found = measured(home, size, " --full" if asked.full else "")
        finally:
            stop(home.settings)
    if asked.full:
        PAGE.write_text(text.page(found))
    for row in found["rows"]:
        print(json.dumps(row))
    for row in (*found["warm"], found["crowd"]):
        print(json.dumps(row))
    return int(not all(row["within"] for row in found["rows"]))


if __name__ == "__main__":
    sys.exit(main())
