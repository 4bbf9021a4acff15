from __future__ import annotations

import os
import shutil

import pytest

from tools import chromium
from tools.failure import SetupError


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """A machine without a browser, and a user who may not install one."""
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(chromium, "PLACES", ())
    monkeypatch.setattr(chromium, "_playwrights_own", lambda: None)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)


@pytest.mark.usefixtures("bare")
def test_its_absence_names_the_command_that_installs_it():
    with pytest.raises(SetupError, match=r"(?s)sudo apt-get install chromium.*dnf.*brew.*playwright install"):
        chromium.ensure()


@pytest.mark.usefixtures("bare")
def test_root_on_debian_gets_it_installed(monkeypatch, tmp_path):
    ran = []

    def run(command, **_):
        ran.append(command)
        if "install" in command:
            (tmp_path / "chromium").write_text("")
            (tmp_path / "chromium").chmod(0o755)

    (tmp_path / "apt-get").write_text("")
    (tmp_path / "apt-get").chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(chromium, "run", run)
    assert chromium.ensure() == tmp_path / "chromium"
    assert [command[1] for command in ran] == ["update", "install"]


@pytest.mark.usefixtures("bare")
def test_the_one_that_is_named_comes_first(monkeypatch, tmp_path):
    mine = tmp_path / "mine"
    monkeypatch.setenv("CHROMIUM", str(mine))
    with pytest.raises(SetupError, match="CHROMIUM="):
        chromium.find()
    mine.touch()
    assert chromium.find() == mine


def test_the_browser_that_is_found_is_on_this_machine():
    found = chromium.find()
    assert found is None or shutil.which(str(found))
