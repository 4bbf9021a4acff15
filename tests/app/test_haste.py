"""The charts that a hastened server draws; in a process of its own, since the checks of this one must stay on."""

from __future__ import annotations

import json
import re
import subprocess
import sys

CODE = """
import json, sys
import altair as alt
import polars as pl
from lode.app import charts
from lode.app.charts.haste import hasten
from lode.app.series import quantile_means, timeline

days = pl.date_range(pl.date(2020, 1, 1), pl.date(2020, 3, 30), eager=True)
series = pl.DataFrame({"session": days}).with_columns(
    pl.lit("train").alias("split"),
    pl.Series("rank_ic", [0.01 * (at % 7) for at in range(days.len())]),
    pl.Series("quantile_returns", [[-0.01, 0.0, 0.01]] * days.len()),
    pl.Series("turnover", [0.5] * days.len()),
)

def drawn():
    alt.data_transformers.enable("default")
    shown = timeline(series, direction=1, horizon=1)
    made = [charts.daily_rank_ic(shown, signed="rank IC"), charts.daily_turnover(shown),
            charts.quantile_bars(quantile_means(series), horizon=1)]
    return [chart.to_json() for chart in made]

before = drawn()
hasten()
print(json.dumps([before, drawn()]))
"""


def test_a_chart_is_the_same_without_checks():
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", CODE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    before, after = ([_renumbered(chart) for chart in charts] for charts in json.loads(done.stdout))
    assert before == after


def _renumbered(chart: str) -> str:
    """Views are numbered as they come."""
    names = dict.fromkeys(re.findall(r"view_\d+", chart))
    for number, name in enumerate(names):
        chart = chart.replace(f'"{name}"', f'"view {number}"')
    return chart
