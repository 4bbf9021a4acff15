"""The version stands in pyproject.toml; what repeats it agrees."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import lode

ROOT = Path(__file__).parents[1]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def test_the_package_has_the_version_of_its_project() -> None:
    assert lode.__version__ == VERSION, "install again: `make setup`"


def test_no_module_repeats_it() -> None:
    assert [path for path in (ROOT / "src").rglob("*.py") if f'"{VERSION}"' in path.read_text(encoding="utf-8")] == []


def test_the_citation_and_the_newest_section_of_the_changelog_agree() -> None:
    cited = re.search(r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE)
    changed = re.findall(r"^## \[(\d\S*)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert cited
    assert (cited[1], changed[0]) == (VERSION, VERSION)
