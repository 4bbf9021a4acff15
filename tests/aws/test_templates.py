from __future__ import annotations

import json

import pytest


@pytest.fixture(scope="session")
def network(templates):
    return resources(templates["LodeNetwork"])


@pytest.fixture(scope="session")
def storage(templates):
    return resources(templates["LodeStorage"])


def resources(template) -> dict[str, list[dict]]:
    found: dict[str, list[dict]] = {}
    for resource in template["Resources"].values():
        found.setdefault(resource["Type"], []).append(resource)
    return found


def test_the_templates_name_no_account_and_no_region(templates):
    parts = ("App", "Collection", "Mining", "Network", "Observability", "Storage", "Warehouse")
    assert set(templates) == {f"Lode{part}" for part in parts}
    for template in templates.values():
        arns = [word for word in json.dumps(template).split('"') if word.startswith("arn:")]
        assert not [arn for arn in arns if any(part.isdigit() for part in arn.split(":"))]


def test_two_private_zones_without_a_way_out(network):
    assert len(network["AWS::EC2::Subnet"]) == 2
    zones = [subnet["Properties"]["AvailabilityZone"]["Fn::Select"][0] for subnet in network["AWS::EC2::Subnet"]]
    assert sorted(zones) == [0, 1]
    assert not any(subnet["Properties"]["MapPublicIpOnLaunch"] for subnet in network["AWS::EC2::Subnet"])
    for way_out in ("InternetGateway", "NatGateway", "Route", "EIP"):
        assert f"AWS::EC2::{way_out}" not in network


def test_s3_is_reached_through_a_gateway_endpoint_from_every_subnet(network):
    (endpoint,) = network["AWS::EC2::VPCEndpoint"]
    assert endpoint["Properties"]["VpcEndpointType"] == "Gateway"
    assert len(endpoint["Properties"]["RouteTableIds"]) == 2


def test_every_flow_is_logged_for_a_year_under_a_key(network):
    (flows,) = network["AWS::EC2::FlowLog"]
    assert flows["Properties"]["TrafficType"] == "ALL"
    (group,) = network["AWS::Logs::LogGroup"]
    assert group["Properties"]["RetentionInDays"] == 365
    assert "KmsKeyId" in group["Properties"]
    assert group["DeletionPolicy"] == "Retain"


def test_every_key_rotates_and_outlives_its_stack(network, storage):
    for stack in (network, storage):
        (key,) = stack["AWS::KMS::Key"]
        assert key["Properties"]["EnableKeyRotation"] is True
        assert (key["DeletionPolicy"], key["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_every_bucket_is_private_versioned_and_kept(storage):
    assert len(storage["AWS::S3::Bucket"]) == 2
    for bucket in storage["AWS::S3::Bucket"]:
        properties = bucket["Properties"]
        assert all(properties["PublicAccessBlockConfiguration"].values())
        assert len(properties["PublicAccessBlockConfiguration"]) == 4
        assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
        assert properties["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
        assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_the_lake_is_encrypted_with_the_key_and_logs_its_accesses(storage):
    (lake,) = [b["Properties"] for b in storage["AWS::S3::Bucket"] if "LoggingConfiguration" in b["Properties"]]
    (rule,) = lake["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"]["Fn::GetAtt"][0].startswith("LakeKey")
    assert lake["LoggingConfiguration"]["DestinationBucketName"]["Ref"].startswith("AccessLogs")


def test_every_bucket_refuses_plain_http_and_old_tls(storage):
    assert len(storage["AWS::S3::BucketPolicy"]) == 2
    for policy in storage["AWS::S3::BucketPolicy"]:
        refused = [s for s in policy["Properties"]["PolicyDocument"]["Statement"] if s["Effect"] == "Deny"]
        conditions = [statement["Condition"] for statement in refused]
        assert {"Bool": {"aws:SecureTransport": "false"}} in conditions
        assert {"NumericLessThan": {"s3:TlsVersion": 1.2}} in conditions
        assert all(statement["Principal"] == {"AWS": "*"} for statement in refused)


def test_no_role_is_allowed_a_whole_service(templates):
    for template in templates.values():
        for name, resource in template["Resources"].items():
            document = resource.get("Properties", {}).get("PolicyDocument", {})
            for statement in document.get("Statement", []):
                actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
                assert statement["Effect"] == "Deny" or not [a for a in actions if a.endswith("*")], name
