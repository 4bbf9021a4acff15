"""500 symbols × 10 years with 5 % faults, collected in processes of their own, which are killed on the way."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from datetime import UTC, date, datetime

import pytest

from lode.settings import load_settings
from lode.warehouse import open_warehouse, stop
from lode.warehouse.stores.bars import read_actions, read_bars
from tests.replicas.decade import prices, session_days

RATE = 100.0
LATER = datetime(2030, 1, 1, tzinfo=UTC)
TODAY, NEXT = "2024-05-24", "2024-05-29"  # Monday the 27th is a holiday
YEARS = 2520


class Served:
    """The replica in a process of its own."""

    def __init__(self, count, environment):
        command = [sys.executable, "-m", "tests.replicas.decade", str(count), str(YEARS), "0.05", "7"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(command, env=environment, **pipes)
        self.url = self.process.stdout.readline().strip()

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()

    def asked(self):
        told = json.loads(self.tell("asked"))
        self.tell("reset")
        return told["paths"], told["times"]


@pytest.fixture(scope="module")
def environment(pytestconfig):
    """Children keep their compiled modules: most of a short collection's time is imports."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(pytestconfig.cache.mkdir("compiled"))}


@pytest.fixture(scope="module")
def served(soak_scale, environment):
    running = Served(round(500 * soak_scale), environment)
    yield running
    running.process.kill()
    running.process.communicate()


@pytest.fixture(scope="module")
def collect(served, environment, soak_scale):
    def start(home, day):
        served.tell(f"today {day}")
        command = [sys.executable, "-m", "tests.replicas.collector", home, served.url]
        command += [str(round(500 * soak_scale)), str(RATE), day]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(list(map(str, command)), env=environment, **pipes)

    return start


@pytest.fixture(scope="module")
def undisturbed(collect, served, tmp_path_factory):
    """A home with everything collected in one go, what its process said, and what the replica saw."""
    home = tmp_path_factory.mktemp("undisturbed")
    out, _ = collect(home, TODAY).communicate()
    yield home, json.loads(out.splitlines()[-1]), served.asked()
    stop(load_settings(home=home))


def rows(home):
    with open_warehouse(load_settings(home=home, warehouse_idle=60)) as warehouse:
        return (
            read_bars(warehouse, source="yahoo", as_of=LATER),
            read_actions(warehouse, source="yahoo", as_of=LATER),
        )


def test_all_of_it_comes_in_order_within_the_rate_and_in_little_memory(undisturbed, soak_scale):
    home, told, (paths, times) = undisturbed
    count = round(500 * soak_scale)
    print(json.dumps({name: value for name, value in told.items() if name != "failed"}))
    assert told["failed"] == {}
    assert told["missing"] == {}
    assert (told["rows"], told["collected"]) == (count * YEARS, count)
    assert told["peak_mb"] < 500
    bars, actions = rows(home)
    every_day = session_days(YEARS)
    days = every_day[:YEARS]
    for name, stock in bars.partition_by("instrument", as_dict=True, maintain_order=True).items():
        assert stock["session"].to_list() == days
        came = stock.select("open", "high", "low", "close", "volume").to_numpy()
        assert (abs(came - prices(name[0], len(every_day))[:YEARS]) < 1e-9).all()
    assert bars["instrument"].n_unique() == count
    assert actions.height == count * len(range(62, YEARS, 63))
    assert count < len(paths) < 1.3 * count + 10  # each once, and what failed again
    for first, later in zip(times, times[round(RATE) :], strict=False):
        assert later - first > 0.9  # any second has at most its rate, give or take the way


def test_a_second_run_asks_only_for_what_is_new(undisturbed, collect, served, soak_scale):
    home, *_ = undisturbed
    count = round(500 * soak_scale)
    out, _ = collect(home, NEXT).communicate()
    told = json.loads(out.splitlines()[-1])
    assert (told["rows"], told["collected"], told["failed"]) == (2 * count, count, {})
    paths, _ = served.asked()
    since = {datetime.fromtimestamp(int(path.split("period1=")[1].split("&")[0]), UTC).date() for path in paths}
    assert since == {date(2024, 5, 12)}  # the day before the tenth last session


def test_killed_at_random_nothing_is_lost_and_nothing_twice(undisturbed, collect, soak_scale, tmp_path_factory):
    home, told, _ = undisturbed
    killed = tmp_path_factory.mktemp("killed")
    moments = random.Random(3)
    kills = max(2, round(20 * soak_scale))
    try:
        for number in range(kills):
            child = collect(killed, TODAY)
            assert child.stdout.readline() == "go\n"
            time.sleep((number + moments.random()) / kills * min(told["seconds"], 8.0))
            child.kill()
            child.communicate()
        kept = rows(killed)[0].height
        out, _ = collect(killed, TODAY).communicate()
        last = json.loads(out.splitlines()[-1])
        assert last["failed"] == {}
        bars, actions = rows(killed)
    finally:
        stop(load_settings(home=killed))
    expected_bars, expected_actions = rows(home)
    known = expected_bars.filter(expected_bars["session"] <= date.fromisoformat(TODAY))
    begun = expected_actions.filter(expected_actions["ex_date"] <= date.fromisoformat(TODAY))
    assert bars.equals(known)
    assert actions.equals(begun)
    assert kept > 0
    assert kept + last["rows"] == known.height  # what was there before a kill came from there
