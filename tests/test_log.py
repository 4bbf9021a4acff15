from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
import structlog

from lode import log


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def test_without_a_terminal_every_line_is_json_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("info")
    log.get_logger("run").info("done", trials=3)
    log.get_logger("run").debug("not shown")
    captured = capsys.readouterr()
    assert captured.out == ""
    line = json.loads(captured.err)
    assert (line["event"], line["component"], line["trials"], line["level"]) == ("done", "run", 3, "info")
    assert line["timestamp"].endswith("Z")


RETRIED = "asked again reason='no answer' attempt=2 wait_seconds=0.0"
LIBRARY = """
import sys, stamina
from lode import log
from lode.collect.http import with_retries
from lode.errors import SourceUnavailableError

if "own" in sys.argv:
    import logging
    logging.basicConfig(format="%(name)s %(levelname)s %(message)s", level="INFO", stream=sys.stderr)
with log.bound(run="r1"):
    log.get_logger("run").info("begun")
    log.get_logger("run").warning("odd", trials=3)
with log.progress("mining", 1) as bar:
    bar.advance()

def fail():
    raise SourceUnavailableError("no answer")

with stamina.set_testing(True, attempts=2):
    try:
        with_retries(fail, attempts=2)
    except SourceUnavailableError:
        pass
try:
    raise ValueError("why")
except ValueError:
    log.get_logger("run").error("failed", exc_info=True)
"""


def test_a_library_writes_nothing_to_standard_output_and_warns_on_standard_error() -> None:
    said = subprocess.run([sys.executable, "-c", LIBRARY], capture_output=True, text=True, check=True)
    assert said.stdout == ""
    first, retried, failed, *trace = said.stderr.splitlines()
    assert (first, retried, failed) == ("odd run='r1' trials=3", RETRIED, "failed")
    assert trace[-1] == "ValueError: why"


def test_a_program_that_configures_logging_decides_what_a_library_logs() -> None:
    said = subprocess.run([sys.executable, "-c", LIBRARY, "own"], capture_output=True, text=True, check=True)
    assert said.stdout == ""
    assert said.stderr.splitlines()[:2] == ["lode.run INFO begun run='r1'", "lode.run WARNING odd run='r1' trials=3"]


def test_the_level_decides_what_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("error")
    log.get_logger("run").warning("quiet")
    log.get_logger("run").error("loud")
    assert json.loads(capsys.readouterr().err)["event"] == "loud"


def test_the_first_line_that_nobody_reads_says_so_and_later_ones_are_dropped() -> None:
    code = """
import sys
from lode import log
log.configure()
try:
    log.get_logger("run").info("lost")
except log.ReaderGoneError as gone:
    log.get_logger("run").info("lost as well")
    print(gone)
"""
    reading, writing = os.pipe()
    os.close(reading)
    said = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=writing, text=True, check=True)
    os.close(writing)
    assert said.stdout == "nobody reads what is said any more\n"


def test_an_exception_stands_in_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure()
    try:
        [].pop()
    except IndexError:
        log.get_logger("cli").error("failed", exc_info=True)
    assert "IndexError: pop from empty list" in json.loads(capsys.readouterr().err)["exception"]


def test_a_terminal_gets_lines_for_a_reader(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    log.configure()
    log.get_logger("run").info("done", trials=3)
    told = capsys.readouterr().err
    assert "done" in told
    assert not told.startswith("{")


def test_progress_reports_at_most_every_few_seconds_with_rate_and_time_left(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [100.0]
    monkeypatch.setattr(log.time, "monotonic", lambda: clock[0])
    log.configure()
    with log.progress("mining", 100) as bar:
        for _ in range(10):
            clock[0] += 1.0
            bar.advance(2)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["done"], line["total"], line["rate"], line["seconds_left"]) for line in lines] == [
        (10, 100, 2.0, 45.0),
        (20, 100, 2.0, 40.0),
    ]


def test_a_terminal_gets_a_bar(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with log.progress("mining", 4) as bar:
        bar.advance(4, note="best .05")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "mining" in captured.err


def test_lines_of_a_block_carry_what_they_belong_to(capfd):
    log.configure("info")
    with log.bound(run="r1", step="mine", source=None):
        log.get_logger("x").info("within", step="own")
    log.get_logger("x").info("after")
    within, after = (json.loads(line) for line in capfd.readouterr().err.splitlines())
    assert (within["run"], within["step"], within["component"]) == ("r1", "own", "x")
    assert "source" not in within
    assert "run" not in after
