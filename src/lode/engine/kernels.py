"""Which kernel computes which operator.

A kernel takes the call's arguments in the order of the operator's declaration and a panel to write to. Elementwise
kernels take numbers where panels may stand; all others take panels, windows and numbers as declared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from lode.engine import ranking
from lode.engine.simd import core

if TYPE_CHECKING:
    from lode.engine.arrays import Floats, Labels
    from lode.engine.ranking import SortBench

Argument: TypeAlias = "Floats | float | str"  # a panel, a number, the name of a group
Kind: TypeAlias = Literal["elementwise", "time series", "cross-section", "group"]
Run: TypeAlias = Callable[["Site", Sequence[Argument], "Floats"], None]


@dataclass(frozen=True, slots=True)
class Group:
    """A group's labels (sessions, names), -1 where missing, and how many groups there are."""

    labels: Labels
    count: int


@dataclass(frozen=True, slots=True)
class Site:
    """Where a kernel runs: the absolute index of the first session, room to sort, the groups by name."""

    first_row: int
    bench: SortBench
    groups: Mapping[str, Group]


@dataclass(frozen=True, slots=True)
class Kernel:
    """How an operator is computed. `panels`: how many of the leading arguments are panels."""

    kind: Kind
    panels: int
    run: Run


def _elementwise(call: Callable[..., None], panels: int) -> Kernel:
    def run(_: Site, arguments: Sequence[Argument], out: Floats) -> None:
        call(*arguments, out)

    return Kernel("elementwise", panels, run)


def _swapped(call: Callable[..., None]) -> Kernel:
    def run(_: Site, arguments: Sequence[Argument], out: Floats) -> None:
        call(arguments[1], arguments[0], out)

    return Kernel("elementwise", 2, run)


def _lag(call: Callable[..., None]) -> Kernel:
    def run(_: Site, arguments: Sequence[Argument], out: Floats) -> None:
        call(arguments[0], out, int(arguments[1]))

    return Kernel("time series", 1, run)


def _window(call: Callable[..., None], panels: int = 1) -> Kernel:
    def run(site: Site, arguments: Sequence[Argument], out: Floats) -> None:
        call(*arguments[:panels], out, int(arguments[panels]), site.first_row)

    return Kernel("time series", panels, run)


def _row(call: Callable[..., None]) -> Kernel:
    def run(_: Site, arguments: Sequence[Argument], out: Floats) -> None:
        call(arguments[0], out, *arguments[1:])

    return Kernel("cross-section", 1, run)


def _rank(site: Site, arguments: Sequence[Argument], out: Floats) -> None:
    ranking.rank(arguments[0], out, site.bench)  # type: ignore[arg-type]  # the first argument is a panel


def _group(call: Callable[..., None]) -> Kernel:
    def run(site: Site, arguments: Sequence[Argument], out: Floats) -> None:
        group = site.groups[arguments[1]]  # type: ignore[index]  # a group's name stands as it is
        call(arguments[0], group.labels, out, group.count)

    return Kernel("group", 1, run)


def _group_rank(site: Site, arguments: Sequence[Argument], out: Floats) -> None:
    group = site.groups[arguments[1]]  # type: ignore[index]
    ranking.group_rank(arguments[0], group.labels, group.count, out, site.bench)  # type: ignore[arg-type]


KERNELS: Mapping[str, Kernel] = {
    **{
        name: _elementwise(getattr(core, name), 1)
        for name in ("reverse", "abs", "sign", "log", "sqrt", "inverse", "is_nan")
    },
    **{
        name: _elementwise(getattr(core, name), 2)
        for name in (
            "add",
            "subtract",
            "multiply",
            "divide",
            "power",
            "signed_power",
            "min",
            "max",
            "less",
            "less_equal",
            "equal",
            "not_equal",
        )
    },
    "greater": _swapped(core.less),
    "greater_equal": _swapped(core.less_equal),
    "if_else": _elementwise(core.if_else, 3),
    **{name: _lag(getattr(core, name)) for name in ("ts_delay", "ts_delta", "ts_backfill")},
    **{
        name: _window(getattr(core, name))
        for name in (
            "ts_mean",
            "ts_sum",
            "ts_product",
            "ts_av_diff",
            "ts_std_dev",
            "ts_zscore",
            "ts_decay_linear",
            "ts_min",
            "ts_max",
            "ts_arg_min",
            "ts_arg_max",
            "ts_scale",
            "ts_rank",
        )
    },
    **{name: _window(getattr(core, name), 2) for name in ("ts_corr", "ts_covariance")},
    "rank": Kernel("cross-section", 1, _rank),
    **{name: _row(getattr(core, name)) for name in ("zscore", "normalize", "scale", "winsorize")},
    **{name: _group(getattr(core, name)) for name in ("group_mean", "group_neutralize", "group_zscore")},
    "group_rank": Kernel("group", 1, _group_rank),
}
