"""Alpha360: the last 60 sessions' prices and volumes over today's, as qlib feeds them to its models.

- Of each price field, 59 sessions ago to today, over today's close; of volume, over today's volume.
- `close0` and `volume0` are 1 wherever they are not missing: they stand here because qlib has them.
- qlib's prices are adjusted as its data are; here they are adjusted up to t, which a ratio of two of them cancels but
  for the events between the two sessions.
"""

from __future__ import annotations

from collections.abc import Iterator

from lode.library.definition import Definition

_SOURCE = (
    "Yang, Liu, Zhou, Bian and Liu (2020), Qlib: An AI-oriented Quantitative Investment Platform; Alpha360DL in qlib"
)
PRICES = ("close", "open", "high", "low", "vwap")
SESSIONS = 60


def _formulas() -> Iterator[tuple[str, str]]:
    """Name and formula, in qlib's order: fields, and the oldest session first."""
    for field in (*PRICES, "volume"):
        today = "close" if field in PRICES else "(volume + 1e-12)"
        for ago in range(SESSIONS - 1, -1, -1):
            yield f"{field}{ago}", f"{f'ts_delay({field}, {ago})' if ago else field} / {today}"


DEFINITIONS = tuple(
    Definition(name=name, expression=formula, family="alpha360", sign=0, source=_SOURCE)
    for name, formula in _formulas()
)
