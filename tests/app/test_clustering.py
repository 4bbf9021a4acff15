from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from lode.app.clustering import clusters_of, correlation_of_series


def test_a_factor_stands_beside_its_negative():
    correlation = np.array([[1, 0.1, -0.9], [0.1, 1, 0.0], [-0.9, 0.0, 1]])
    clusters = clusters_of(correlation)
    places = {factor: place for place, factor in enumerate(clusters.order)}
    assert abs(places[0] - places[2]) == 1
    joins = clusters.lines.filter(pl.col("d1") == pl.col("d2"))["d1"].to_list()
    assert joins == pytest.approx([0.1, 0.95])  # 1 - .9, and the mean of 1 - .1 and 1 - 0
    assert clusters.lines["x1"].is_between(1, 3).all()


def test_what_is_not_defined_counts_as_no_likeness():
    clusters = clusters_of(np.array([[1, np.nan], [np.nan, 1]]))
    assert sorted(clusters.order) == [0, 1]
    assert clusters.lines["d1"].max() == 1.0


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_have_no_tree(count):
    clusters = clusters_of(np.eye(count))
    assert clusters.order == list(range(count))
    assert clusters.lines.is_empty()


def test_series_are_correlated_over_common_sessions():
    rng = np.random.default_rng(0)
    days = [date(2020, 1, 1) + timedelta(days=day) for day in range(100)]
    first = rng.standard_normal(100)
    rows = [("a", days, first), ("b", days[20:], -first[20:]), ("c", days[:50], first[:50]), ("d", days, 0 * first)]
    series = pl.concat(
        pl.DataFrame({"session": when, "factor": name, "rank_ic": values}) for name, when, values in rows
    )
    found = correlation_of_series(series, ["a", "b", "c", "d", "absent"])
    assert found[0, 1] == pytest.approx(-1)
    assert found[0, 0] == pytest.approx(1)
    assert np.isnan(found[0, 2])  # 50 sessions are fewer than 60
    assert np.isnan(found[3]).all()
    assert np.isnan(found[4]).all()
