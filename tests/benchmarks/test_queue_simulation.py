from __future__ import annotations

import random
import statistics
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.parts import put
from benchmarks.queue_simulation import HOUR, Queue, Run, day, figures, simulate

BARE = Queue(max_vcpus=1, start_up=0.0)

runs = st.lists(
    st.builds(
        Run,
        user=st.integers(0, 3),
        arrival=st.floats(0, 1000),
        work=st.lists(st.floats(0.1, 500), min_size=1, max_size=5).map(tuple),
        epochs=st.integers(1, 3),
    ),
    min_size=1,
    max_size=12,
)
queues = st.builds(
    Queue,
    max_vcpus=st.integers(2, 9),
    job_vcpus=st.integers(1, 2),
    policy=st.sampled_from(["fifo", "fair"]),
    start_up=st.sampled_from([0.0, 30.0]),
    interruptions=st.sampled_from([0.0, 5.0]),
    checkpoint=st.just(60.0),
)


@given(runs, queues, st.integers(0, 9))
def test_no_more_places_than_there_are_and_no_work_is_lost_or_doubled(runs, queue, seed):
    came = simulate(runs, queue, seed)
    assert came.most_at_once * queue.job_vcpus <= queue.max_vcpus
    assert came.work == pytest.approx(sum(sum(run.work) * run.epochs for run in runs))
    assert came.busy == pytest.approx(came.work + came.lost)
    assert set(came.finished) == set(range(len(runs)))
    assert all(came.finished[i] >= came.begun[i] >= run.arrival for i, run in enumerate(runs))


@given(runs, queues, st.integers(0, 9))
def test_the_queue_s_length_times_time_is_the_sum_of_the_waits(runs, queue, seed):
    came = simulate(runs, queue, seed)  # Little's law, exact over a day that begins and ends empty
    assert came.waiting_area == pytest.approx(sum(came.waits), abs=1e-6)


@given(runs, queues, st.integers(0, 9))
def test_the_same_seed_is_the_same_day(runs, queue, seed):
    assert simulate(runs, queue, seed) == simulate(runs, queue, seed)


@given(runs, queues)
def test_without_interruptions_first_come_is_first_served(runs, queue):
    came = simulate(runs, replace(queue, policy="fifo", interruptions=0.0))
    assert [number for _, number in came.taken] == sorted(number for _, number in came.taken)


@given(runs, queues, st.integers(0, 9))
def test_no_place_stands_empty_while_a_shard_waits(runs, queue, seed):
    came = simulate(runs, queue, seed)
    longest = max(came.waits)
    assert longest == 0 or came.most_at_once == queue.places


def test_two_runs_on_one_place_by_hand():
    came = simulate([Run(0, 0.0, (10.0, 20.0)), Run(1, 5.0, (1.0,))], BARE)
    assert came.finished == {0: 30.0, 1: 31.0}  # in the order in which they came
    assert came.waits == [0.0, 10.0, 25.0]


def test_fair_share_lets_the_user_with_less_go_first():
    together = replace(BARE, max_vcpus=2, policy="fair")
    came = simulate([Run(0, 0.0, (10.0, 10.0, 10.0)), Run(1, 5.0, (1.0,))], together)
    assert came.finished == {0: 20.0, 1: 11.0}  # at 10 both places are free; user 1 has none going
    assert simulate(
        [Run(0, 0.0, (10.0, 10.0, 10.0)), Run(1, 5.0, (1.0,))], replace(together, policy="fifo")
    ).finished == {
        0: 20.0,
        1: 11.0,
    }
    many = [Run(0, 0.0, (10.0,) * 6), Run(1, 5.0, (1.0,))]
    assert simulate(many, together).finished[1] == 11.0
    assert simulate(many, replace(together, policy="fifo")).finished[1] == 31.0


def test_the_next_epoch_waits_for_the_whole_array():
    came = simulate([Run(0, 0.0, (10.0, 30.0), epochs=2)], replace(BARE, max_vcpus=2))
    assert came.finished == {0: 60.0}


def test_an_interrupted_shard_goes_on_from_its_checkpoint():
    queue = Queue(max_vcpus=1, start_up=5.0, interruptions=30.0, checkpoint=10.0)
    came = simulate([Run(0, 0.0, (1000.0,))], queue, seed=1)
    assert came.interrupted > 2
    assert came.work == pytest.approx(1000.0)
    assert came.finished[0] == pytest.approx(1000.0 + came.lost)
    assert came.lost <= (came.interrupted + 1) * (5.0 + 10.0)


def test_the_mean_wait_is_erlang_s():
    """M/M/2 at a load of 0.5 waits a third of a service time: C(2, 1) = 1/3, over c μ - λ = 1."""
    chance, at, runs = random.Random(7), 0.0, []
    for _ in range(40_000):
        at += chance.expovariate(1.0)
        runs.append(Run(0, at, (chance.expovariate(1.0),)))
    waits = simulate(runs, Queue(max_vcpus=2, start_up=0.0)).waits
    assert statistics.fmean(waits) == pytest.approx(1 / 3, rel=0.06)


def test_fair_share_is_what_small_runs_need_on_a_busy_day():
    users = day(200)
    first, fair = (figures(users, Queue(max_vcpus=32, policy=policy)) for policy in ("fifo", "fair"))
    assert fair["small finish p95"] < first["small finish p95"]
    assert fair["dollars"] == pytest.approx(first["dollars"], rel=1e-6)  # who waits changes, not what is done


def test_a_day_has_its_peak_after_the_session():
    arrivals = [run.arrival for run in day(1000, seed=3)]
    assert arrivals == sorted(arrivals)
    within = sum(16 * HOUR <= at <= 17 * HOUR for at in arrivals)
    assert 450 < within < 650


def test_only_what_is_between_the_marks_is_replaced():
    page = "a\n<!-- x -->\nold\n<!-- /x -->\nb"
    assert put(page, "x", "new") == "a\n<!-- x -->\nnew\n<!-- /x -->\nb"
    with pytest.raises(SystemExit, match="no part <!-- y -->"):
        put(page, "y", "new")
