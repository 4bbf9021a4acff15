from __future__ import annotations

from pathlib import Path

import pytest

from tools import core, environment, prerequisites, setup
from tools.failure import SetupError


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """A checkout of its own, whose steps only say that they were taken."""
    taken: list[str] = []
    (tmp_path / ".venv").mkdir()
    for name in ("run.lock", "all.lock", "kernel.cpp"):
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(setup, "LOCKS", {"run": tmp_path / "run.lock", "all": tmp_path / "all.lock"})
    monkeypatch.setattr(setup, "STAMP", tmp_path / ".venv" / "stamp.json")
    monkeypatch.setattr(core, "sources", lambda: [tmp_path / "kernel.cpp"])
    (tmp_path / "lode").mkdir()
    monkeypatch.setattr(core, "packages", lambda: [path for path in tmp_path.glob("lode*") if path.is_dir()])
    monkeypatch.setattr(environment, "is_whole", lambda _: (tmp_path / ".venv").is_dir())
    monkeypatch.setattr(environment, "make", lambda: taken.append("make"))
    monkeypatch.setattr(environment, "install", lambda lock: taken.append(lock.name))
    monkeypatch.setattr(core, "build", lambda: taken.append("build"))
    return taken


def test_a_second_set_up_does_nothing(done):
    assert setup.main(["run"]) == 0
    assert done == ["make", "run.lock", "build"]
    assert setup.main(["run"]) == 0
    assert len(done) == 3


def test_tests_need_more_than_running_and_running_no_more_than_tests(done):
    setup.main(["run"])
    done.clear()
    setup.main(["all"])
    assert done == ["make", "all.lock"]
    done.clear()
    setup.main(["run"])
    assert done == []


def test_a_changed_kernel_is_built_without_installing_anew(done, tmp_path):
    setup.main(["all"])
    done.clear()
    (tmp_path / "kernel.cpp").write_text("faster")
    setup.main(["run"])
    assert done == ["build"]


def test_a_module_that_has_become_a_package_is_found_again(done, tmp_path):
    setup.main(["all"])
    done.clear()
    (tmp_path / "lode_queries").mkdir()
    setup.main(["run"])
    assert done == ["build"]


def test_a_changed_lock_is_installed_at_the_level_that_was_there(done, tmp_path):
    setup.main(["all"])
    done.clear()
    (tmp_path / "run.lock").write_text("newer")
    setup.main(["run"])
    assert done == ["make", "all.lock", "build"]


def test_a_set_up_that_was_killed_before_its_build_goes_on_there(done, monkeypatch):
    def killed() -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(core, "build", killed)
        assert setup.main(["run"]) == 130
    done.clear()
    setup.main(["run"])
    assert done == ["build"]


def test_a_stamp_that_was_cut_off_counts_for_nothing(done, tmp_path):
    setup.main(["run"])
    stamp = tmp_path / ".venv" / "stamp.json"
    stamp.write_text(stamp.read_text()[:20])
    done.clear()
    setup.main(["run"])
    assert done == ["make", "run.lock", "build"]


def test_a_checkout_that_was_moved_is_set_up_anew(done, monkeypatch, tmp_path):
    setup.main(["run"])
    monkeypatch.setattr(environment, "discard", lambda: done.append("discard"))
    stamp = tmp_path / ".venv" / "stamp.json"
    stamp.write_text(stamp.read_text().replace(str(tmp_path), "/elsewhere"))
    done.clear()
    setup.main(["run"])
    assert done == ["discard", "make", "run.lock", "build"]


def test_what_is_missing_is_said_without_a_traceback(done, monkeypatch, capsys):
    monkeypatch.setattr(prerequisites, "missing_from_python", lambda: ["Python.h: apt-get install python3.11-dev"])
    assert setup.main(["run"]) == 1
    assert "python3.11-dev" in capsys.readouterr().err
    assert done == []


def test_a_failed_build_ends_with_its_reason(done, monkeypatch, capsys):
    def fail() -> None:
        raise SetupError("The core cannot be built: disk full")

    monkeypatch.setattr(core, "build", fail)
    assert setup.main(["run"]) == 1
    assert "disk full" in capsys.readouterr().err
