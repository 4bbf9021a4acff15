from __future__ import annotations

import math
from datetime import date

from lode.warehouse import Warehouse
from lode.warehouse.stores.pool import (
    FigureRecord,
    GrowthRecord,
    read_figures,
    read_growth,
    read_weights,
    record_figures,
    record_growth,
    record_weights,
)

DAY = date(2019, 6, 28)


def test_weights_are_replaced_and_read_with_the_largest_first(writer: Warehouse) -> None:
    record_weights(writer, "pool-w", DAY, {"a": 0.1, "b": 9.0, "c": 0.0})
    record_weights(writer, "pool-w", DAY, {"a": 0.1, "b": -0.9, "c": 0.0})
    record_weights(writer, "pool-other", DAY, {"a": 1.0})
    assert read_weights(writer, "pool-w").rows() == [(DAY, "b", -0.9), (DAY, "a", 0.1), (DAY, "c", 0.0)]


def test_figures_are_written_once_and_what_is_not_defined_is_nan(writer: Warehouse) -> None:
    records = [FigureRecord("ridge", "train", "t_nw", math.nan), FigureRecord("best_member", "train", "rank_ic", 0.02)]
    for _ in range(2):
        assert record_figures(writer, "pool-f", records) == 2
    best, ridge = read_figures(writer, "pool-f").rows()
    assert best == ("best_member", "train", "rank_ic", 0.02)
    assert ridge[:3] == ("ridge", "train", "t_nw")
    assert math.isnan(ridge[3])


def test_growth_is_read_in_order_of_place(writer: Warehouse) -> None:
    records = [GrowthRecord(2, "b", None, 0.01), GrowthRecord(1, "a", 0.02, None)]
    for _ in range(2):
        record_growth(writer, "pool-g", records)
    assert read_growth(writer, "pool-g").rows() == [(1, "a", 0.02, None), (2, "b", None, 0.01)]


def test_a_pool_of_nobody_leaves_no_row(writer: Warehouse) -> None:
    assert record_weights(writer, "pool-none", DAY, {}) == record_growth(writer, "pool-none", []) == 0
    assert read_weights(writer, "pool-none").is_empty()
