"""What a step works with: settings, lake and warehouse, opened once per process and passed down."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from lode.errors import NotFoundError
from lode.lake import Lake, open_lake
from lode.settings import Settings
from lode.warehouse import Warehouse, open_warehouse
from lode.workflow.own_operators import load_operators

Event = dict[str, Any]
Report = Callable[[int, str], None]


def _silent(_count: int, _note: str) -> None:
    """Report to nobody."""


def _never() -> bool:
    """Go on for as long as there is work."""
    return False


def _unheard(_run: str) -> None:
    """Hear of a run and do nothing."""


@dataclass(frozen=True)
class Context:
    """A process's connections.

    clock: the time in UTC. report: hears of units done, with a note. stopping: whether the process was asked to end.
    begins: hears of the run before it is recorded as running.
    """

    settings: Settings
    lake: Lake
    warehouse: Warehouse
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    report: Report = _silent
    stopping: Callable[[], bool] = _never
    begins: Callable[[str], None] = _unheard

    def load(self, key: str) -> Event:
        """Read a JSON object of the lake."""
        return dict(json.loads(self.lake.get(key)))

    def load_if_there(self, key: str) -> Event | None:
        """Read a JSON object of the lake, or None where a step has not written it yet."""
        try:
            return self.load(key)
        except NotFoundError:
            return None

    def keep(self, key: str, content: Event) -> Event:
        """Write a step's result once: what an earlier attempt wrote stays and is what the step returns."""
        self.lake.claim(key, json.dumps(content, sort_keys=True, allow_nan=False).encode())
        return self.load(key)


def defined(value: float | None) -> float | None:
    """Return a number as JSON holds it: None where it is not finite."""
    return value if value is not None and math.isfinite(value) else None


@contextmanager
def open_context(
    settings: Settings, *, report: Report = _silent, stopping: Callable[[], bool] = _never
) -> Iterator[Context]:
    """Open the lake and the warehouse for writing; both are closed at the end. The user's own operators are loaded."""
    load_operators(settings.operators)
    lake = open_lake(settings)
    with open_warehouse(settings) as warehouse:
        yield Context(settings, lake, warehouse, report=report, stopping=stopping)
