"""Searchers of other distributions, registered as entry points of the group `lode.searchers`.

Names are read from the distributions' metadata; code is imported only for the one that is asked for by its name, and
runs with the rights of who asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import EntryPoint, entry_points

from lode.errors import LodeError, UsageError
from lode.search.protocol import Assignment, Searcher
from lode.search.space import SearchSpace

SearcherFactory = Callable[[SearchSpace, Assignment], Searcher]
GROUP = "lode.searchers"
_NEEDED = ("name", "space", "assignment", "ask", "tell", "seed", "origin", "state", "restore")


def registered() -> dict[str, list[EntryPoint]]:
    """The entry points of every name, sorted; nothing is imported."""
    found: dict[str, list[EntryPoint]] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, _distribution(point))):
        if point not in found.setdefault(point.name, []):
            found[point.name].append(point)
    return found


def load(name: str) -> SearcherFactory:
    """Import what makes the searcher of this name, which is registered.

    UsageError names the distribution where it cannot be imported, is no factory, or is registered by two.
    """
    points = registered()[name]
    if len(points) > 1:
        both = " and ".join(map(_distribution, points))
        raise UsageError(f"searcher {name!r} is registered by {both}; uninstall one of them")
    point = points[0]
    with _named(point):
        factory = point.load()
    if not callable(factory):
        raise _unusable(point, f"{point.value} is a {type(factory).__name__}, not callable")
    return _checked(point, factory)


def _checked(point: EntryPoint, factory: SearcherFactory) -> SearcherFactory:
    """The factory, whose searchers are held to the protocol's names when they are made."""

    def make(space: SearchSpace, assignment: Assignment) -> Searcher:
        with _named(point):
            searcher = factory(space, assignment)
        if lacking := [part for part in _NEEDED if not hasattr(searcher, part)]:
            raise _unusable(point, f"what it makes has no {', '.join(lacking)}, which lode.search.Searcher asks for")
        if searcher.name != point.name:
            raise _unusable(point, f"what it makes is named {searcher.name!r}; a checkpoint finds it by its name")
        return searcher

    return make


@contextmanager
def _named(point: EntryPoint) -> Iterator[None]:
    """Name the distribution in whatever its code raises, but for what is Lode's own."""
    try:
        yield
    except LodeError:
        raise
    except Exception as error:  # another distribution's code may raise anything; it is told on, with its cause
        raise _unusable(point, f"{type(error).__name__}: {error}") from error


def _unusable(point: EntryPoint, reason: str) -> UsageError:
    return UsageError(
        f"searcher {point.name!r} of the distribution {_distribution(point)} ({point.value}, group {GROUP}) cannot be "
        f"used: {reason}; mend or reinstall the distribution, or choose another --searcher"
    )


def _distribution(point: EntryPoint) -> str:
    """Name and version of the distribution that registers an entry point."""
    return "of an unknown name" if point.dist is None else f"{point.dist.name} {point.dist.version}"
