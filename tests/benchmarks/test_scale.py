from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.scale import CASES, RATES, Rates, count_requests, limits, mining_requests, needs
from lode.simulate import simulate, write_market


@pytest.fixture(scope="module")
def rates():
    return Rates(json.loads(RATES.read_text()))


def test_the_code_asks_s3_as_often_as_the_formula_says(home, tmp_path):
    candidates, shards = 130, 2
    prices = tmp_path / "market.parquet"
    write_market(simulate(30, 300, seed=3), prices)
    counted = count_requests(home, prices, candidates, shards)
    assert (counted["mine writes"], counted["mine reads"]) == mining_requests(candidates, shards)


def test_requests_by_hand():
    # two epochs of one shard, each two generations and a result; the second reads the first's three
    assert mining_requests(200, 1) == (2 * (2 + 1), 2 * (2 * 2 + 5) + 3)


@given(st.integers(1, 10_000), st.integers(1, 50))
def test_more_of_anything_asks_more(candidates, shards):
    writes, reads = mining_requests(candidates, shards)
    more = mining_requests(candidates + 100 * shards, shards)
    assert more[0] > writes
    assert more[1] > reads


def test_what_was_measured_comes_back_and_what_lies_beyond_grows_with_the_cells(rates):
    largest = rates.measured["panels"][-1]
    cells = largest["names"] * largest["sessions"]
    assert rates.of("candidate", cells) == largest["candidate"]
    assert rates.of("candidate", 10 * cells) == pytest.approx(10 * largest["candidate"])
    assert rates.memory("shard MB", cells) == pytest.approx(largest["shard MB"])


def test_the_limits_are_sorted_and_a_larger_run_uses_more_of_each(rates):
    small = CASES[0]
    large = replace(small, names=10 * small.names, candidates=10 * small.candidates, shards=10 * small.shards)
    used = {limit.name: limit.used for limit in limits(small, rates)}
    assert list(used.values()) == sorted(used.values(), reverse=True)
    for limit in limits(large, rates):
        if limit.name != "inserts a second":  # slower candidates fill a generation later
            assert limit.used >= used[limit.name]
    assert needs(large, rates)["rows"] > needs(small, rates)["rows"]
