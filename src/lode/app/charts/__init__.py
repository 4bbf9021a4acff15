"""Charts of factors and runs. Pure: frames in, Altair charts out; one theme for all of them."""

from lode.app.charts.comparing import (
    correlation_matrix,
    cumulative_rank_ics,
    marginal_contribution,
    pool_growth,
    weights_over_time,
)
from lode.app.charts.coverage import coverage_heat_map
from lode.app.charts.distributions import distribution, month_colors, quantile_quantile
from lode.app.charts.events import events_chart
from lode.app.charts.intervals import bars_with_intervals, betas, centred_bars
from lode.app.charts.lines import lines_over_time
from lode.app.charts.machine import state_machine
from lode.app.charts.prices import price_chart, volume_chart
from lode.app.charts.quantiles import quantile_bars, quantile_boxes
from lode.app.charts.scaling import processor_time, run_time
from lode.app.charts.search import best_over_trials
from lode.app.charts.shards import trials_by_shard
from lode.app.charts.theme import ordered_colors
from lode.app.charts.timelines import cumulative_rank_ic, cumulative_spread, daily_rank_ic, daily_turnover

__all__ = [
    "bars_with_intervals",
    "best_over_trials",
    "betas",
    "centred_bars",
    "correlation_matrix",
    "coverage_heat_map",
    "cumulative_rank_ic",
    "cumulative_rank_ics",
    "cumulative_spread",
    "daily_rank_ic",
    "daily_turnover",
    "distribution",
    "events_chart",
    "lines_over_time",
    "marginal_contribution",
    "month_colors",
    "ordered_colors",
    "pool_growth",
    "price_chart",
    "processor_time",
    "quantile_bars",
    "quantile_boxes",
    "quantile_quantile",
    "run_time",
    "state_machine",
    "trials_by_shard",
    "volume_chart",
    "weights_over_time",
]
