from __future__ import annotations

import tomllib

import pytest

from tools.environment import ROOT
from tools.failure import SetupError
from tools.release.notes import main, notes

CHANGELOG = """# Changelog

## [Unreleased]

- soon

## [1.1.0] - 2026-12-01

### Added

- this

## [1.0.0] - 2026-11-28

- that

[1.0.0]: somewhere
"""


def test_the_section_of_the_version():
    assert notes(CHANGELOG, "1.1.0", "v1.1.0") == "### Added\n\n- this"
    assert notes(CHANGELOG, "1.0.0", "v1.0.0") == "- that"


def test_another_tag_is_refused():
    with pytest.raises(SetupError, match=r"The tag is v1\.0\.0, the version in pyproject\.toml 1\.1\.0"):
        notes(CHANGELOG, "1.1.0", "v1.0.0")


def test_a_version_without_a_dated_section_is_refused():
    with pytest.raises(SetupError, match=r"no section `## \[1\.2\.0\] - YYYY-MM-DD`"):
        notes(CHANGELOG.replace("[Unreleased]", "[1.2.0]"), "1.2.0", "v1.2.0")


def test_our_own_changelog_has_the_section_and_keeps_a_place_for_what_comes(capsys):
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert main([f"v{version}"]) == 0
    assert "### Added" in capsys.readouterr().out
    assert "## [Unreleased]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert main(["v0.0.0"]) == 1
    assert "the tag must be v" in capsys.readouterr().err
