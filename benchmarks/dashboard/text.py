"""The page dashboard.md, as a run of the benchmark writes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.dashboard.measure import Crowd, Taken
from benchmarks.dashboard.plan import COLD_SECONDS, MOST_BYTES, WARM_SECONDS
from benchmarks.page import figure, mappings, table

Row = dict[str, Any]
_OPENING = """# The dashboard

`python -m benchmarks.dashboard{options}` fills a home through the stores' own writers ({counts}; one real run, the
others made after it, simulated data all of it), starts `lode app` over it, and visits every page over the websocket
that a browser would hold. A visit's time is the server's: from the request until the page's last message is here. The
processor's time is that of the dashboard and of the warehouse's owner; what the browser then draws is not in it. The
visitors run on the same two cores.

- *cold*: the first visit to a dashboard that was just started, its caches empty, the warehouse running;
- *warm*: visits by new visitors one after the other, each with another factor, run or name, so that what a page reads
  of its own is read anew; *p95* is the 95th percentile;
- *at once*: visitors who stay connected, go from page to page, and look at each for two to eight seconds.
"""


def rows_of(
    titles: Mapping[str, str], cold: Mapping[str, Taken], warm: Mapping[str, Taken], rested: Taken, crowd: Crowd
) -> list[Row]:
    """Every figure beside its limit. titles: path by title of a page."""
    rows = [_limited(f"{title}, cold", cold[path].seconds[0], COLD_SECONDS, "s") for title, path in titles.items()]
    rows += [
        _limited(f"{title}, warm, p95 of {len(warm[path].seconds)}", _p95(warm[path].seconds), WARM_SECONDS, "s")
        for title, path in titles.items()
    ]
    at_once = f"{crowd.visitors} at once"
    held = (crowd.server_bytes + crowd.warehouse_bytes) / 1e9
    return [
        *rows,
        _limited("the first page, the warehouse's owner not yet running", rested.seconds[0], COLD_SECONDS, "s"),
        _limited(f"{at_once}, p95 of {len(crowd.seconds)}", _p95(crowd.seconds), WARM_SECONDS, "s"),
        _limited(f"{at_once}, memory of dashboard and warehouse", held, MOST_BYTES / 1e9, "GB"),
    ]


def _p95(seconds: Sequence[float]) -> float:
    return float(np.percentile(seconds, 95))


def _limited(what: str, value: float, limit: float, unit: str) -> Row:
    return {"what": what, "value": value, "limit": limit, "unit": unit, "within": value <= limit}


def page(found: Mapping[str, Any]) -> str:
    """The page's text, of what results.json of the benchmark holds."""
    counts = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in found["counts"].items())
    limits = [
        (row["what"], f"{figure(row['value'])} {row['unit']}", f"{figure(row['limit'])} {row['unit']}", _yes(row))
        for row in found["rows"]
    ]
    missed = [row["what"] for row in found["rows"] if not row["within"]]
    within = f"{len(limits) - len(missed)} of {len(limits)} are within their limit."
    crowd = found["crowd"]
    parts = [
        _OPENING.format(options=found["options"], counts=counts),
        "## Machine\n\n" + table(("", ""), [(name, str(value)) for name, value in found["machine"].items()]),
        "## Limits\n\n" + within + (f" Not: {'; '.join(missed)}." if missed else ""),
        table(("what", "measured", "limit", "within"), limits),
        "## A warm visit\n\n" + mappings(found["warm"]),
        f"## {crowd['visitors']} visitors at once\n\n" + mappings([crowd]),
        f"The server answered {figure(found['start'])} s after its start.",
    ]
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def _yes(row: Row) -> str:
    return "yes" if row["within"] else "**no**"


def warm_rows(titles: Mapping[str, str], warm: Mapping[str, Taken]) -> list[Row]:
    """What a warm visit to each page takes of whom."""
    return [
        {
            "page": title,
            "p50, s": float(np.percentile(taken.seconds, 50)),
            "p95, s": _p95(taken.seconds),
            "dashboard, processor s": taken.server,
            "warehouse, processor s": taken.warehouse,
            "messages": taken.messages,
            "kB": taken.received / 1e3,
        }
        for title, taken in ((title, warm[path]) for title, path in titles.items())
    ]


def crowd_row(crowd: Crowd) -> Row:
    """What many visitors at once came to."""
    return {
        "visitors": crowd.visitors,
        "visits": len(crowd.seconds),
        "a second": crowd.rate,
        "p50, s": float(np.percentile(crowd.seconds, 50)),
        "p95, s": _p95(crowd.seconds),
        "dashboard, MB": crowd.server_bytes / 1e6,
        "warehouse, MB": crowd.warehouse_bytes / 1e6,
    }
