from __future__ import annotations

import math
from dataclasses import replace
from uuid import uuid4

import polars as pl

from lode.warehouse import Warehouse
from lode.warehouse.stores.ledger import (
    MOST_SHARDS,
    Trial,
    count_trials,
    read_generations,
    read_trials,
    record_trials,
    trials_frame,
)


def _trial(factor: str, *, t: float = 2.0, generation: int = 0) -> Trial:
    return Trial(factor, f"rank({factor})", 2, rank_ic=0.01, t_nw=t, coverage=0.9, generation=generation)


def _enter(warehouse: Warehouse, run: str, *trials: Trial, epoch: int = 0, shard: int = 0, horizon: int = 1) -> int:
    rows = trials_frame(trials, run=run, epoch=epoch, shard=shard, horizon=horizon, delay=1)
    return record_trials(warehouse, rows)


def test_trials_come_back_strongest_first_and_undefined_scores_last(writer: Warehouse) -> None:
    run = uuid4().hex
    assert _enter(writer, run, _trial("a", t=1.0), _trial("b", t=math.nan), _trial("c", t=-3.0)) == 3
    found = read_trials(writer, run)
    assert found["factor"].to_list() == ["c", "a", "b"]
    assert found["t_nw"].to_list() == [-3.0, 1.0, None]
    assert read_trials(writer, run, most=1)["factor"].to_list() == ["c"]


def test_the_same_trial_again_is_one_trial(writer: Warehouse) -> None:
    run = uuid4().hex
    for _ in range(3):
        _enter(writer, run, _trial("a"), _trial("b"))
    assert count_trials(writer, [run]) == 2
    assert read_trials(writer, run).height == 2


def test_the_score_of_the_lowest_epoch_and_shard_stays_whatever_the_order(writer: Warehouse) -> None:
    run = uuid4().hex
    _enter(writer, run, _trial("a", t=5.0), epoch=0, shard=3)
    _enter(writer, run, _trial("a", t=4.0), epoch=0, shard=1)
    _enter(writer, run, _trial("a", t=6.0), epoch=1, shard=0)
    found = read_trials(writer, run)
    assert found.select("shard", "t_nw").rows() == [(1, 4.0)]


def test_priorities_fall_with_epoch_and_shard_and_never_meet() -> None:
    def priority(epoch: int, shard: int) -> int:
        rows = trials_frame([_trial("a")], run="r", epoch=epoch, shard=shard, horizon=1, delay=1)
        return int(rows["priority"][0])

    places = [(0, 0), (0, 1), (0, MOST_SHARDS - 1), (1, 0), (1, 1), (9, 0)]
    assert [priority(*place) for place in places] == sorted({priority(*place) for place in places}, reverse=True)


def test_a_partial_score_is_a_trial_and_gives_way_to_an_exact_one(writer: Warehouse) -> None:
    run = uuid4().hex
    out = replace(_trial("a", t=1.0), partial=True, rank_ic_error=0.002, t_error=0.6)
    _enter(writer, run, out, replace(out, factor="b"), epoch=0, shard=0)
    _enter(writer, run, _trial("a", t=1.4), epoch=9, shard=MOST_SHARDS - 1)
    found = read_trials(writer, run).select("factor", "t_nw", "partial", "rank_ic_error", "t_error")
    assert found.rows() == [("a", 1.4, False, 0.0, 0.0), ("b", 1.0, True, 0.002, 0.6)]
    assert count_trials(writer, [run]) == 2


def test_trials_of_several_runs_count_once_each_form_and_timing(writer: Warehouse) -> None:
    first, second = uuid4().hex, uuid4().hex
    _enter(writer, first, _trial("a"), _trial("b"))
    _enter(writer, second, _trial("b"), _trial("c"))
    assert count_trials(writer, [first, second]) == 3
    _enter(writer, second, _trial("d"), horizon=5)
    assert count_trials(writer, [first, second]) == 4
    assert count_trials(writer, []) == 0
    assert count_trials(writer, ["nobody"]) == 0


def test_no_trials_are_no_rows(writer: Warehouse) -> None:
    empty = trials_frame([], run="r", epoch=0, shard=0, horizon=1, delay=1)
    assert record_trials(writer, empty) == 0
    full = trials_frame([_trial("a")], run="r", epoch=0, shard=0, horizon=1, delay=1)
    assert empty.schema == full.schema


def test_values_that_look_like_sql_are_values(writer: Warehouse) -> None:
    run = "x' OR 1 = 1 --"
    assert count_trials(writer, [run]) == 0
    _enter(writer, run, Trial("a'; DROP TABLE trials", "rank('close')", 2, 0.1, 1.0, 1.0))
    assert read_trials(writer, run).select("factor", "expression").rows() == [
        ("a'; DROP TABLE trials", "rank('close')")
    ]
    assert isinstance(read_trials(writer, run), pl.DataFrame)


def test_generations_tell_their_epoch_their_shard_and_their_best(writer: Warehouse) -> None:
    run = uuid4().hex
    _enter(writer, run, _trial("a", t=1.0), _trial("b", t=-3.0), epoch=0, shard=2)
    _enter(writer, run, replace(_trial("c", t=9.0, generation=1), partial=True), epoch=0, shard=2)
    _enter(writer, run, _trial("d", t=math.nan), _trial("e", t=2.0), epoch=1, shard=0)
    found = read_generations(writer, run).rows()
    assert [row[:5] for row in found] == [(0, 0, 2, 2, 3.0), (0, 1, 2, 1, None), (1, 0, 0, 2, 2.0)]
    assert (found[0][5], found[2][5]) == ("rank(b)", "rank(e)")
    assert read_generations(writer, "unknown").is_empty()
