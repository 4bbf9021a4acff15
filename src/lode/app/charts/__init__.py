"""Charts of factors and runs. Pure: frames in, Altair charts out; one theme for all of them."""

from lode.app.charts.comparing import (
    correlation_matrix,
    cumulative_rank_ics,
    marginal_contribution,
    pool_growth,
    summed_rank_ic,
    weights_over_time,
)
from lode.app.charts.quantiles import quantile_bars
from lode.app.charts.scaling import processor_time, run_time
from lode.app.charts.search import best_over_trials
from lode.app.charts.timelines import cumulative_rank_ic, cumulative_spread, daily_rank_ic, daily_turnover

__all__ = [
    "best_over_trials",
    "correlation_matrix",
    "cumulative_rank_ic",
    "cumulative_rank_ics",
    "cumulative_spread",
    "daily_rank_ic",
    "daily_turnover",
    "marginal_contribution",
    "pool_growth",
    "processor_time",
    "quantile_bars",
    "run_time",
    "summed_rank_ic",
    "weights_over_time",
]
