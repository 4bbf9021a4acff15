"""Charts of factors and runs. Pure: frames in, Altair charts out; one theme for all of them."""

from lode.app.charts.coverage import coverage_heat_map
from lode.app.charts.events import events_chart
from lode.app.charts.prices import price_chart, volume_chart
from lode.app.charts.quantiles import quantile_bars
from lode.app.charts.scaling import processor_time, run_time
from lode.app.charts.search import best_over_trials
from lode.app.charts.timelines import cumulative_rank_ic, cumulative_spread, daily_rank_ic, daily_turnover

__all__ = [
    "best_over_trials",
    "coverage_heat_map",
    "cumulative_rank_ic",
    "cumulative_spread",
    "daily_rank_ic",
    "daily_turnover",
    "events_chart",
    "price_chart",
    "processor_time",
    "quantile_bars",
    "run_time",
    "volume_chart",
]
