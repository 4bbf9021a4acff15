"""What the costs count is what the templates have; what CloudFormation may do is what they ask."""

from __future__ import annotations

from collections import Counter

import pytest

from lode.deploy import costs
from lode.deploy.bootstrap import policy
from lode.deploy.costs import HOURS, cost_lines, endpoints
from lode.deploy.deployment import Deployment

_ACTIONS = {  # services whose actions are not called as their resource types are
    "ApplicationAutoScaling": "application-autoscaling",
    "Cognito": "cognito-idp",
    "ElasticLoadBalancingV2": "elasticloadbalancing",
    "StepFunctions": "states",
}


@pytest.fixture(scope="session")
def made(templates) -> list[dict]:
    return [resource for template in templates.values() for resource in template["Resources"].values()]


def test_what_stands_is_counted(made):
    found = Counter(resource["Type"] for resource in made)
    assert found["AWS::KMS::Key"] == costs.keys(Deployment())
    assert found["AWS::SecretsManager::Secret"] == costs.secrets(Deployment())
    assert found["AWS::Route53::HostedZone"] == 1
    assert found["AWS::EC2::NatGateway"] == 1
    assert found["AWS::ElasticLoadBalancingV2::LoadBalancer"] == 1
    assert found["AWS::CloudWatch::Alarm"] == pytest.approx(costs.ALARMS, abs=10)  # ten cents each
    assert found["AWS::CloudWatch::CompositeAlarm"] == costs.GROUPS_OF_ALARMS
    assert found["AWS::CloudWatch::Dashboard"] == costs.DASHBOARDS
    (firewall,) = [resource for resource in made if resource["Type"] == "AWS::WAFv2::WebACL"]
    assert len(firewall["Properties"]["Rules"]) == costs.WEB_RULES


def test_endpoints_are_counted_by_zone(made):
    deployment = Deployment()
    inner = [resource["Properties"] for resource in made if resource["Type"] == "AWS::EC2::VPCEndpoint"]
    zones = [len(row["SubnetIds"]) for row in inner if row["VpcEndpointType"] == "Interface"]
    assert zones == [deployment.endpoint_zones] * endpoints(deployment)


def test_every_server_and_disk_is_counted(made):
    lines = {line.what: line.count for line in cost_lines(Deployment())}
    found = Counter(resource["Type"] for resource in made)
    assert found["AWS::AutoScaling::AutoScalingGroup"] * HOURS == lines["warehouse servers"]  # a group keeps one alive
    assert "AWS::EC2::Instance" not in found
    lasting = [row["Properties"]["Size"] for row in made if row["Type"] == "AWS::EC2::Volume"]
    (system,) = [
        disk["Ebs"]["VolumeSize"]
        for row in made
        if row["Type"] == "AWS::EC2::LaunchTemplate"
        for disk in row["Properties"]["LaunchTemplateData"]["BlockDeviceMappings"]
    ]
    assert sum(lasting) + system == lines["disks"]


def test_cloudformation_may_use_each_service_that_a_template_has(made):
    granted = {action.split(":")[0] for row in policy(Deployment(), "1")["Statement"] for action in row["Action"]}
    used = {resource["Type"].split("::")[1] for resource in made if resource["Type"].startswith("AWS::")}
    assert {_ACTIONS.get(service, service.lower()) for service in used - {"CloudFormation"}} <= granted


def test_what_a_removal_may_delete_carries_both_tags(made):
    kept = [resource for resource in made if resource.get("DeletionPolicy") == "Retain"]
    assert len(kept) > 10
    for resource in kept:
        properties = resource["Properties"]
        listed = properties.get("Tags") or [
            {"Key": key, "Value": value} for key, value in properties["UserPoolTags"].items()
        ]
        tags = {tag["Key"]: tag["Value"] for tag in listed}
        assert {"application": "lode", "deployment": "lode"}.items() <= tags.items(), resource["Type"]
