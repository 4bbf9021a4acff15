"""The workflow of a release, read as what it is: jobs, steps, rights. It runs on the repository's host alone."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]

ROOT = Path(__file__).parents[3]
FILE = ROOT / ".github" / "workflows" / "release.yml"
TAGGED = "startsWith(github.ref, 'refs/tags/v')"
WRITERS = {"publish": {"id-token": "write"}, "page": {"contents": "write"}}
SYSTEMS = {"ubuntu-24.04", "ubuntu-24.04-arm", "macos-15-intel", "macos-15", "windows-2025"}


@pytest.fixture(scope="module")
def workflow():
    return yaml.safe_load(FILE.read_text())


@pytest.fixture(scope="module")
def jobs(workflow):
    return workflow["jobs"]


def commands(job) -> str:
    return "\n".join(step["run"] for step in job["steps"] if "run" in step)


def before(jobs, name) -> set[str]:
    """Every job that must have succeeded before one begins."""
    needs = jobs[name].get("needs", [])
    direct = {needs} if isinstance(needs, str) else set(needs)
    return direct | {earlier for need in direct for earlier in before(jobs, need)}


def test_it_runs_for_tags_of_versions_and_by_hand(workflow):
    assert workflow[True] == {"push": {"tags": ["v*"]}, "workflow_dispatch": None}  # YAML reads `on` as true


def test_a_job_may_read_and_two_may_write_one_thing_each(workflow, jobs):
    assert workflow["permissions"] == {"contents": "read"}
    assert {name: job["permissions"] for name, job in jobs.items() if "permissions" in job} == WRITERS


def test_nothing_of_ours_runs_in_the_job_that_can_publish(jobs):
    assert commands(jobs["publish"]) == ""
    used = [step["uses"] for step in jobs["publish"]["steps"]]
    assert not any(use.startswith("actions/checkout@") for use in used)
    assert used[-1].startswith("pypa/gh-action-pypi-publish@")
    assert jobs["publish"]["environment"] == "release"


def test_no_secret_is_read(jobs):
    text = FILE.read_text()
    assert "secrets." not in text
    assert "password" not in text
    assert {name for name, job in jobs.items() if "github.token" in str(job)} == {"page"}


def test_every_action_is_named_by_a_commit_and_says_its_version():
    uses = re.findall(r"uses: (\S+)(?: # (\S+))?", FILE.read_text())
    assert uses
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action) and version.startswith("v") for action, version in uses)
    assert len({action for action, _ in uses}) == len({action.partition("@")[0] for action, _ in uses})


def test_no_checkout_keeps_its_credentials(jobs):
    steps = [step for job in jobs.values() for step in job["steps"]]
    checkouts = [step for step in steps if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert all(step["with"] == {"persist-credentials": False} for step in checkouts)


def test_what_a_tag_says_reaches_no_shell_but_as_a_variable(jobs):
    assert not any("${{" in commands(job) for job in jobs.values())


def test_nothing_is_published_before_everything_was_tried(jobs):
    assert before(jobs, "publish") == {"version", "wheels", "source", "bare", "whole"}
    assert "publish" in before(jobs, "page")
    assert jobs["version"]["if"] == jobs["publish"]["if"] == TAGGED


def test_the_tag_must_be_the_version(jobs):
    assert 'python -m tools.release.notes "$TAG"' in commands(jobs["version"])
    assert "|" not in commands(jobs["version"])  # a pipe's exit code is its last command's


def test_wheels_of_every_system_are_built_and_tried_on_it(jobs):
    assert set(jobs["wheels"]["strategy"]["matrix"]["os"]) == SYSTEMS
    assert set(jobs["bare"]["strategy"]["matrix"]["os"]) == SYSTEMS
    assert "python -m tools.release.bare --quick" in commands(jobs["bare"])
    builds = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["cibuildwheel"]["build"]
    tried = {f"cp{python.replace('.', '')}-*" for python in jobs["bare"]["strategy"]["matrix"]["python"]}
    assert tried <= set(builds.split())


def test_the_source_archive_is_built_and_the_bill_written(jobs):
    assert "python -m build --sdist" in commands(jobs["source"])
    assert commands(jobs["whole"]) == "make release"
    kept = {
        step["with"]["name"]: step["with"]["path"] for step in jobs["whole"]["steps"] if "path" in step.get("with", {})
    }
    assert kept == {"bill": "dist/*.cdx.json"}


def test_the_page_has_the_notes_and_every_file(jobs):
    told = commands(jobs["page"])
    assert re.search(r'gh release create "\$TAG" --verify-tag .*--notes-file notes\.md dist/\*', told)


def test_only_archives_go_to_the_package_index(jobs):
    taken = [step["with"] for step in jobs["publish"]["steps"] if "download-artifact" in step["uses"]]
    assert [part.get("pattern") or part["name"] for part in taken] == ["wheels-*", "source"]


def test_no_job_runs_for_ever(jobs):
    assert all(job["timeout-minutes"] <= 120 for job in jobs.values())
