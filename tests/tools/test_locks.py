from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-run.lock", "requirements-zig.lock")


def pins(lock: str) -> dict[str, set[str]]:
    """Versions by name; several where Python versions ask for several."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9.-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found


def direct(*extras: str) -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = list(project["dependencies"])
    for extra in extras:
        wanted += project["optional-dependencies"][extra]
    names = {re.split(r"[\[<>=;! ]", requirement)[0].lower().replace("_", "-") for requirement in wanted}
    return names - {"lode-factors"}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_file_of_a_lock_is_pinned_by_hash_and_no_index_is_named(lock):
    text = (ROOT / lock).read_text()
    blocks = re.split(r"^(?=[a-z0-9.-]+==)", text, flags=re.MULTILINE)[1:]
    assert blocks
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in text
    assert not re.search(r"^\s*--(?!hash)", text, re.MULTILINE)


def test_what_running_installs_is_of_the_versions_that_were_tested():
    tested, running = pins("requirements.lock"), pins("requirements-run.lock")
    assert {name: versions for name, versions in running.items() if tested.get(name) != versions} == {}
    assert "pytest" not in running


def test_the_locks_hold_what_pyproject_asks_for():
    running = direct("warehouse", "collect", "app", "build")
    assert running <= set(pins("requirements-run.lock")), "run `make lock`"
    assert running | direct("aws", "dev") <= set(pins("requirements.lock")), "run `make lock`"
    assert set(pins("requirements-zig.lock")) == {"ziglang"}
