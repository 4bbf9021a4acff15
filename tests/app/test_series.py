from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from lode.app.series import quantile_means, split_spans, thinned, timeline

NAN = float("nan")


def series(rank_ic, quantiles, turnover=None, split=None) -> pl.DataFrame:
    count = len(rank_ic)
    return pl.DataFrame(
        {
            "session": [date(2020, 1, 1) + timedelta(days=n) for n in range(count)],
            "split": split or ["train"] * count,
            "rank_ic": rank_ic,
            "quantile_returns": quantiles,
            "turnover": turnover or [0.5] * count,
        },
        schema_overrides={
            "rank_ic": pl.Float64,
            "quantile_returns": pl.List(pl.Float64),
            "turnover": pl.Float64,
        },
    )


def test_sums_leave_out_what_is_missing():
    days = timeline(series([0.1, None, 0.3], [[-0.01, 0.02], [], [NAN, NAN]]), direction=1, horizon=1)
    assert days["sum_rank_ic"].to_list() == pytest.approx([0.1, 0.1, 0.4])
    assert days["sum_spread"].to_list() == pytest.approx([3.0, 3.0, 3.0])
    assert days["rank_ic"].to_list() == [0.1, None, 0.3]


def test_the_rank_ic_is_turned_and_the_quantiles_are_so_already():
    days = timeline(series([-0.1, -0.2], [[-0.01, 0.02]] * 2), direction=-1, horizon=1)
    assert days["rank_ic"].to_list() == [0.1, 0.2]
    assert days["sum_spread"].to_list() == pytest.approx([3.0, 6.0])


def test_a_spread_over_several_sessions_counts_per_session():
    days = timeline(series([0.1], [[0.0, 0.05]]), direction=1, horizon=5)
    assert days["sum_spread"].to_list() == pytest.approx([1.0])


def test_rolling_means_begin_anew_in_each_split():
    split = ["train"] * 30 + ["vault"] * 30
    days = timeline(series([1.0] * 30 + [3.0] * 30, [[]] * 60, split=split), direction=1, horizon=1)
    mean = days["mean_rank_ic"].to_list()
    assert mean[:20] == [None] * 20
    assert mean[20] == 1.0
    assert mean[30:50] == [None] * 20
    assert mean[50:] == [3.0] * 10


def test_spans_are_the_first_and_last_session_of_each_split():
    days = series([0.1] * 4, [[]] * 4, split=["train", "train", "validation", "validation"])
    assert split_spans(days).rows() == [
        ("train", date(2020, 1, 1), date(2020, 1, 2)),
        ("validation", date(2020, 1, 3), date(2020, 1, 4)),
    ]


def test_quantile_means_are_in_excess_of_the_days_mean_and_in_basis_points():
    # day 1: mean .02, excess -1 %, 0, +1 %; day 2: mean 0, excess -3 %, 0, +3 %; the third has an empty quantile
    quantiles = [[0.01, 0.02, 0.03], [-0.03, 0.0, 0.03], [0.5, NAN, 0.5]]
    means = quantile_means(series([0.1] * 3, quantiles))
    assert means["quantile"].to_list() == [1, 2, 3]
    assert means["excess_bp"].to_list() == pytest.approx([-200, 0, 200])


def test_quantile_means_of_nothing_are_empty():
    assert quantile_means(series([0.1, None], [[], [NAN, NAN]])).is_empty()


@pytest.mark.parametrize(("rows", "kept"), [(0, 0), (1, 1), (400, 400), (401, 201), (6636, 391)])
def test_at_most_400_points_answer_to_the_pointer(rows: int, kept: int):
    assert thinned(pl.DataFrame({"x": range(rows)})).height == kept
