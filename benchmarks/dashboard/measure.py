"""Visits to every page: to a new server, to one that is warm, and of many visitors at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from random import Random
from urllib.parse import urlencode

from benchmarks.bench import say
from benchmarks.dashboard.client import Visit, Visitor
from benchmarks.dashboard.home import Home
from benchmarks.dashboard.plan import Size
from benchmarks.dashboard.server import Server, processor_seconds, resident, served, warehouse_pid
from lode.warehouse import stop

_STATES = ("proven", "refused")
_SPREAD = 101  # a step through factors and runs, so that neighbours are of other runs
_PAUSE = 4.0  # seconds that a visitor looks at a page, from half of it to twice as long
Query = Callable[[Home, int], Mapping[str, str]]


def _factor(home: Home, at: int) -> Mapping[str, str]:
    factor, run = home.factors[at * _SPREAD % len(home.factors)]
    return {"factor": factor, "run": run}


def _leaderboard(_home: Home, at: int) -> Mapping[str, str]:
    return {"state": _STATES[at % len(_STATES)]}


QUERIES: Mapping[str, Query] = {
    "leaderboard": _leaderboard,
    "factor": _factor,
    "compare": lambda home, at: {"run": home.runs[1 + at % (len(home.runs) - 1)]},
    "run": lambda home, at: {"run": home.runs[at % len(home.runs)]},
    "data": lambda home, at: {"instrument": home.names[at * _SPREAD % len(home.names)]},
    "symbol": lambda home, at: {"symbol": home.names[at * _SPREAD % len(home.names)]},
    "filings-and-news": lambda home, at: {"symbol": home.names[at * _SPREAD % len(home.names)]},
    "workbench": lambda _home, at: {"formula": f"rank(ts_delta(close, {1 + at}))"},
}
"""What a page is asked for, by its path and the number of the visit; a page that is not named here for nothing."""


@dataclass(frozen=True)
class Taken:
    """Visits to one page. seconds: each visit's; server, warehouse: processor seconds a visit; received: bytes."""

    page: str
    seconds: list[float]
    server: float = 0.0
    warehouse: float = 0.0
    messages: int = 0
    received: int = 0


@dataclass(frozen=True)
class Crowd:
    """Many visitors at once: seconds of each visit, visits a second, bytes that both processes hold at the end."""

    visitors: int
    seconds: list[float]
    rate: float
    server_bytes: int
    warehouse_bytes: int


def query_of(home: Home, page: str, at: int) -> str:
    """The query string of the visit of this number to a page."""
    return urlencode(QUERIES[page](home, at)) if page in QUERIES else ""


def pages_of(home: Home) -> dict[str, str]:
    """Path of each page by its title, as the dashboard itself lists them."""
    with served(home.folder) as server, Visitor(server.port) as visitor:
        visitor.visit("")
        return dict(visitor.pages)


def cold(home: Home, page: str, *, rested: bool = False) -> tuple[Taken, float]:
    """The first visit to a new server, and how long that took to answer at all.

    rested: the warehouse's owner has ended too, as it does after some minutes without work.
    """
    if rested:
        stop(home.settings)
    with served(home.folder) as server, Visitor(server.port) as visitor:
        found = visitor.visit(page, query_of(home, page, 0))
        return Taken(page, [found.seconds], messages=found.messages, received=found.received), server.seconds


def warm(home: Home, server: Server, page: str, visits: int) -> Taken:
    """Visits one after the other, each of a new visitor with another factor, run or name."""
    _visit(home, server, page, 0)
    owner = warehouse_pid(home.settings.warehouse_folder)
    before = processor_seconds(server.pid), processor_seconds(owner)
    found = [_visit(home, server, page, at) for at in range(1, visits + 1)]
    spent = processor_seconds(server.pid) - before[0], processor_seconds(owner) - before[1]
    return Taken(
        page,
        [each.seconds for each in found],
        spent[0] / visits,
        spent[1] / visits,
        max(each.messages for each in found),
        max(each.received for each in found),
    )


def _visit(home: Home, server: Server, page: str, at: int) -> Visit:
    with Visitor(server.port) as visitor:
        return visitor.visit(page, query_of(home, page, at))


def crowd(home: Home, server: Server, pages: Sequence[str], size: Size) -> Crowd:
    """Visitors who stay, each going from page to page and looking at each for some seconds."""
    with ExitStack() as open_until_measured, ThreadPoolExecutor(size.visitors) as threads:
        visitors = [open_until_measured.enter_context(Visitor(server.port)) for _ in range(size.visitors)]
        began = time.perf_counter()
        stays = [threads.submit(_stay, home, visitor, at, pages, size.clicks) for at, visitor in enumerate(visitors)]
        seconds = [spent for stay in stays for spent in stay.result()]
        rate = len(seconds) / (time.perf_counter() - began)
        held = server.resident, resident(warehouse_pid(home.settings.warehouse_folder))
    say(f"{size.visitors} visitors: {len(seconds)} visits, {rate:.1f} a second")
    return Crowd(size.visitors, seconds, rate, *held)


def _stay(home: Home, visitor: Visitor, number: int, pages: Sequence[str], clicks: int) -> list[float]:
    random = Random(number)  # noqa: S311  no secret
    seconds = []
    for click in range(clicks):
        time.sleep(_PAUSE * random.uniform(0.5, 2))
        page = pages[(number + click) % len(pages)]
        seconds.append(visitor.visit(page, query_of(home, page, random.randrange(10_000))).seconds)
    return seconds
