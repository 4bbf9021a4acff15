from __future__ import annotations

import json

import pytest

from tools.licences.__main__ import RELEASED, write_bill
from tools.licences.bill import bill


@pytest.fixture(scope="module")
def written(judged, tmp_path_factory):
    return json.loads(write_bill(judged, tmp_path_factory.mktemp("bill")).read_text())


def test_it_is_cyclonedx(written):
    assert (written["bomFormat"], written["specVersion"], written["version"]) == ("CycloneDX", "1.6", 1)
    assert written["serialNumber"].startswith("urn:uuid:")
    assert written["metadata"]["component"]["purl"].startswith("pkg:pypi/lode-factors@")


def test_it_has_what_users_may_install_and_what_the_wheel_contains(written):
    names = {component["name"] for component in written["components"]}
    assert {"numpy", "chdb", "boto3", "ray", "lightgbm", "nanobind", "skfolio"} <= names
    assert not names & {"pytest", "mypy", "hypothesis"}
    assert all(component["licenses"][0]["expression"] for component in written["components"])


def test_every_reference_names_one_component(written):
    components = [component["bom-ref"] for component in written["components"]]
    assert len(components) == len(set(components))
    known = {*components, written["metadata"]["component"]["bom-ref"]}
    edges = written["dependencies"]
    assert {edge["ref"] for edge in edges} <= known
    assert {target for edge in edges for target in edge["dependsOn"]} <= known


def test_who_requires_whom(written):
    needs = {edge["ref"].rpartition("/")[2].partition("@")[0]: edge["dependsOn"] for edge in written["dependencies"]}
    assert any(target.startswith("pkg:pypi/numpy@") for target in needs["pandas"])
    assert any(target.startswith("pkg:pypi/pandas@") for target in needs["lode-factors"])


def test_the_same_locks_give_the_same_bill(judged):
    released = [entry for entry in judged if entry.group in RELEASED]
    assert bill(released, "1.0") == bill(released, "1.0")
    assert bill(released, "1.0")["serialNumber"] != bill(released, "1.1")["serialNumber"]
