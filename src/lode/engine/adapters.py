"""How functions become kernels: of the core, and those of this package that are put together of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from lode.engine.kernel import Argument, Kernel, Kind, Site

if TYPE_CHECKING:
    from lode.engine.arrays import Floats


def elementwise(call: Callable[..., None], panels: int) -> Kernel:
    """A kernel of `panels` panels or numbers, cell by cell."""

    def run(_: Site, arguments: Sequence[Argument], out: Floats) -> None:
        call(*arguments, out)

    return Kernel("elementwise", panels, run)


def swapped(call: Callable[..., None]) -> Kernel:
    """An elementwise kernel of two, the second first."""

    def run(_: Site, arguments: Sequence[Argument], out: Floats) -> None:
        call(arguments[1], arguments[0], out)

    return Kernel("elementwise", 2, run)


def lag(call: Callable[..., None], *, skips: bool = False) -> Kernel:
    """A kernel of a series and a number of sessions."""

    def run(_: Site, arguments: Sequence[Argument], out: Floats) -> None:
        call(arguments[0], out, int(arguments[1]))

    return Kernel("time series", 1, run, skips=skips)


def window(call: Callable[..., None], panels: int = 1) -> Kernel:
    """A kernel of `panels` series and a window."""

    def run(site: Site, arguments: Sequence[Argument], out: Floats) -> None:
        call(*arguments[:panels], out, int(arguments[panels]), site.first_row)

    return Kernel("time series", panels, run, skips=True)


def row(call: Callable[..., None]) -> Kernel:
    """A kernel across the names of one series, and what numbers follow."""

    def run(_: Site, arguments: Sequence[Argument], out: Floats) -> None:
        call(arguments[0], out, *arguments[1:])

    return Kernel("cross-section", 1, run)


def group(call: Callable[..., None]) -> Kernel:
    """A kernel of a series and a group."""

    def run(site: Site, arguments: Sequence[Argument], out: Floats) -> None:
        group = site.groups[arguments[1]]  # type: ignore[index]  # a group's name
        call(arguments[0], group.labels, out, group.count)

    return Kernel("group", 1, run)


def fit(call: Callable[..., None]) -> Kernel:
    """A kernel across the names of two series."""

    def run(_: Site, arguments: Sequence[Argument], out: Floats) -> None:
        call(*arguments, out)

    return Kernel("cross-section", 2, run)


def scaled(call: Callable[..., None], *, window: int = 1) -> Kernel:
    """x, a window and a number, in either order."""

    def run(site: Site, arguments: Sequence[Argument], out: Floats) -> None:
        call(arguments[0], out, int(arguments[window]), float(arguments[3 - window]), site.first_row)

    return Kernel("time series", 1, run)


def python(call: Callable[..., None], kind: Kind, panels: int = 1) -> Kernel:
    """A kernel that a function of this package computes."""

    def run(site: Site, arguments: Sequence[Argument], out: Floats) -> None:
        call(*arguments, out=out, first_row=site.first_row)

    return Kernel(kind, panels, run)


def grouping(call: Callable[..., None], groups: int) -> Kernel:
    """A kernel that makes a group of `groups` groups."""

    def run(site: Site, arguments: Sequence[Argument], out: Floats) -> None:
        call(*(site.groups[str(argument)].labels for argument in arguments), out)

    return Kernel("grouping", 0, run, groups=groups)


def within(call: Callable[..., None], panels: int = 2, *, fills: bool = False) -> Kernel:
    """A kernel of `panels` series within a group, and what numbers follow."""

    def run(site: Site, arguments: Sequence[Argument], out: Floats) -> None:
        group = site.groups[str(arguments[panels])]
        call(*arguments[:panels], group.labels, group.count, *arguments[panels + 1 :], out)

    return Kernel("group", panels, run, fills=fills)
