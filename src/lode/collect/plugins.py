"""Sources of other distributions, registered as entry points of the group `lode.collectors`: your own collectors.

An entry point names what takes an Opening and gives a Source (source.py), a context manager or not. Its `name` is the
entry point's: under it its raw answers lie in the lake, and its watermarks, rows and findings in the warehouse. Nothing
is imported unless it is asked for by its name; it then runs with the rights of who asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from lode.collect.exchanges import COLLECTED
from lode.collect.ingest import ingest
from lode.collect.own_imports import may_name_a_source
from lode.collect.reparse import reparse
from lode.collect.report import Report
from lode.collect.source import Source
from lode.errors import LodeError, UsageError
from lode.lake import Lake
from lode.settings import Settings
from lode.warehouse import Warehouse

GROUP = "lode.collectors"
_NEEDED = ("name", "plan", "fetch", "parse", "follow", "store")
_TAKEN = frozenset({*COLLECTED, "news", "sec", "french"})
_CONCURRENCY = 4


@dataclass(frozen=True)
class Opening:
    """What a source is made for. fetching: false where only the lake is read. since, until: days, None where open."""

    settings: Settings
    warehouse: Warehouse
    lake: Lake
    now: Callable[[], datetime]
    since: date | None = None
    until: date | None = None
    fetching: bool = True


def collect_own(name: str, subjects: Sequence[str], opening: Opening) -> Report:
    """Collect subjects from the source that is registered as `name`; as many at once as its `concurrency` (4) says."""
    with _opened(name, opening) as source:
        return ingest(
            source,
            subjects,
            warehouse=opening.warehouse,
            lake=opening.lake,
            now=opening.now,
            concurrency=getattr(source, "concurrency", _CONCURRENCY),
            label=f"collect {name}",
        )


def reparse_own(name: str, opening: Opening) -> Report:
    """Parse and store everything again that the source ever fetched."""
    with _opened(name, opening) as source:
        return reparse(source, warehouse=opening.warehouse, lake=opening.lake)


def registered() -> Mapping[str, Sequence[EntryPoint]]:
    """The entry points of every name; nothing is imported."""
    found: dict[str, list[EntryPoint]] = {}
    for point in entry_points(group=GROUP):
        if point not in found.setdefault(point.name, []):
            found[point.name].append(point)
    return dict(sorted(found.items()))


@contextmanager
def _opened(name: str, opening: Opening) -> Iterator[Source[Any]]:
    """Make the source. UsageError for a name that is not registered, or twice, and for code that cannot be used."""
    known = registered()
    if len(points := known.get(name, ())) != 1:
        several = f"is registered by {len(points)} distributions; uninstall all but one" if points else "is not known"
        there = ", ".join(known) or "none"
        raise UsageError(f"collector {name!r} {several}; installed as entry points of the group {GROUP}: {there}")
    if name in _TAKEN or not may_name_a_source(name):
        raise UsageError(f"collector {name!r}: a source of Lode's own has this name; give the entry point another")
    try:
        made = points[0].load()(opening)
    except LodeError:
        raise
    except Exception as error:  # another distribution's code may raise anything; it is told on, with its cause
        raise _unusable(points[0], f"{type(error).__name__}: {error}") from error
    with made if hasattr(made, "__enter__") else nullcontext(made) as source:
        _check(points[0], source)
        yield source


def _check(point: EntryPoint, source: Any) -> None:  # noqa: ANN401  whatever the other code made
    if lacking := [part for part in _NEEDED if not hasattr(source, part)]:
        raise _unusable(point, f"what it makes has no {', '.join(lacking)}, which lode.collect.source.Source asks for")
    if source.name != point.name:
        raise _unusable(point, f"what it makes is named {source.name!r}")


def _unusable(point: EntryPoint, reason: str) -> UsageError:
    owner = f"{point.dist.name} {point.dist.version}" if point.dist else "an unknown distribution"
    return UsageError(f"collector {point.name!r} of {owner} ({point.value}) cannot be used: {reason}")
