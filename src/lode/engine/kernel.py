"""What a kernel is: how an operator is computed, where it runs, what it gets.

A kernel takes the call's arguments in the order of the operator's declaration and a panel to write to. Elementwise
kernels take numbers where panels may stand; all others take panels, windows and numbers as declared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from lode.engine.arrays import Floats, Labels

Argument: TypeAlias = "Floats | float | str"  # a panel, a number, the name of a group; a list is an array of one row
Kind: TypeAlias = Literal["elementwise", "time series", "cross-section", "group", "grouping"]
Run: TypeAlias = Callable[["Site", Sequence[Argument], "Floats"], None]
Together: TypeAlias = Callable[["Floats", Sequence[Sequence[Argument]], Sequence["Floats"]], None]


@dataclass(frozen=True, slots=True)
class Group:
    """A group's labels (sessions, names), -1 where missing, and how many groups there are."""

    labels: Labels
    count: int


@dataclass(frozen=True, slots=True)
class Site:
    """Where a kernel runs: the absolute index of the first session, the groups by name.

    A group that was computed has a name of its own for the one call.
    """

    first_row: int
    groups: Mapping[str, Group]


@dataclass(frozen=True, slots=True)
class Kernel:
    """How an operator is computed. `panels`: how many of the leading arguments are panels; groups follow these.

    together: computes several calls over the same series and window at once, each to a panel of its own.
    skips: whether the panel to write to may be shorter than the arguments: the last sessions are then computed.
    fills: gives values where its first argument has none.
    """

    kind: Kind
    panels: int
    run: Run
    together: Together | None = None
    skips: bool = False
    groups: int | None = None
    fills: bool = False

    @property
    def group_places(self) -> range:
        """Which arguments are groups: one of a group operator, where nothing is said."""
        count = (self.kind == "group") if self.groups is None else self.groups
        return range(self.panels, self.panels + count)
