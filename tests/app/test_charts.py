from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from lode.app import charts
from lode.app.charts.theme import SPLIT_COLORS
from lode.app.series import quantile_means, timeline


@pytest.fixture(scope="module")
def raw() -> pl.DataFrame:
    count = 90
    return pl.DataFrame(
        {
            "session": [date(2020, 1, 1) + timedelta(days=n) for n in range(count)],
            "split": ["train"] * 50 + ["validation"] * 40,
            "rank_ic": [0.01 * (n % 7 - 3) for n in range(count)],
            "quantile_returns": [[-0.01, 0.0, 0.0, 0.0, 0.01]] * count,
            "turnover": [0.4] * count,
        }
    )


@pytest.fixture(scope="module")
def drawn(raw: pl.DataFrame) -> dict[str, dict]:
    days = timeline(raw, direction=-1, horizon=1)
    made = {
        "daily": charts.daily_rank_ic(days, signed="rank IC × −1"),
        "sum": charts.cumulative_rank_ic(days, signed="rank IC × −1"),
        "spread": charts.cumulative_spread(days),
        "turnover": charts.daily_turnover(days),
        "quantiles": charts.quantile_bars(quantile_means(raw), horizon=5),
    }
    return {name: chart.to_dict() for name, chart in made.items()}  # Altair checks the Vega-Lite schema


def test_titles_are_short_enough_for_a_phone_and_say_the_unit(drawn: dict[str, dict]):
    for spec in drawn.values():
        assert len(spec["title"]["text"]) <= 40
        assert len(spec["title"]["subtitle"]) <= 62
    assert "×" in drawn["daily"]["title"]["subtitle"]
    assert "%" in drawn["spread"]["title"]["subtitle"]
    assert "basis points per 5 sessions" in drawn["quantiles"]["title"]["subtitle"]


@pytest.mark.parametrize("name", ["daily", "sum", "spread", "turnover"])
def test_splits_are_marked_on_every_time_axis(drawn: dict[str, dict], name: str):
    band = drawn[name]["layer"][0]
    names = next(layer for layer in drawn[name]["layer"] if layer["mark"]["type"] == "text")
    assert band["mark"]["type"] == "rect"
    assert names["encoding"]["text"]["field"] == "split"
    rows = drawn[name]["datasets"][band["data"]["name"]]
    assert [row["split"] for row in rows] == ["train", "validation"]


@pytest.mark.parametrize("name", ["daily", "sum", "spread", "turnover"])
def test_sessions_are_days_in_every_time_zone(drawn: dict[str, dict], name: str):
    axes = [layer["encoding"]["x"] for layer in drawn[name]["layer"] if "x" in layer["encoding"]]
    assert axes
    assert all(axis["scale"]["type"] == "utc" for axis in axes)


def test_colors_are_told_apart_by_the_colour_blind():
    okabe_ito = {"#56b4e9", "#e69f00", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7"}
    grey = {"#8f98a3"}
    assert set(SPLIT_COLORS.values()) <= okabe_ito | grey


def test_layers_without_a_value_are_left_out():
    days = pl.DataFrame(
        {
            "session": [date(2020, 1, 1)],
            "split": ["train"],
            "rank_ic": [0.1],
            "quantile_returns": [[0.0, 0.1]],
            "turnover": [None],
        },
        schema_overrides={"turnover": pl.Float64},
    )
    drawn = charts.daily_turnover(timeline(days, direction=1, horizon=1)).to_dict()
    assert [layer["mark"]["type"] for layer in drawn["layer"]] == ["rect", "text"]
    drawn = charts.daily_rank_ic(timeline(days, direction=1, horizon=1), signed="rank IC").to_dict()
    assert [layer["mark"]["type"] for layer in drawn["layer"]] == ["rect", "line", "rule", "text"]
