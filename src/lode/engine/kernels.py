"""Which kernel computes which operator.

A kernel takes the call's arguments in the order of the operator's declaration and a panel to write to. Elementwise
kernels take numbers where panels may stand; all others take panels, windows and numbers as declared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from lode.engine import co_movement, composed, groupings, positions, within_groups
from lode.engine.simd import core

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


def _elementwise(call: Callable[..., None], panels: int) -> Kernel:
    def run(_: Site, arguments: Sequence[Argument], out: Floats) -> None:
        call(*arguments, out)

    return Kernel("elementwise", panels, run)


def _swapped(call: Callable[..., None]) -> Kernel:
    def run(_: Site, arguments: Sequence[Argument], out: Floats) -> None:
        call(arguments[1], arguments[0], out)

    return Kernel("elementwise", 2, run)


def _lag(call: Callable[..., None], *, skips: bool = False) -> Kernel:
    def run(_: Site, arguments: Sequence[Argument], out: Floats) -> None:
        call(arguments[0], out, int(arguments[1]))

    return Kernel("time series", 1, run, skips=skips)


def _window(call: Callable[..., None], panels: int = 1) -> Kernel:
    def run(site: Site, arguments: Sequence[Argument], out: Floats) -> None:
        call(*arguments[:panels], out, int(arguments[panels]), site.first_row)

    return Kernel("time series", panels, run, skips=True)


def _row(call: Callable[..., None]) -> Kernel:
    def run(_: Site, arguments: Sequence[Argument], out: Floats) -> None:
        call(arguments[0], out, *arguments[1:])

    return Kernel("cross-section", 1, run)


def _group(call: Callable[..., None]) -> Kernel:
    def run(site: Site, arguments: Sequence[Argument], out: Floats) -> None:
        group = site.groups[arguments[1]]  # type: ignore[index]  # a group's name
        call(arguments[0], group.labels, out, group.count)

    return Kernel("group", 1, run)


def _group_percentage(site: Site, arguments: Sequence[Argument], out: Floats) -> None:
    group = site.groups[arguments[1]]  # type: ignore[index]  # a group's name
    fraction = float(arguments[2]) if len(arguments) > 2 else 0.5
    core.group_percentage(arguments[0], group.labels, out, group.count, fraction)  # type: ignore[arg-type]


def _quantile(_: Site, arguments: Sequence[Argument], out: Floats) -> None:
    ranks, driver, sigma = np.empty_like(out), int(arguments[1]), float(arguments[2])
    core.rank(arguments[0], ranks)  # type: ignore[arg-type]
    core.quantile(ranks, out, driver, sigma)


def _fit(call: Callable[..., None]) -> Kernel:
    def run(_: Site, arguments: Sequence[Argument], out: Floats) -> None:
        call(*arguments, out)

    return Kernel("cross-section", 2, run)


def _scaled(call: Callable[..., None], *, window: int = 1) -> Kernel:
    """x, a window and a number, in either order."""

    def run(site: Site, arguments: Sequence[Argument], out: Floats) -> None:
        call(arguments[0], out, int(arguments[window]), float(arguments[3 - window]), site.first_row)

    return Kernel("time series", 1, run)


def _regression(site: Site, arguments: Sequence[Argument], out: Floats) -> None:
    window, lag, wanted = (int(number) for number in arguments[2:])
    core.ts_regression(arguments[0], arguments[1], out, window, lag, wanted, site.first_row)  # type: ignore[arg-type]


def _hump(site: Site, arguments: Sequence[Argument], out: Floats) -> None:
    core.hump(arguments[0], out, int(arguments[2]), float(arguments[1]), site.first_row)  # type: ignore[arg-type]


def _percentiles(x: Floats, calls: Sequence[Sequence[Argument]], out: Sequence[Floats]) -> None:
    """calls: x, the window, and the percentage unless it is a median."""
    fractions = [float(numbers[2]) if len(numbers) > 2 else 0.5 for numbers in calls]
    core.ts_percentiles(x, fractions, out, int(calls[0][1]))


def _percentile(_: Site, arguments: Sequence[Argument], out: Floats) -> None:
    _percentiles(arguments[0], [arguments], [out])  # type: ignore[arg-type]


def _ts_quantile(site: Site, arguments: Sequence[Argument], out: Floats) -> None:
    ranks, window = np.empty_like(out), int(arguments[1])
    core.ts_rank(arguments[0], ranks, window, site.first_row)  # type: ignore[arg-type]
    core.ts_quantile(ranks, out, window, int(arguments[2]))


def _trade_when(_: Site, arguments: Sequence[Argument], out: Floats) -> None:
    core.trade_when(*arguments[:3], out, int(arguments[3]))  # type: ignore[arg-type, call-arg]


def _step(site: Site, arguments: Sequence[Argument], out: Floats) -> None:
    sessions = np.arange(site.first_row + 1, site.first_row + 1 + len(out), dtype=np.float64)
    out[:] = (float(arguments[0]) * sessions)[:, None]


def _composed(call: Callable[..., None], kind: Kind, panels: int = 1) -> Kernel:
    def run(site: Site, arguments: Sequence[Argument], out: Floats) -> None:
        call(*arguments, out=out, first_row=site.first_row)

    return Kernel(kind, panels, run)


def _rank_means(_: Site, arguments: Sequence[Argument], out: Floats) -> None:
    ranks = np.empty_like(out), np.empty_like(out)
    for x, found in zip(arguments, ranks, strict=True):
        core.rank(x, found)  # type: ignore[arg-type]
    composed.means_apart(*ranks, out)


def _ts_rank_means(site: Site, arguments: Sequence[Argument], out: Floats) -> None:
    ranks = np.empty_like(out), np.empty_like(out)
    for x, found in zip(arguments[:2], ranks, strict=True):
        core.ts_rank(x, found, int(arguments[2]), site.first_row)  # type: ignore[arg-type]
    composed.means_apart(*ranks, out)


def _bucket(_: Site, arguments: Sequence[Argument], out: Floats) -> None:
    x, edges, *flags = arguments
    both, first, last, missing = (float(flag) for flag in flags)
    groupings.bucket(x, edges, (both, first, last), missing, out)  # type: ignore[arg-type]


def _grouping(call: Callable[..., None], groups: int) -> Kernel:
    def run(site: Site, arguments: Sequence[Argument], out: Floats) -> None:
        call(*(site.groups[str(argument)].labels for argument in arguments), out)

    return Kernel("grouping", 0, run, groups=groups)


def _within(call: Callable[..., None], panels: int = 2, *, fills: bool = False) -> Kernel:
    def run(site: Site, arguments: Sequence[Argument], out: Floats) -> None:
        group = site.groups[str(arguments[panels])]
        call(*arguments[:panels], group.labels, group.count, *arguments[panels + 1 :], out)

    return Kernel("group", panels, run, fills=fills)


KERNELS: Mapping[str, Kernel] = {
    **{
        name: _elementwise(getattr(core, name), 1)
        for name in (
            *("reverse", "abs", "sign", "log", "sqrt", "inverse", "is_nan", "is_not_nan", "s_log_1p", "exp", "sigmoid"),
            *("tanh", "arc_sin", "arc_cos", "arc_tan", "floor", "ceiling", "round", "fraction", "purify"),
        )
    },
    "not": _elementwise(core.negation, 1),
    "and": _elementwise(core.both_true, 2),
    "or": _elementwise(core.either_true, 2),
    **{
        name: _composed(getattr(composed, name), "elementwise")
        for name in ("clamp", "round_down", "nan_out", "left_tail", "right_tail", "tail", "to_nan")
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
            "nan_mask",
        )
    },
    "greater": _swapped(core.less),
    "greater_equal": _swapped(core.less_equal),
    "if_else": _elementwise(core.if_else, 3),
    **{name: _lag(getattr(core, name), skips=True) for name in ("ts_delay", "ts_delta")},
    **{
        name: _lag(getattr(core, name))
        for name in ("ts_backfill", "ts_count_nans", "last_diff_value", "days_from_last_change")
    },
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
            "slope",
            "resi",
            "rsquare",
            "ts_skewness",
            "ts_kurtosis",
        )
    },
    **{name: _scaled(getattr(core, name)) for name in ("ts_moment", "kth_element", "ts_decay_exp_window")},
    "ts_ewm_mean": _scaled(core.ts_ewm_mean, window=2),
    "ts_regression": Kernel("time series", 2, _regression),
    "ts_median": Kernel("time series", 1, _percentile, _percentiles),
    "ts_percentile": Kernel("time series", 1, _percentile, _percentiles),
    "ts_quantile": Kernel("time series", 1, _ts_quantile),
    "trade_when": Kernel("time series", 3, _trade_when),
    "ts_step": Kernel("time series", 0, _step),
    **{
        name: _composed(getattr(composed, name), "time series")
        for name in (
            *("ts_ir", "ts_returns", "log_diff", "ts_min_diff", "ts_max_diff", "ts_min_max_diff", "ts_min_max_cps"),
            *("ts_weighted_decay", "jump_decay"),
        )
    },
    **{
        name: _window(getattr(core, name), 2)
        for name in ("ts_corr", "ts_covariance", "ts_vector_proj", "ts_vector_neut")
    },
    **{name: _row(getattr(core, name)) for name in ("rank", "zscore", "normalize", "scale", "winsorize")},
    **{
        name: _fit(getattr(core, name)) for name in ("vector_neut", "vector_proj", "regression_neut", "regression_proj")
    },
    "one_side": _row(core.one_side),
    "truncate": _row(core.truncate),
    "pasteurize": _row(core.purify),
    "quantile": Kernel("cross-section", 1, _quantile),
    "hump": Kernel("cross-section", 1, _hump),
    **{
        name: _group(getattr(core, name))
        for name in (
            *("group_mean", "group_neutralize", "group_zscore", "group_sum", "group_count", "group_std_dev"),
            *("group_min", "group_max", "group_scale", "group_normalize", "group_rank"),
        )
    },
    "group_median": Kernel("group", 1, _group_percentage),
    "group_percentage": Kernel("group", 1, _group_percentage),
    "group_vector_proj": _within(within_groups.vector_proj),
    "group_vector_neut": _within(within_groups.vector_neut),
    "group_weighted_mean": _within(within_groups.weighted_mean),
    "group_extra": _within(within_groups.extra, fills=True),
    "group_backfill": _within(within_groups.backfill, 1, fills=True),
    "bucket": Kernel("grouping", 1, _bucket),
    "densify": _grouping(groupings.densify, 1),
    "group_cartesian_product": _grouping(groupings.cartesian_product, 2),
    "group_coalesce": _grouping(groupings.coalesce, 2),
    **{name: _composed(getattr(co_movement, name), "time series", 2) for name in ("ts_co_skewness", "ts_co_kurtosis")},
    **{name: _composed(getattr(co_movement, name), "time series", 2) for name in ("ts_theilsen", "ts_poly_regression")},
    **{name: _composed(getattr(co_movement, name), "time series", 3) for name in ("ts_triple_corr", "ts_partial_corr")},
    "ts_entropy": _composed(co_movement.ts_entropy, "time series"),
    "rank_gmean_amean_diff": Kernel("cross-section", 2, _rank_means),
    "ts_rank_gmean_amean_diff": Kernel("time series", 2, _ts_rank_means),
    **{
        name: _composed(getattr(positions, name), "cross-section")
        for name in ("scale_by_side", "scale_down", "rank_by_side", "generalized_rank")
    },
    **{name: _composed(getattr(positions, name), "time series") for name in ("hump_decay", "inst_tvr")},
    "ts_delta_limit": _composed(positions.ts_delta_limit, "time series", 2),
}
