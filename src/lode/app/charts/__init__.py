"""Charts of factors and runs. Pure: frames in, Altair charts out; one theme for all of them."""

from lode.app.charts.machine import state_machine
from lode.app.charts.quantiles import quantile_bars
from lode.app.charts.scaling import processor_time, run_time
from lode.app.charts.search import best_over_trials
from lode.app.charts.shards import trials_by_shard
from lode.app.charts.timelines import cumulative_rank_ic, cumulative_spread, daily_rank_ic, daily_turnover

__all__ = [
    "best_over_trials",
    "cumulative_rank_ic",
    "cumulative_spread",
    "daily_rank_ic",
    "daily_turnover",
    "processor_time",
    "quantile_bars",
    "run_time",
    "state_machine",
    "trials_by_shard",
]
