"""One rate for every process: on a clock of the test's own, and with three real processes."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lode.collect.http import ThrottledForError
from lode.collect.sec.rate import LATE, MARGIN, SharedRate
from lode.errors import UsageError
from lode.lake import Lake
from tests.replicas.server import Answer, Replica


@dataclass
class Clock:
    """Time that passes only while somebody sleeps."""

    now: float = 1_000_000.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


@pytest.fixture
def place(tmp_path):
    return Lake((tmp_path / "lake").as_uri())


def most_in_a_second(times):
    """The most moments in any rolling second, its end left out."""
    return max(sum(begin <= time < begin + 1 for time in times) for begin in times)


@pytest.mark.parametrize(("rate", "in_a_second"), [(8, 8), (10, 10), (1, 1), (2.5, 2), (0.5, 1)])
def test_no_rolling_second_has_more(place, rate, in_a_second):
    clock = Clock()
    limit = SharedRate(place, "x", rate, clock=clock, sleep=clock.sleep)
    times = [limit.wait() for _ in range(40)]
    assert most_in_a_second(times) <= in_a_second
    window = max(1.0, 1 / rate) + MARGIN
    assert times[-1] - times[0] <= 40 / max(1, int(rate)) * window + 1e-6


def test_two_share_the_rate(place):
    """Two limits on one clock, asked in turn, are one."""
    clock = Clock()
    limits = [SharedRate(place, "x", 8, clock=clock, sleep=clock.sleep) for _ in range(2)]
    times = [limits[n % 2].wait() for n in range(60)]
    assert most_in_a_second(sorted(times)) <= 8


@given(
    waits=st.lists(st.floats(0, 2), min_size=5, max_size=40),
    ways=st.lists(st.floats(0, MARGIN - LATE), min_size=40, max_size=40),
    who=st.lists(st.integers(0, 2), min_size=40, max_size=40),
)
def test_whoever_asks_whenever(waits, ways, who):
    """Three limits asked at any time, their requests up to a tenth of a second on the way: never more than eight."""
    with TemporaryDirectory() as folder:
        clock, place = Clock(), Lake(Path(folder).as_uri())
        limits = [SharedRate(place, "x", 8, clock=clock, sleep=clock.sleep) for _ in range(3)]
        arrived = []
        for n, wait in enumerate(waits):
            clock.now += max(0.0, wait - 1.5)  # mostly at once
            arrived.append(limits[who[n]].wait() + ways[n])
    assert most_in_a_second(arrived) <= 8


def test_growing_pauses_reach_everyone(place):
    clock = Clock()
    one, other = (SharedRate(place, "x", 8, clock=clock, sleep=clock.sleep) for _ in range(2))
    lengths = []
    for _ in range(4):
        sent = one.wait()
        clock.now += 0.1
        lengths.append(one.pause(sent))
        assert one.pause(sent - 0.05) == pytest.approx(lengths[-1])  # was under way: nothing new
        ends = clock.now + lengths[-1]
        assert other.wait() >= ends
    assert lengths == [1, 4, 16, 64]
    sent = one.wait()
    one.succeeded()
    clock.now += 0.1
    assert one.pause(sent) == 1
    sent = other.wait()
    assert other.pause(sent, asked=30) == 30


def test_a_long_pause_is_not_waited_for(place):
    clock = Clock()
    one, other = (SharedRate(place, "x", 8, clock=clock, sleep=clock.sleep) for _ in range(2))
    assert one.pause(one.wait(), asked=3_600) == 600
    with pytest.raises(ThrottledForError, match="600 s more"):
        other.wait()


def test_claims_do_not_pile_up(place):
    clock = Clock()
    place.claim("rate/x/window/17", b"")  # of a process that was killed
    place.claim("rate/x/pause/1000-2000", b"")
    limit = SharedRate(place, "x", 8, clock=clock, sleep=clock.sleep)
    for _ in range(200):
        limit.wait()
        clock.now += 1.0
    left = place.list("rate")
    assert len(left) < 70
    assert not {"rate/x/window/17", "rate/x/pause/1000-2000"} & set(left)


def test_nothing_else_can_be_discarded(place):
    place.put("raw/sec/x", b"1")
    with pytest.raises(UsageError, match="only objects under rate/"):
        place.discard("raw/sec/x")
    place.discard("rate/x/never-there")
    assert place.exists("raw/sec/x")


WORKER = """
import sys, threading, urllib.request
from lode.collect.sec.rate import SharedRate
from lode.lake import Lake
limit = SharedRate(Lake(sys.argv[1]), "sec", 8)
def ask():
    for _ in range(5):
        print(limit.wait(), flush=True)
        urllib.request.urlopen(sys.argv[2]).read()
threads = [threading.Thread(target=ask) for _ in range(3)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""


def test_three_processes_stay_within_one_rate(place):
    """3 processes with 3 threads each ask 45 times: no rolling second sees more than eight, sent or arrived."""
    with Replica(lambda _: Answer(body=b"{}")) as replica:
        command = [sys.executable, "-c", WORKER, place.url, replica.url]
        workers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
        outputs = [worker.communicate(timeout=60)[0] for worker in workers]
    sent = sorted(float(line) for output in outputs for line in output.split())
    assert len(sent) == len(replica.times) == 45
    assert most_in_a_second(sent) <= 8
    assert most_in_a_second(replica.times) <= 8
    assert sent[-1] - sent[0] < 15


def test_threads_do_not_share_a_slot(place):
    limit = SharedRate(place, "x", 8)
    times = []
    threads = [threading.Thread(target=lambda: times.append(limit.wait())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    apart = [after - before for before, after in pairwise(sorted(times))]
    assert len(apart) == 7
    assert min(apart) > 1 / 8 - LATE  # slots lie 0.1425 s apart; each may be used a little late
