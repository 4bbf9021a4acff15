from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tools import environment
from tools.failure import SetupError

LISTING = """\
:env:.default-timeout='60'
:env:.index-url='https://env.example/simple'
global.cert='/etc/ca.pem'
global.extra-index-url='https://one.example/simple\\nhttps://two.example/simple'
global.index-url='https://global.example/simple'
install.find-links='/wheels /more wheels'
freeze.timeout='1'
"""


def test_the_users_pip_configuration_is_read_the_nearest_first():
    settings = environment.pip_settings(LISTING)
    assert settings["index-url"] == "https://env.example/simple"
    assert settings["cert"] == "/etc/ca.pem"
    assert "timeout" not in settings


def test_uv_is_told_what_pip_is_told():
    env = environment.uv_environment(environment.pip_settings(LISTING))
    assert env["UV_DEFAULT_INDEX"] == "https://env.example/simple"
    assert env["UV_INDEX"] == "https://one.example/simple https://two.example/simple"
    assert env["SSL_CERT_FILE"] == "/etc/ca.pem"
    assert env["UV_HTTP_TIMEOUT"] == "60"


def test_without_a_configuration_uv_keeps_its_defaults():
    assert set(environment.uv_environment({})) == {"UV_INDEX_STRATEGY"}


def whole(folder: Path) -> Path:
    (folder / "bin").mkdir(parents=True)
    environment.python(folder).symlink_to(sys.executable)
    return folder


def test_a_whole_environment_is_left_alone(tmp_path):
    folder = whole(tmp_path / "a folder" / ".venv")
    (folder / "kept").touch()
    environment.make(folder)
    assert (folder / "kept").exists()


@pytest.mark.parametrize("fault", ["no interpreter", "dead interpreter", "killed while installing"])
def test_an_environment_that_a_kill_left_half_made_is_not_whole(tmp_path, fault):
    folder = whole(tmp_path / ".venv")
    if fault == "killed while installing":
        (folder / environment._BUSY).touch()
    else:
        environment.python(folder).unlink()
    if fault == "dead interpreter":
        environment.python(folder).symlink_to("/no/such/python")
    assert not environment.is_whole(folder)


def test_a_half_made_environment_is_made_anew(tmp_path):
    folder = tmp_path / "a folder" / ".venv"
    (folder / "lib" / "half").mkdir(parents=True)
    environment.make(folder)
    assert environment.is_whole(folder)
    assert not (folder / "lib" / "half").exists()


def test_uv_is_installed_as_the_lock_pins_it(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(environment, "run", lambda command, **_: asked.append(Path(command[-1]).read_text()))
    lock = tmp_path / "a.lock"
    lock.write_text(
        "ruff==1 \\\n    --hash=sha256:00\nuv==2 \\\n    --hash=sha256:11 \\\n    --hash=sha256:22\n    # via x\n"
    )
    environment._install_uv(lock, tmp_path)
    assert asked == ["uv==2 \\\n    --hash=sha256:11 \\\n    --hash=sha256:22\n"]


def test_a_failed_installation_leaves_its_marker(monkeypatch, tmp_path):
    def refuse(*_: object, **__: object) -> None:
        raise SetupError("no network")

    monkeypatch.setattr(environment, "run", refuse)
    folder = whole(tmp_path / ".venv")
    with pytest.raises(SetupError, match="no network"):
        environment.install(Path(__file__).parents[2] / "requirements-run.lock", folder)
    assert not environment.is_whole(folder)
