"""Buckets and keys as they are synthesized."""

from __future__ import annotations

from typing import Any

import pytest

from tests.aws.resources import Resources, resources

KEEPS = ("Retain", "Retain")


@pytest.fixture(scope="session")
def storage(templates: dict[str, Any]) -> Resources:
    return resources(templates["LodeStorage"])


def test_every_key_rotates_and_outlives_its_stack(templates: dict[str, Any]) -> None:
    keys = [key for stack in ("LodeStorage", "LodeNetwork") for key in resources(templates[stack])["AWS::KMS::Key"]]
    assert len(keys) >= 6
    for key in keys:
        assert key["Properties"]["EnableKeyRotation"] is True
        assert (key["DeletionPolicy"], key["UpdateReplacePolicy"]) == KEEPS


def test_each_key_admits_the_services_that_use_it(templates: dict[str, Any]) -> None:
    made = templates["LodeStorage"]["Resources"]
    keys = {name: r["Properties"]["KeyPolicy"] for name, r in made.items() if r["Type"] == "AWS::KMS::Key"}

    def services(prefix: str) -> list[Any]:
        (policy,) = [policy for name, policy in keys.items() if name.startswith(prefix)]
        allowed = [s["Principal"].get("Service") for s in policy["Statement"]]
        return [service for service in allowed if service]

    assert "logs." in str(services("LogsKey"))
    assert {"cloudwatch.amazonaws.com", "events.amazonaws.com"} <= set(services("AlarmsKey")[0])
    assert services("LakeKey") == services("WarehouseKey") == []
    for policy in keys.values():
        for statement in policy["Statement"][1:]:
            assert statement["Condition"], "any account could use the key through the service"


def test_every_bucket_is_private_versioned_and_kept(storage: Resources) -> None:
    assert len(storage["AWS::S3::Bucket"]) == 3
    for bucket in storage["AWS::S3::Bucket"]:
        properties = bucket["Properties"]
        assert all(properties["PublicAccessBlockConfiguration"].values())
        assert len(properties["PublicAccessBlockConfiguration"]) == 4
        assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
        assert properties["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
        assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == KEEPS


@pytest.mark.parametrize(("bucket", "key"), [("Lake", "LakeKey"), ("Backups", "WarehouseKey")])
def test_data_are_under_a_key_and_log_their_accesses(templates: dict[str, Any], bucket: str, key: str) -> None:
    made = templates["LodeStorage"]["Resources"]
    (found,) = [
        r["Properties"] for name, r in made.items() if r["Type"] == "AWS::S3::Bucket" and name.startswith(bucket)
    ]
    (rule,) = found["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"]["Fn::GetAtt"][0].startswith(key)
    assert found["LoggingConfiguration"]["DestinationBucketName"]["Ref"].startswith("AccessLogs")


def test_what_is_of_no_more_use_expires(templates: dict[str, Any]) -> None:
    made = templates["LodeStorage"]["Resources"]
    rules = {
        rule["Id"]: rule
        for resource in made.values()
        if resource["Type"] == "AWS::S3::Bucket"
        for rule in resource["Properties"]["LifecycleConfiguration"]["Rules"]
    }
    assert (rules["turns"]["Prefix"], rules["turns"]["ExpirationInDays"]) == ("lake/rate/", 1)
    assert rules["backups"]["ExpirationInDays"] == 35
    lake = [rule for rule in rules.values() if "ExpirationInDays" in rule and not rule.get("Prefix")]
    assert {rule["Id"] for rule in lake} == {"backups", "a year"}  # nothing of the lake's own expires


def test_every_bucket_refuses_plain_http_and_old_tls(storage: Resources) -> None:
    assert len(storage["AWS::S3::BucketPolicy"]) == 3
    for policy in storage["AWS::S3::BucketPolicy"]:
        refused = [s for s in policy["Properties"]["PolicyDocument"]["Statement"] if s["Effect"] == "Deny"]
        conditions = [statement["Condition"] for statement in refused]
        assert {"Bool": {"aws:SecureTransport": "false"}} in conditions
        assert {"NumericLessThan": {"s3:TlsVersion": 1.2}} in conditions
        assert all(statement["Principal"] == {"AWS": "*"} for statement in refused)
