"""A run that was killed is told from one that goes on; a resumed run says what it goes on with."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from lode.errors import WarehouseError
from lode.lake import Lake
from lode.warehouse import Warehouse
from lode.warehouse.stores.runs import RunRecord, StepRecord, read_run, record_run, record_step
from lode.workflow import options, recording, run, steps
from lode.workflow.alive import Hold, Holder, find_stopped
from lode.workflow.context import Context
from lode.workflow.run import execute, resume
from tests.workflow.homes import Here, Home, Killed, dying, ended, kill, request_for, until

NOW = datetime.now(UTC)
ELSEWHERE = Holder("another/machine", 1, 1.0)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    home = Home(tmp_path_factory.mktemp("alive") / "home")
    with home.context() as context:
        yield context
    home.stop()


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake((tmp_path / "lake").as_uri())


def _running(context: Context, name: str) -> str:
    record_run(context.warehouse, RunRecord(name, "", "", "", "{}", "", 0, "running", NOW))
    return name


def _beat(lake: Lake, run: str, holder: Holder, ago: timedelta) -> None:
    at = (datetime.now(UTC) - ago).timestamp()
    lake.put(f"rate/runs/{run}/{holder.name}/beat={at:.0f}.json", json.dumps(asdict(holder)).encode())


def test_a_run_that_this_process_holds_goes_on_and_leaves_no_beat(opened: Context, lake: Lake) -> None:
    name = _running(opened, "held")
    with Hold(lake) as hold:
        hold.take(name)
        assert find_stopped([name], opened.warehouse, lake) == []
    assert lake.list("") == []


def test_beats_go_on_and_one_is_there_at_a_time(lake: Lake) -> None:
    with Hold(lake, every=timedelta(seconds=0.3)) as hold:
        hold.take("beats")
        first = lake.list("")
        until(lambda: (beats := lake.list("")) and beats != first, seconds=20)
        assert len(lake.list("")) <= 2


def test_a_process_that_is_gone_leaves_its_run_stopped_also_when_its_number_is_used_again(
    opened: Context, lake: Lake
) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    here = Holder.here()
    for name, holder in (("gone", replace(here, pid=gone.pid)), ("reused", replace(here, born=here.born - 100))):
        _beat(lake, _running(opened, name), holder, timedelta(seconds=1))
        assert find_stopped([name], opened.warehouse, lake) == [name]


def test_another_machine_has_ten_minutes(opened: Context, lake: Lake) -> None:
    for name, minutes in (("beating", 8), ("still", 11)):
        _beat(lake, name, ELSEWHERE, timedelta(minutes=minutes))
    assert find_stopped(["beating"], opened.warehouse, lake) == []
    assert find_stopped(["still"], opened.warehouse, lake) == ["still"]


def test_a_run_that_goes_on_elsewhere_without_beats_is_not_stopped(opened: Context, lake: Lake) -> None:
    name = _running(opened, "handed-over")
    _beat(lake, name, ELSEWHERE, timedelta(hours=1))
    record_step(opened.warehouse, StepRecord(name, "mine", 0, "running", 1, NOW))
    assert find_stopped([name], opened.warehouse, lake) == []


def test_a_run_without_beats_is_stopped_after_a_silent_day(opened: Context, lake: Lake) -> None:
    assert find_stopped([_running(opened, "machine")], opened.warehouse, lake) == []
    assert find_stopped(["never-heard-of"], opened.warehouse, lake) == ["never-heard-of"]


def test_a_killed_run_is_listed_as_stopped_with_what_resumes_it(tmp_path: Path, market: Path) -> None:
    home = Home(tmp_path / "home")
    process = home.spawn("run", "--source", market, "--candidates", "4000", "--shards", "2", "--json")
    try:
        until(lambda: list((home.folder / "lake").glob("runs/*/epoch=0/shard=*/generation=*")) or process.poll())
        listed = home.lode("runs", "list", "--json").json["runs"]
        kill(process.pid)
        ended(process)
        name = listed[0]["run"]
        after = home.lode("runs", "list", "--json").json["runs"][0]
        shown = home.lode("runs", "show", name, "--json").json
    finally:
        kill(process.pid)
        process.communicate()
        home.stop()
    assert [entry["state"] for entry in listed] == ["running"]
    assert after["state"] == shown["state"] == "stopped"
    assert after["message"] == shown["message"] == f"its process is gone; `lode run --resume {name}` goes on"


def _died(context: Context, market: Path) -> str:
    with dying(55), pytest.raises(Killed):
        execute(request_for(market, candidates=24), context, Here(context))
    return str(context.warehouse.query("SELECT run FROM runs FINAL")["run"][0])


def test_other_options_with_resume_are_refused_and_the_same_ones_are_not(tmp_path: Path, market: Path) -> None:
    home = Home(tmp_path / "home")
    try:
        with home.context() as context:
            name = _died(context, market)
        for wrong in (["--candidates", "50"], ["--seed", "7"], ["--source", "sample"], ["--start", "2020-01-02"]):
            refused = home.lode("run", "--resume", name, *wrong)
            assert refused.code == 2
            assert f"{wrong[0]} {wrong[1]} (the run has " in refused.message
            assert f"--resume {name} goes on with what the run was asked" in refused.message
        again = home.lode("run", "--resume", name, "--source", market, "--candidates", "24", "--json")
        assert again.json["run"] == name
        assert home.lode("mine", "--resume", name, "--snapshot", "0000").code == 2
    finally:
        home.stop()


def test_a_run_that_other_code_goes_on_with_says_so_and_keeps_its_first_version(
    tmp_path: Path, market: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, first = Home(tmp_path / "home"), options.code_version()
    try:
        with home.context() as context:
            name = _died(context, market)
            for module in (recording, steps):
                monkeypatch.setattr(module, "code_version", lambda: "9.9+later")
            with dying(12), pytest.raises(Killed):
                resume(name, context, Here(context))
            begun = read_run(context.warehouse, name)
            monkeypatch.undo()
            resume(name, context, Here(context))
            done = read_run(context.warehouse, name)
    finally:
        home.stop()
    note = f"begun by code {first}, gone on with by 9.9+later"
    assert (begun.state, begun.message, begun.code_version) == ("running", note, first)
    assert (done.state, done.code_version) == ("succeeded", first)
    assert note in done.message


def test_what_fails_while_the_plan_is_read_again_is_on_record(
    tmp_path: Path, market: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path / "home")
    try:
        with home.context() as context:

            def refuse(*_: object) -> None:
                raise OSError("gone")

            monkeypatch.setattr(run, "load_plan", refuse)
            with pytest.raises(OSError, match="gone"):
                execute(request_for(market, candidates=24), context, Here(context))
            found = context.warehouse.query("SELECT state, message FROM runs FINAL").row(0)
    finally:
        home.stop()
    assert found == ("failed", "OSError: gone")


def test_a_run_that_lost_its_warehouse_for_good_is_stopped_and_resumed(
    tmp_path: Path, market: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, insert, mined = Home(tmp_path / "home"), Warehouse.insert, []

    def lost(house: Warehouse, table: str, frame: pl.DataFrame) -> int:
        mined.extend([table] * (table == "trials"))
        if mined:
            raise WarehouseError("the server does not answer")
        return insert(house, table, frame)

    try:
        with home.context() as context:
            monkeypatch.setattr(Warehouse, "insert", lost)
            with pytest.raises(WarehouseError, match="does not answer") as gone:
                execute(request_for(market, candidates=24), context, Here(context))
            monkeypatch.undo()
            name = context.warehouse.query("SELECT run FROM runs FINAL WHERE state = 'running'")["run"][0]
            stopped = find_stopped([name], context.warehouse, context.lake)
            result = resume(name, context, Here(context))
    finally:
        home.stop()
    assert f"`lode run --resume {name}`" in "".join(gone.value.__notes__)
    assert stopped == [name]
    assert result["trials"] == 24
