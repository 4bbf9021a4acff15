from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from lode.app import sheet_frames as frames

FIRST = date(2020, 1, 1)


def record(
    rank_ic: list[float | None], splits: list[dict[str, str]] | None = None, **series: list[float | None]
) -> dict:
    days = [str(FIRST + timedelta(days=place)) for place in range(len(rank_ic))]
    return {
        "series": {"session": days, "rank_ic": rank_ic} | series,
        "quantiles": [[-0.01] * len(days), [0.03] * len(days)],
        "splits": splits or [],
    }


def span(split: str, first: int, last: int) -> dict[str, str]:
    return {"split": split, "first": str(FIRST + timedelta(first)), "last": str(FIRST + timedelta(last))}


def test_sessions_between_the_splits_have_none():
    days = frames.sessions_of(record([0.1] * 5, [span("train", 0, 1), span("validation", 3, 4)]))
    assert days["split"].to_list() == ["train", "train", None, "validation", "validation"]
    assert frames.rank_ic_days(days).height == 4
    assert frames.sessions_of(record([0.1] * 2))["split"].to_list() == ["", ""]


def test_quantiles_are_summed_less_their_mean():
    summed = frames.quantile_days(frames.sessions_of(record([0.1] * 3)))
    assert summed["q1"].to_list() == pytest.approx([-2, -4, -6])
    assert summed["q2"].to_list() == pytest.approx([2, 4, 6])


def test_a_drawdown_is_counted_from_zero_and_told_with_its_end():
    returns = [-0.02, 0.05, -0.01, -0.03, 0.10, None, -0.01]
    days = frames.sessions_of(record([0.1] * 7, brain=returns, brain_net=returns))
    assert frames.drawdown_days(days)["before cost"].to_list() == pytest.approx([-2, 0, -1, -4, 0, 0, -1])
    worst = frames.worst_drawdowns(days)
    assert worst["depth"].to_list() == pytest.approx([0.04, 0.02, 0.01])
    assert worst["lowest"][0] == FIRST + timedelta(3)
    assert worst["until"].to_list() == [FIRST + timedelta(3), FIRST, None]


def test_months_are_named_and_summed():
    days = frames.sessions_of(record([0.1] * 31 + [0.2, None]))
    months = frames.months_of(days, "rank_ic", how="mean")
    assert months["month"].to_list() == ["Jan", "Feb"]
    assert months["value"].to_list() == pytest.approx([0.1, 0.2])
    assert frames.months_of(days, "rank_ic", how="sum")["value"].to_list() == pytest.approx([3.1, 0.2])


def test_the_band_of_the_spread_widens_with_the_root_of_the_sessions():
    spread = [0.01, -0.01] * 50
    days = frames.sessions_of(record([0.1] * 100, spread=spread, net_spread=spread))
    band = frames.spread_days(days).select(pl.col("high") - pl.col("low")).to_series()
    assert band[99] / band[24] == pytest.approx(2)


def test_the_normal_law_lies_on_its_line_and_a_constant_has_none():
    normal = frames.normal_quantiles(pl.Series(frames.normal_quantiles(pl.Series(range(500)))["normal"]))
    assert (normal["normal"] - normal["value"]).abs().max() < 0.3
    assert frames.normal_quantiles(pl.Series([1.0, 1.0, None])).is_empty()


def test_a_histogram_counts_every_value_once():
    bins = frames.histogram(pl.Series([0.0, 0.1, None, 0.2, 0.2]))
    assert bins["count"].sum() == 4
    assert frames.histogram(pl.Series([], dtype=pl.Float64)).is_empty()


def test_boxes_are_in_basis_points():
    boxes = frames.quantile_boxes(frames.sessions_of(record([0.1] * 3)))
    assert boxes.row(0) == pytest.approx((1, *[-100.0] * 5))
