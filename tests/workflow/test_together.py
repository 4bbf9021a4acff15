"""Several processes on one LODE_HOME at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lode.evidence.vault import alpha_k
from lode.warehouse.stores.ledger import count_trials
from lode.warehouse.stores.runs import read_steps
from lode.workflow.openings import read_claims
from tests.workflow.homes import Home, ended

OPTIONS = ("--candidates", "60", "--shards", "1", "--json")


@pytest.fixture
def home(tmp_path: Path, market: Path) -> Iterator[Home]:
    home = Home(tmp_path / "home")
    assert home.lode("import", "bars", market).code == 0
    assert home.lode("snapshot").code == 0
    yield home
    home.stop()


def test_two_runs_and_a_reader_work_at_once_and_the_openings_are_told_apart(home: Home) -> None:
    running = [home.spawn("mine", "--seed", seed, *OPTIONS) for seed in (1, 2)]
    looks = 0
    while any(process.poll() is None for process in running):
        for command in (
            ("runs", "list"),
            ("factors", "list"),
            ("sql", "SELECT count() FROM trials", "--format", "csv"),
        ):
            assert home.lode(*command).code == 0
        assert home.lode("evaluate", f"ts_delay(high, {looks % 20 + 2})", "--json").json["leak_check"] == "passed"
        looks += 1
        time.sleep(0.2)
    first, second = (ended(process).json for process in running)
    assert looks > 1
    with home.context() as context:
        claims = read_claims(context.lake)
        for result in (first, second):
            assert count_trials(context.warehouse, [result["run"]]) == result["trials"]
            assert set(read_steps(context.warehouse, result["run"])["state"]) == {"succeeded"}
    opened = [result["vault"] for result in (first, second)]
    assert sorted(vault["k"] for vault in opened) == [1, 2]
    assert all(vault["alpha"] == alpha_k(0.05, vault["k"]) for vault in opened)
    assert {claim.run for claim in claims} == {first["run"], second["run"]}


def test_the_same_command_twice_at_once_in_a_new_home_is_one_run_with_one_opening(tmp_path: Path, market: Path) -> None:
    home = Home(tmp_path / "new")
    try:
        running = [home.spawn("run", "--source", market, *OPTIONS) for _ in range(2)]
        first, second = (ended(process).json for process in running)
        with home.context() as context:
            claims = read_claims(context.lake)
            trials = count_trials(context.warehouse, [first["run"]])
            bars = context.warehouse.query("SELECT count() AS n FROM bars FINAL")["n"][0]
    finally:
        home.stop()
    assert first == second
    assert [claim.run for claim in claims] == [first["run"]]
    assert trials == first["trials"]
    assert bars == 16_260
