"""The network as it is synthesized, and the function that does what CloudFormation cannot."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.doors import DOORS, ENDS, ROOMS
from infra.endpoints import services
from infra.functions import network_facts
from lode.deploy.deployment import sized
from tests.aws.resources import Resources, resources


@pytest.fixture(scope="session")
def network(templates: dict[str, Any]) -> Resources:
    return resources(templates["LodeNetwork"])


def test_three_kinds_of_subnets_none_of_which_gives_public_addresses(network: Resources) -> None:
    subnets = [subnet["Properties"] for subnet in network["AWS::EC2::Subnet"]]
    assert not any(subnet["MapPublicIpOnLaunch"] for subnet in subnets)
    kinds = [tag["Value"] for subnet in subnets for tag in subnet["Tags"] if tag["Key"] == "aws-cdk:subnet-name"]
    assert {kind: kinds.count(kind) for kind in kinds} == {"Private": 2, "Outside": 2, "Public": 2}
    assert len(network["AWS::EC2::NatGateway"]) == len(network["AWS::EC2::EIP"]) == 1


def test_a_third_zone_moves_no_subnet(templates: dict[str, Any], assembly: Callable[[str], dict[str, Any]]) -> None:
    small, large = (
        {
            name: r["Properties"]
            for name, r in made["LodeNetwork"]["Resources"].items()
            if r["Type"] == "AWS::EC2::Subnet"
        }
        for made in (templates, assembly("desk"))
    )
    assert len(large) == 9
    for name, subnet in small.items():
        assert large[name]["CidrBlock"] == subnet["CidrBlock"]
        assert large[name]["AvailabilityZone"] == subnet["AvailabilityZone"]


def test_private_subnets_have_no_way_out(templates: dict[str, Any]) -> None:
    made = templates["LodeNetwork"]["Resources"]
    tables = [
        route["Properties"]["RouteTableId"]["Ref"] for route in made.values() if route["Type"] == "AWS::EC2::Route"
    ]
    assert tables
    assert not [table for table in tables if "Private" in table]


def test_s3_is_reached_through_a_bounded_gateway_from_every_subnet(network: Resources) -> None:
    (gateway,) = [
        e["Properties"] for e in network["AWS::EC2::VPCEndpoint"] if e["Properties"]["VpcEndpointType"] == "Gateway"
    ]
    assert len(gateway["RouteTableIds"]) == 6
    own, public, answers = gateway["PolicyDocument"]["Statement"]
    assert own["Condition"] == {"StringEquals": {"aws:PrincipalAccount": {"Ref": "AWS::AccountId"}}}
    assert public["Action"] == "s3:GetObject"
    assert answers["Action"] == "s3:PutObject"
    assert "*" not in (public["Resource"], answers["Resource"])


def test_interface_endpoints_take_this_account_only(network: Resources) -> None:
    interfaces = [
        e["Properties"] for e in network["AWS::EC2::VPCEndpoint"] if e["Properties"]["VpcEndpointType"] == "Interface"
    ]
    assert len(interfaces) == len(services(sized({})))
    for endpoint in interfaces:
        assert endpoint["PrivateDnsEnabled"] is True
        assert len(endpoint["SubnetIds"]) == 1  # hobby: one zone
        assert [g["Fn::GetAtt"][0][:14] for g in endpoint["SecurityGroupIds"]] == ["DoorsEndpoints"]
        (statement,) = endpoint["PolicyDocument"]["Statement"]
        assert statement["Condition"] == {"StringEquals": {"aws:PrincipalAccount": {"Ref": "AWS::AccountId"}}}


def test_every_rule_is_a_door_of_the_table_and_names_a_room(network: Resources) -> None:
    ins, outs = network["AWS::EC2::SecurityGroupIngress"], network["AWS::EC2::SecurityGroupEgress"]
    assert len(ins) == sum(door.target in ROOMS for door in DOORS)
    assert len(outs) == sum(door.source in ROOMS for door in DOORS)
    for rule in (*ins, *outs):
        told = rule["Properties"]
        assert told["IpProtocol"] == "tcp"
        assert told["FromPort"] == told["ToPort"]
        assert ("CidrIp" in told) == ("internet" in told["Description"].split(":")[0])
    for group in network["AWS::EC2::SecurityGroup"]:
        assert "SecurityGroupIngress" not in group["Properties"]
        assert [rule["CidrIp"] for rule in group["Properties"]["SecurityGroupEgress"]] == ["255.255.255.255/32"]  # none


def test_only_the_balancer_is_open_to_anyone_and_only_three_rooms_look_out() -> None:
    assert {door.target for door in DOORS if door.source == "internet"} == {"balancer"}
    assert {door.source for door in DOORS if door.target == "internet"} == {"balancer", "app", "collectors"}
    assert {door.port for door in DOORS if door.target == "warehouse" and door.source != "warehouse"} == {8443}
    for door in DOORS:
        assert {door.source, door.target} <= {*ROOMS, *ENDS}


def test_the_default_group_and_list_let_nothing_through(network: Resources) -> None:
    (facts,) = network["Custom::NetworkFacts"]
    assert facts["Properties"]["DefaultSecurityGroup"]["Fn::GetAtt"][1] == "DefaultSecurityGroup"
    closed = [
        entry["Properties"]
        for entry in network["AWS::EC2::NetworkAclEntry"]
        if "Fn::GetAtt" in entry["Properties"]["NetworkAclId"]
        and entry["Properties"]["NetworkAclId"]["Fn::GetAtt"][1] == "DefaultNetworkAcl"
    ]
    assert {(e["Egress"], e["RuleAction"], e["Protocol"], e["RuleNumber"]) for e in closed} == {
        (False, "deny", -1, 1),
        (True, "deny", -1, 1),
    }


def test_every_flow_is_logged_for_a_year_under_a_key(network: Resources) -> None:
    (flows,) = network["AWS::EC2::FlowLog"]
    assert flows["Properties"]["TrafficType"] == "ALL"
    groups = network["AWS::Logs::LogGroup"]
    assert {group["Properties"]["RetentionInDays"] for group in groups} == {365}
    assert all("KmsKeyId" in group["Properties"] and group["DeletionPolicy"] == "Retain" for group in groups)


@pytest.mark.usefixtures("no_account")
def test_the_function_closes_a_group_and_finds_s3(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(network_facts, "tell", lambda _url, answer: told.append(answer))
    with mock_aws():
        ec2 = boto3.client("ec2", region_name="eu-central-1")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        (group,) = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"]
        event = {
            "RequestType": "Create",
            "ResponseURL": "https://told",
            "StackId": "s",
            "RequestId": "r",
            "LogicalResourceId": "l",
            "ResourceProperties": {"DefaultSecurityGroup": group["GroupId"]},
        }
        for _ in range(2):
            assert network_facts.handler(event, None) == "SUCCESS"
        (after,) = ec2.describe_security_groups(GroupIds=[group["GroupId"]])["SecurityGroups"]
        assert (after["IpPermissions"], after["IpPermissionsEgress"]) == ([], [])
        assert network_facts.handler(event | {"ResourceProperties": {"DefaultSecurityGroup": "sg-x"}}, None)
    assert told[0]["Data"]["S3PrefixList"].startswith("pl-")
    assert json.dumps(told)
