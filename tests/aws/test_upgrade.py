from __future__ import annotations

import copy
import json

import pytest

from infra.rules.keeping import STATEFUL
from infra.upgrade import CREATE_ONLY, PREVIOUS, WATCHED, extract, replaced

PAST = {path.stem: json.loads(path.read_text()) for path in sorted(PREVIOUS.glob("*.json"))}


@pytest.mark.parametrize("name", PAST)
def test_an_upgrade_from_the_previous_templates_replaces_nothing_that_holds_data(name, assembly):
    assert PAST[name]
    assert replaced(PAST[name], assembly("hobby" if name == "first" else name)) == []


def test_a_larger_size_replaces_nothing_that_holds_data(assembly):
    assert replaced(assembly("hobby"), assembly("desk")) == []


def test_the_first_templates_held_the_lake_and_the_flow_logs():
    kinds = [(stack, r["Type"]) for stack, template in PAST["first"].items() for r in template["Resources"].values()]
    assert kinds.count(("LodeStorage", "AWS::S3::Bucket")) == 2
    assert ("LodeStorage", "AWS::KMS::Key") in kinds
    assert ("LodeNetwork", "AWS::Logs::LogGroup") in kinds
    assert kinds.count(("LodeNetwork", "AWS::EC2::Subnet")) == 2


def test_an_extract_says_as_much_as_the_templates(templates):
    assert replaced(extract(templates), templates) == []
    assert replaced(templates, extract(templates)) == []


def resources(templates, kind):
    return [
        (stack, name)
        for stack, template in templates.items()
        for name, resource in template["Resources"].items()
        if resource["Type"] == f"AWS::{kind}"
    ]


@pytest.mark.parametrize("variant", ["hobby", "desk"])
def test_a_renamed_resource_is_named(variant, assembly):
    templates = assembly(variant)
    for kind in STATEFUL:
        for stack, name in resources(templates, kind):
            new = {**templates, stack: {"Resources": dict(templates[stack]["Resources"])}}
            new[stack]["Resources"]["Renamed"] = new[stack]["Resources"].pop(name)
            (found,) = replaced(templates, new)
            assert (found.stack, found.resource) == (stack, name)
            assert "left behind" in found.why


@pytest.mark.parametrize("variant", ["hobby", "desk"])
@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        ("S3::Bucket", "BucketName", "mine"),
        ("S3::Bucket", "BucketEncryption", {"Ref": "Another"}),
        ("Logs::LogGroup", "LogGroupName", "/lode"),
        ("Logs::LogGroup", "KmsKeyId", {"Ref": "Another"}),
        ("SecretsManager::Secret", "Name", "mine"),
        ("SecretsManager::Secret", "KmsKeyId", {"Ref": "Another"}),
        ("KMS::Key", "KeySpec", "RSA_2048"),
        ("EC2::Volume", "AvailabilityZone", {"Fn::Select": [7, {"Fn::GetAZs": ""}]}),
        ("EC2::Volume", "Encrypted", False),
        ("EC2::Volume", "KmsKeyId", {"Ref": "Another"}),
        ("EC2::Subnet", "CidrBlock", "10.74.0.0/20"),
        ("EC2::VPC", "CidrBlock", "10.74.0.0/16"),
        ("Cognito::UserPool", "UsernameAttributes", ["phone_number"]),
    ],
)
def test_a_changed_property_that_only_creation_sets_is_named(variant, kind, key, value, assembly):
    templates = assembly(variant)
    places = resources(templates, kind)
    assert places, f"there is no {kind} to try it with"
    for stack, name in places:
        new = {**templates, stack: copy.deepcopy(templates[stack])}
        new[stack]["Resources"][name]["Properties"][key] = value
        (found,) = replaced(templates, new)
        assert (found.stack, found.resource) == (stack, name)
        assert found.why.startswith(key)


def test_a_removed_stack_and_another_type_are_named(templates):
    without = {stack: template for stack, template in templates.items() if stack != "LodeStorage"}
    held = len(extract(templates)["LodeStorage"]["Resources"])
    assert len(replaced(templates, without)) == held
    ((stack, name), *_) = resources(templates, "EC2::VPC")
    new = {**templates, stack: copy.deepcopy(templates[stack])}
    new[stack]["Resources"][name]["Type"] = "AWS::EC2::Subnet"
    assert [found.why for found in replaced(templates, new)] == ["is of another type now (AWS::EC2::Subnet)"]


def test_what_an_upgrade_may_change_is_not_named(templates):
    new = copy.deepcopy(templates)
    for template in new.values():
        for resource in template["Resources"].values():
            resource.setdefault("Properties", {})["Tags"] = [{"Key": "a", "Value": "b"}]
    assert replaced(templates, new) == []


def test_the_table_is_what_the_types_schemas_say():
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

    for kind in WATCHED:
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", f"AWS::{kind}").schema
        said = {path.split("/")[2] for path in schema.get("createOnlyProperties", [])}
        if not kind.startswith("RDS::"):  # has dozens: those that hold its data are enough
            assert set(CREATE_ONLY.get(kind, ())) <= said, kind
            assert bool(said) == (kind in CREATE_ONLY), kind
