from __future__ import annotations

import json
from typing import Any

import pytest

from lode.deploy import lowering
from lode.deploy.account import Account
from lode.deploy.deployment import Deployment
from lode.deploy.lowering import delete_data, left, lower_stacks, tagged
from lode.deploy.stacks import standing
from lode.deploy.state import status

MADE = Deployment()
TAGS = [{"Key": name, "Value": value} for name, value in MADE.all_tags.items()]
KEPT = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
STORAGE = {
    "Resources": {
        "Lake1": {
            "Type": "AWS::S3::Bucket",
            **KEPT,
            "Properties": {"BucketName": "a-lake", "Tags": TAGS},
        },
        "AccessLogs1": {
            "Type": "AWS::S3::Bucket",
            **KEPT,
            "Properties": {"BucketName": "a-accesslogs", "Tags": TAGS},
        },
    }
}
WAREHOUSE = {
    "Resources": {
        "Disk": {
            "Type": "AWS::EC2::Volume",
            **KEPT,
            "Properties": {"AvailabilityZone": "us-east-1a", "Size": 50, "Tags": TAGS},
        },
    },
    "Outputs": {"Place": {"Value": "there"}},
}


@pytest.fixture
def deployed(account: Account) -> Account:
    """Two stacks, objects in several versions, and a bucket of someone else."""
    for name, template in (("LodeStorage", STORAGE), ("LodeWarehouse", WAREHOUSE)):
        account.ask("cloudformation", "create_stack", StackName=name, TemplateBody=json.dumps(template))
        account.ask("cloudformation", "update_termination_protection", StackName=name, EnableTerminationProtection=True)
    account.ask("secretsmanager", "create_secret", Name="password", SecretString="x", Tags=TAGS)
    account.ask("kms", "create_key", Tags=[{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in TAGS])
    versioned = {"Status": "Enabled"}
    account.ask("s3", "put_bucket_versioning", Bucket="a-lake", VersioningConfiguration=versioned)
    for body in (b"one", b"two"):
        account.ask("s3", "put_object", Bucket="a-lake", Key="raw/1", Body=body)
    account.ask("s3", "delete_object", Bucket="a-lake", Key="raw/1")
    account.ask("s3", "create_multipart_upload", Bucket="a-lake", Key="raw/2")
    account.ask("s3", "create_bucket", Bucket="someone-elses")
    foreign = [{"Key": "application", "Value": "lode"}, {"Key": "deployment", "Value": "another"}]
    account.ask("s3", "put_bucket_tagging", Bucket="someone-elses", Tagging={"TagSet": foreign})
    return account


def buckets(account: Account) -> list[str]:
    return sorted(row["Name"] for row in account.ask("s3", "list_buckets")["Buckets"])


def test_down_keeps_what_holds_data_and_says_so(deployed: Account) -> None:
    said: list[str] = []
    lower_stacks(deployed, MADE, delete_data=False, tell=said.append)
    assert said == ["removing LodeWarehouse"]
    assert list(standing(deployed, MADE)) == ["Storage"]
    assert buckets(deployed) == ["a-accesslogs", "a-lake", "someone-elses"]
    versions = deployed.pages("s3", "list_object_versions", "Versions", Bucket="a-lake")
    assert len(versions) == 2
    told = left(deployed, MADE)
    assert any("a-lake" in arn for arn in told["resources"])
    assert not any("someone-elses" in arn for arn in told["resources"])
    assert 0 < told["month"] < 30


def test_delete_data_empties_and_removes_what_is_ours_and_nothing_else(deployed: Account) -> None:
    lower_stacks(deployed, MADE, delete_data=True, tell=lambda _: None)
    assert not standing(deployed, MADE)
    said: list[str] = []
    assert delete_data(deployed, MADE, said.append) == []
    assert buckets(deployed) == ["someone-elses"]
    order = [next(word for word in ("lake", "accesslogs", "key/", "secret", "volume") if word in line) for line in said]
    assert order.index("lake") < order.index("accesslogs") < order.index("key/")
    (key,) = [row["KeyId"] for row in deployed.ask("kms", "list_keys")["Keys"]]
    assert deployed.ask("kms", "describe_key", KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"


def test_a_second_removal_finds_nothing_to_do(deployed: Account) -> None:
    for _ in range(2):
        lower_stacks(deployed, MADE, delete_data=True, tell=lambda _: None)
        delete_data(deployed, MADE, lambda _: None)
    assert not [arn for arn in tagged(deployed, MADE) if ":s3:" in arn]


def test_a_bucket_with_more_versions_than_one_request_deletes(
    deployed: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lowering, "_MOST_AT_ONCE", 3)
    for number in range(8):
        deployed.ask("s3", "put_object", Bucket="a-lake", Key=f"raw/{number}", Body=b"")
    delete_data(deployed, MADE, lambda _: None)
    assert buckets(deployed) == ["someone-elses"]


def test_status_tells_every_stack_there_or_not(deployed: Account) -> None:
    told = status(deployed, MADE)
    states = {row["stack"]: row["state"] for row in told["stacks"]}
    assert states["LodeStorage"] == "CREATE_COMPLETE"
    assert states["LodeMining"] == "absent"
    assert told["outputs"] == {"Place": "there"}
    assert told["settings"] == {"LODE_LAKE_URL": "s3://a-lake/lake"}
    assert (told["account"], told["executions"], told["alarms"]) == ("123456789012", [], [])


def test_a_balancer_that_forbids_its_deletion_is_told_that_it_is_meant(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
        "Balancer": {
            "Type": "AWS::ElasticLoadBalancingV2::LoadBalancer",
            "Properties": {
                "Subnets": [{"Ref": "Subnet0"}, {"Ref": "Subnet1"}],
                "Tags": TAGS,
            },
        },
    }
    for at in range(2):
        subnet = {
            "VpcId": {"Ref": "Vpc"},
            "CidrBlock": f"10.0.{at}.0/24",
            "AvailabilityZone": f"{MADE.region}{'ab'[at]}",
        }
        network[f"Subnet{at}"] = {"Type": "AWS::EC2::Subnet", "Properties": subnet}
    template = json.dumps({"Resources": network})
    account.ask("cloudformation", "create_stack", StackName="LodeApp", TemplateBody=template, Tags=TAGS)
    asked: list[tuple[str, object]] = []  # moto deletes a protected balancer with its stack, AWS does not

    def ask(self: Account, service: str, action: str, **given: object) -> dict[str, Any]:
        asked.append((action, given.get("Attributes")))
        return answer(self, service, action, **given)

    answer = Account.ask
    monkeypatch.setattr(Account, "ask", ask)
    lower_stacks(account, MADE, delete_data=False, tell=lambda _: None)
    free = ("modify_load_balancer_attributes", [{"Key": "deletion_protection.enabled", "Value": "false"}])
    assert asked.index(free) < asked.index(("delete_stack", None))
    assert account.ask("elbv2", "describe_load_balancers")["LoadBalancers"] == []
