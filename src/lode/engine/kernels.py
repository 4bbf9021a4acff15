"""Which kernel computes which operator."""

from __future__ import annotations

from collections.abc import Mapping

from lode.engine import adapters, co_movement, composed, groupings, positions, special, within_groups
from lode.engine.kernel import Kernel
from lode.engine.simd import core

KERNELS: Mapping[str, Kernel] = {
    **{
        name: adapters.elementwise(getattr(core, name), 1)
        for name in (
            *("reverse", "abs", "sign", "log", "sqrt", "inverse", "is_nan", "is_not_nan", "s_log_1p", "exp", "sigmoid"),
            *("tanh", "arc_sin", "arc_cos", "arc_tan", "floor", "ceiling", "round", "fraction", "purify"),
        )
    },
    "not": adapters.elementwise(core.negation, 1),
    "and": adapters.elementwise(core.both_true, 2),
    "or": adapters.elementwise(core.either_true, 2),
    **{
        name: adapters.python(getattr(composed, name), "elementwise")
        for name in ("clamp", "round_down", "nan_out", "left_tail", "right_tail", "tail", "to_nan")
    },
    **{
        name: adapters.elementwise(getattr(core, name), 2)
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
    "greater": adapters.swapped(core.less),
    "greater_equal": adapters.swapped(core.less_equal),
    "if_else": adapters.elementwise(core.if_else, 3),
    **{name: adapters.lag(getattr(core, name), skips=True) for name in ("ts_delay", "ts_delta")},
    **{
        name: adapters.lag(getattr(core, name))
        for name in ("ts_backfill", "ts_count_nans", "last_diff_value", "days_from_last_change")
    },
    **{
        name: adapters.window(getattr(core, name))
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
    **{name: adapters.scaled(getattr(core, name)) for name in ("ts_moment", "kth_element", "ts_decay_exp_window")},
    "ts_ewm_mean": adapters.scaled(core.ts_ewm_mean, window=2),
    "ts_regression": Kernel("time series", 2, special.regression),
    "ts_median": Kernel("time series", 1, special.percentile, special.percentiles),
    "ts_percentile": Kernel("time series", 1, special.percentile, special.percentiles),
    "ts_quantile": Kernel("time series", 1, special.ts_quantile),
    "trade_when": Kernel("time series", 3, special.trade_when),
    "ts_step": Kernel("time series", 0, special.step),
    **{
        name: adapters.python(getattr(composed, name), "time series")
        for name in (
            *("ts_ir", "ts_returns", "log_diff", "ts_min_diff", "ts_max_diff", "ts_min_max_diff", "ts_min_max_cps"),
            *("ts_weighted_decay", "jump_decay"),
        )
    },
    **{
        name: adapters.window(getattr(core, name), 2)
        for name in ("ts_corr", "ts_covariance", "ts_vector_proj", "ts_vector_neut")
    },
    **{name: adapters.row(getattr(core, name)) for name in ("rank", "zscore", "normalize", "scale", "winsorize")},
    **{
        name: adapters.fit(getattr(core, name))
        for name in ("vector_neut", "vector_proj", "regression_neut", "regression_proj")
    },
    "one_side": adapters.row(core.one_side),
    "truncate": adapters.row(core.truncate),
    "pasteurize": adapters.row(core.purify),
    "quantile": Kernel("cross-section", 1, special.quantile),
    "hump": Kernel("cross-section", 1, special.hump),
    **{
        name: adapters.group(getattr(core, name))
        for name in (
            *("group_mean", "group_neutralize", "group_zscore", "group_sum", "group_count", "group_std_dev"),
            *("group_min", "group_max", "group_scale", "group_normalize", "group_rank"),
        )
    },
    "group_median": Kernel("group", 1, special.group_percentage),
    "group_percentage": Kernel("group", 1, special.group_percentage),
    "group_vector_proj": adapters.within(within_groups.vector_proj),
    "group_vector_neut": adapters.within(within_groups.vector_neut),
    "group_weighted_mean": adapters.within(within_groups.weighted_mean),
    "group_extra": adapters.within(within_groups.extra, fills=True),
    "group_backfill": adapters.within(within_groups.backfill, 1, fills=True),
    "bucket": Kernel("grouping", 1, special.bucket),
    "densify": adapters.grouping(groupings.densify, 1),
    "group_cartesian_product": adapters.grouping(groupings.cartesian_product, 2),
    "group_coalesce": adapters.grouping(groupings.coalesce, 2),
    **{
        name: adapters.python(getattr(co_movement, name), "time series", 2)
        for name in ("ts_co_skewness", "ts_co_kurtosis")
    },
    **{
        name: adapters.python(getattr(co_movement, name), "time series", 2)
        for name in ("ts_theilsen", "ts_poly_regression")
    },
    **{
        name: adapters.python(getattr(co_movement, name), "time series", 3)
        for name in ("ts_triple_corr", "ts_partial_corr")
    },
    "ts_entropy": adapters.python(co_movement.ts_entropy, "time series"),
    "rank_gmean_amean_diff": Kernel("cross-section", 2, special.rank_means),
    "ts_rank_gmean_amean_diff": Kernel("time series", 2, special.ts_rank_means),
    **{
        name: adapters.python(getattr(positions, name), "cross-section")
        for name in ("scale_by_side", "scale_down", "rank_by_side", "generalized_rank")
    },
    **{name: adapters.python(getattr(positions, name), "time series") for name in ("hump_decay", "inst_tvr")},
    "ts_delta_limit": adapters.python(positions.ts_delta_limit, "time series", 2),
}
"""What computes each operator, by name; built-in ones."""
