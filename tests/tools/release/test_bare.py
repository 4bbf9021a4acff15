from __future__ import annotations

import tomllib

import pytest

from tools import locked
from tools.environment import ROOT
from tools.failure import SetupError
from tools.release import bare, smoke

CIBUILDWHEEL = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["cibuildwheel"]


def test_the_wheel_is_tested_as_where_it_is_built():
    assert list(bare.TESTERS) == CIBUILDWHEEL["test-requires"]
    assert [word.removeprefix("{project}/") for word in CIBUILDWHEEL["test-command"].split()[-2:]] == list(bare.TESTED)


def test_an_empty_environment_gets_no_extra():
    names = {pin.name for pin in locked.needed(locked.asked_for(), locked.read())}
    assert "numpy" in names
    assert not names & {"chdb", "clickhouse-connect", "streamlit", "pytest", "nanobind"}


def test_a_wheel_that_is_not_there_is_named(tmp_path, capsys):
    assert bare.main([str(tmp_path / "no.whl")]) == 1
    assert "build one with `make release`" in capsys.readouterr().err


def test_a_command_that_fails_is_named(tmp_path):
    environment = object.__new__(bare.Bare)
    environment.work = tmp_path
    with pytest.raises(SetupError, match="It broke: `false` failed"):
        environment._run(["false"], why="It broke")


def test_the_smoke_test_ends_where_something_does_not_hold(tmp_path):
    with pytest.raises(SystemExit, match="not so: the sky is green"):
        smoke.expect(False, "the sky is green")
    with pytest.raises(SystemExit, match=r"`lode --nosuch` ended with 2, not 0"):
        smoke.Home(tmp_path).lode("--nosuch")


def test_the_smoke_test_uses_a_home_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("LODE_WAREHOUSE_URL", "https://elsewhere")
    env = smoke.Home(tmp_path).env
    assert {name: value for name, value in env.items() if name.startswith("LODE_")} == {
        "LODE_HOME": str(tmp_path / "home")
    }
