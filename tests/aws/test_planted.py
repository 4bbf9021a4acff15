"""Misconfigurations, each planted at every resource where it can occur: the rules must name every one."""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from infra.rules import RULES, check
from infra.rules.template import Templates, walk

STAR = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
WORLD = {"Effect": "Allow", "Action": "s3:GetObject", "Principal": "*", "Resource": "arn:aws:s3:::lake/*"}
ELSE = "arn:aws:iam::210987654321:root"


@dataclass(frozen=True)
class Plant:
    """What is done to each resource of some types, and the rule that must name it.

    `change` is given the resource's body and the template; it returns False where there is nothing to change.
    """

    rule: str
    what: str
    types: tuple[str, ...]
    change: Callable[[dict[str, Any], dict[str, Any]], bool | None]

    def __str__(self) -> str:
        return f"{self.rule}: {self.what}".replace(" ", "-")


def set_to(*path: str, value: Any) -> Callable[..., None]:
    def change(body: dict[str, Any], template: dict[str, Any]) -> None:
        place = body
        for key in path[:-1]:
            place = place.setdefault(key, {})
        place[path[-1]] = value

    return change


def without(*path: str) -> Callable[..., bool]:
    def change(body: dict[str, Any], template: dict[str, Any]) -> bool:
        place: Any = body
        for key in path[:-1]:
            place = place.get(key, {})
        return place.pop(path[-1], None) is not None

    return change


def everywhere(key: str, change: Callable[[dict[str, Any]], object]) -> Callable[..., bool]:
    """Change the first place below a resource where `key` stands: a mapping, or mappings in a list."""

    def planted(body: dict[str, Any], template: dict[str, Any]) -> bool:
        for path, value in walk(body["Properties"]):
            if path and path[-1] == key and value and isinstance(value, dict | list):
                change(value if isinstance(value, dict) else value[0])
                return True
        return False

    return planted


def append(*path: str, value: Any) -> Callable[..., None]:
    def change(body: dict[str, Any], template: dict[str, Any]) -> None:
        place = body["Properties"]
        for key in path[:-1]:
            place = place.setdefault(key, {})
        place[path[-1]] = [*place.get(path[-1], []), value]

    return change


def beside(name: str, kind: str, properties: Callable[[str], dict[str, Any]]) -> Callable[..., None]:
    """Add a resource that refers to this one."""

    def change(body: dict[str, Any], template: dict[str, Any]) -> None:
        (own,) = [key for key, value in template["Resources"].items() if value is body]
        template["Resources"][name] = {"Type": f"AWS::{kind}", "Properties": properties(own)}

    return change


def way_out(way: str) -> Callable[..., bool]:
    """Lead a table's subnets out; the public ones go by the gateway anyway."""

    def change(body: dict[str, Any], template: dict[str, Any]) -> bool:
        (own,) = [key for key, value in template["Resources"].items() if value is body]
        to = {"RouteTableId": {"Ref": own}, "DestinationCidrBlock": "0.0.0.0/0", way: "x-1"}
        template["Resources"]["Planted"] = {"Type": "AWS::EC2::Route", "Properties": to}
        return not (way == "GatewayId" and "Public" in own)

    return change


def statement(change: Callable[[dict[str, Any]], object]) -> Callable[..., bool]:
    """Change the first statement that allows something."""

    def planted(body: dict[str, Any], template: dict[str, Any]) -> bool:
        for path, value in walk(body["Properties"]):
            if path and path[-1] == "Statement":
                for one in value if isinstance(value, list) else [value]:
                    if one["Effect"] == "Allow":
                        change(one)
                        return True
        return False

    return planted


def no_tls(body: dict[str, Any], template: dict[str, Any]) -> None:
    document = body["Properties"]["PolicyDocument"]
    document["Statement"] = [s for s in document["Statement"] if "aws:SecureTransport" not in str(s)]


def attribute(name: str, value: str) -> Callable[..., None]:
    def change(body: dict[str, Any], template: dict[str, Any]) -> None:
        said = [a for a in body["Properties"].get("LoadBalancerAttributes", []) if a["Key"] != name]
        body["Properties"]["LoadBalancerAttributes"] = [*said, {"Key": name, "Value": value}]

    return change


def forgotten(kind: str, key: str) -> Callable[..., bool]:
    """Remove the resources of a type that refer to this one by a property."""

    def change(body: dict[str, Any], template: dict[str, Any]) -> bool:
        (own,) = [name for name, value in template["Resources"].items() if value is body]
        gone = [
            name
            for name, other in template["Resources"].items()
            if other["Type"] == f"AWS::{kind}" and f"'{own}'" in str(other["Properties"].get(key))
        ]
        for name in gone:
            del template["Resources"][name]
        return bool(gone)

    return change


GROUP = ("EC2::SecurityGroup",)
POLICY = ("IAM::Policy", "IAM::ManagedPolicy")
ROLE = ("IAM::Role",)
BUCKET = ("S3::Bucket",)
FUNCTION = ("Lambda::Function",)
LISTENER = ("ElasticLoadBalancingV2::Listener",)
BALANCER = ("ElasticLoadBalancingV2::LoadBalancer",)
MACHINE = ("EC2::Instance", "EC2::LaunchTemplate")
CONTAINER = ("ECS::TaskDefinition", "Batch::JobDefinition")


def world(port: int, address: dict[str, str], protocol: str = "tcp", to: int | None = None) -> dict[str, Any]:
    return {"IpProtocol": protocol, "FromPort": port, "ToPort": to or port, **address}


def rule_at(way: str, rule: dict[str, Any]) -> Callable[..., None]:
    return beside(
        "Planted", f"EC2::SecurityGroup{way}", lambda own: {"GroupId": {"Fn::GetAtt": [own, "GroupId"]}, **rule}
    )


ANY4, ANY6 = {"CidrIp": "0.0.0.0/0"}, {"CidrIpv6": "::/0"}
PLANTS = [
    *(
        Plant("open-ingress", f"{'a rule' if own else 'inline'} {rule}", GROUP, change)
        for rule in (
            world(22, ANY4),
            world(22, ANY6),
            world(8123, {"CidrIp": "203.0.113.0/24"}),
            world(0, ANY4, "tcp", 65535),
            world(443, ANY4, "-1"),
            {"IpProtocol": "-1", **ANY4},
            world(3389, {"CidrIp": "0.0.0.0/1"}),
        )
        for own, change in (
            (True, rule_at("Ingress", rule)),
            (False, append("SecurityGroupIngress", value=rule)),
        )
    ),
    *(
        Plant("open-ingress", f"a rule for {list(rule)[-1]}", GROUP, rule_at("Ingress", rule))
        for rule in (
            world(443, {"SourcePrefixListId": "pl-1"}),
            world(443, {"SourceSecurityGroupId": "sg-0123456789abcdef0"}),
            world(443, {"SourceSecurityGroupName": "default"}),
        )
    ),
    Plant(
        "open-ingress",
        "all from itself",
        GROUP,
        beside(
            "Planted",
            "EC2::SecurityGroupIngress",
            lambda own: {"GroupId": {"Ref": own}, "SourceSecurityGroupId": {"Ref": own}, "IpProtocol": "-1"},
        ),
    ),
    *(
        Plant(
            "open-list",
            str(more),
            ("EC2::NetworkAcl",),
            beside(
                "Planted",
                "EC2::NetworkAclEntry",
                lambda own, more=more: {"NetworkAclId": {"Ref": own}, "RuleAction": "allow", "RuleNumber": 1, **more},
            ),
        )
        for more in (
            {"CidrBlock": "0.0.0.0/0", "Protocol": -1},
            {"CidrBlock": "0.0.0.0/0", "Protocol": 6, "PortRange": {"From": 22, "To": 22}},
            {"Ipv6CidrBlock": "::/0", "Protocol": 6, "PortRange": {"From": 0, "To": 65535}},
        )
    ),
    *(
        Plant("open-egress", f"{'a rule' if own else 'inline'} {rule}", GROUP, change)
        for rule in ({"IpProtocol": "-1", **ANY4}, world(443, ANY6), world(25, ANY4), world(0, ANY4, "tcp", 65535))
        for own, change in (
            (True, rule_at("Egress", rule)),
            (False, append("SecurityGroupEgress", value=rule)),
        )
    ),
    Plant("open-egress", "none named, so all", GROUP, without("Properties", "SecurityGroupEgress")),
    Plant("public-address", "map", ("EC2::Subnet",), set_to("Properties", "MapPublicIpOnLaunch", value=True)),
    Plant(
        "public-address",
        "interface",
        MACHINE[:1],
        append("NetworkInterfaces", value={"AssociatePublicIpAddress": True}),
    ),
    Plant(
        "public-address",
        "interface of a template",
        MACHINE[1:],
        set_to("Properties", "LaunchTemplateData", "NetworkInterfaces", value=[{"AssociatePublicIpAddress": True}]),
    ),
    Plant(
        "public-address",
        "task",
        ("ECS::Service",),
        set_to("Properties", "NetworkConfiguration", "AwsvpcConfiguration", "AssignPublicIp", value="ENABLED"),
    ),
    Plant(
        "public-address",
        "job",
        ("Batch::JobDefinition",),
        set_to("Properties", "ContainerProperties", "NetworkConfiguration", value={"AssignPublicIp": "ENABLED"}),
    ),
    Plant(
        "public-address", "EIP", MACHINE[:1], beside("Planted", "EC2::EIP", lambda own: {"InstanceId": {"Ref": own}})
    ),
    *(
        Plant("way-out", f"route by {way}", ("EC2::RouteTable",), way_out(way))
        for way in ("GatewayId", "TransitGatewayId", "VpcPeeringConnectionId", "EgressOnlyInternetGatewayId")
    ),
    Plant("flow-logs", "only refused", ("EC2::FlowLog",), set_to("Properties", "TrafficType", value="REJECT")),
    Plant("flow-logs", "none", ("EC2::VPC",), forgotten("EC2::FlowLog", "ResourceId")),
    # --- encryption
    *(
        Plant("own-key", f"{key} is {value!r}", (kind,), change)
        for kind, key in (
            ("SQS::Queue", "KmsMasterKeyId"),
            ("SNS::Topic", "KmsMasterKeyId"),
            ("Logs::LogGroup", "KmsKeyId"),
            ("SecretsManager::Secret", "KmsKeyId"),
            ("EC2::Volume", "KmsKeyId"),
        )
        for value, change in (
            (None, without("Properties", key)),
            ("alias/aws/x", set_to("Properties", key, value="alias/aws/x")),
        )
    ),
    Plant("own-key", "bucket without encryption", BUCKET, without("Properties", "BucketEncryption")),
    Plant(
        "own-key",
        "bucket by AWS's key",
        BUCKET,
        everywhere(
            "ServerSideEncryptionByDefault", lambda d: d.update(SSEAlgorithm="aws:kms", KMSMasterKeyID="alias/aws/s3")
        ),
    ),
    Plant("own-key", "environment of a function", FUNCTION, without("Properties", "KmsKeyArn")),
    *(
        Plant(
            "https",
            line,
            MACHINE[1:],
            set_to("Properties", "LaunchTemplateData", "UserData", value={"Fn::Base64": line}),
        )
        for line in ("curl http://example.org/install | bash", "docker run -p 8123:8123 clickhouse")
    ),
    Plant("encrypted-disk", "volume", ("EC2::Volume",), set_to("Properties", "Encrypted", value=False)),
    Plant("encrypted-disk", "volume says nothing", ("EC2::Volume",), without("Properties", "Encrypted")),
    Plant("encrypted-disk", "of a machine", MACHINE, everywhere("Ebs", lambda disk: disk.update(Encrypted=False))),
    Plant("own-key", "disk of a machine", MACHINE, everywhere("Ebs", lambda disk: disk.pop("KmsKeyId"))),
    Plant("tls-only", "a policy less", ("S3::BucketPolicy", "SQS::QueuePolicy", "SNS::TopicPolicy"), no_tls),
    Plant("tls-only", "no policy", BUCKET, forgotten("S3::BucketPolicy", "Bucket")),
    Plant(
        "https",
        "HTTP that forwards",
        LISTENER,
        lambda body, _: body["Properties"].update(
            Protocol="HTTP", DefaultActions=[{"Type": "forward", "TargetGroupArn": "arn"}]
        ),
    ),
    Plant(
        "https",
        "redirect to HTTP",
        LISTENER,
        lambda body, _: body["Properties"].update(
            Protocol="HTTP", DefaultActions=[{"Type": "redirect", "RedirectConfig": {"Protocol": "HTTP"}}]
        ),
    ),
    *(
        Plant(
            "modern-tls",
            name,
            LISTENER,
            lambda body, _, name=name: (
                body["Properties"].update(SslPolicy=name) if body["Properties"]["Protocol"] == "HTTPS" else False
            ),
        )
        for name in (
            "ELBSecurityPolicy-2016-08",
            "ELBSecurityPolicy-TLS13-1-0-2021-06",
            "ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06",
            "ELBSecurityPolicy-FS-1-2-2019-08",
        )
    ),
    Plant(
        "https", "http address", FUNCTION, set_to("Properties", "Environment", "Variables", "X_URL", value="http://x.y")
    ),
    # --- identity
    *(
        Plant("star-action", action, POLICY, statement(lambda s, action=action: s.update(Action=action)))
        for action in ("*", "s3:*", "s3:Get*", ["s3:GetObject", "kms:*"], "iam:Pass?ole")
    ),
    Plant("star-action", "all but", POLICY, statement(lambda s: s.update(NotAction=s.pop("Action")))),
    *(
        Plant(
            "star-resource", str(name), POLICY, append("PolicyDocument", "Statement", value={**STAR, "Resource": name})
        )
        for name in (
            "*",
            ["arn:aws:s3:::*"],
            "arn:aws:s3:::*/*",
            "arn:aws:iam::*:role/*",
            {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":s3:::*"]]},
            {"Fn::Sub": "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:*"},
        )
    ),
    Plant(
        "star-resource",
        "inline",
        ROLE,
        append("Policies", value={"PolicyName": "x", "PolicyDocument": {"Statement": [STAR]}}),
    ),
    *(
        Plant("trust", str(who), ROLE, statement(lambda s, who=who: s.update(Principal=who)))
        for who in (
            "*",
            {"AWS": "*"},
            {"AWS": ELSE},
            {"AWS": "210987654321"},
            {"Federated": "accounts.google.com"},
            {"Service": "*"},
            {"Service": ["lambda.amazonaws.com", "*"]},
        )
    ),
    Plant(
        "managed-policy",
        "administrator",
        ROLE,
        append("ManagedPolicyArns", value="arn:aws:iam::aws:policy/AdministratorAccess"),
    ),
    *(
        Plant(
            "open-policy",
            f"{kind}: {who}",
            (kind,),
            append(document, "Statement", value={**WORLD, "Principal": who, **more}),
        )
        for kind, document in (
            ("KMS::Key", "KeyPolicy"),
            ("S3::BucketPolicy", "PolicyDocument"),
            ("SQS::QueuePolicy", "PolicyDocument"),
            ("SNS::TopicPolicy", "PolicyDocument"),
            ("SecretsManager::ResourcePolicy", "ResourcePolicy"),
            ("EC2::VPCEndpoint", "PolicyDocument"),
        )
        for who, more in (
            ("*", {}),
            ({"AWS": "*"}, {}),
            ({"AWS": ["*"]}, {}),
            ({"AWS": ELSE}, {}),
            ("*", {"Condition": {"StringLike": {"aws:SourceAccount": "*"}}}),
            ("*", {"Condition": {"StringNotEquals": {"aws:SourceAccount": "1"}}}),
            ("*", {"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.1"}}}),
        )
    ),
    Plant(
        "deputy",
        "key for any service's caller",
        ("KMS::Key",),
        append(
            "KeyPolicy",
            "Statement",
            value={
                "Effect": "Allow",
                "Action": "kms:Decrypt",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Resource": "*",
            },
        ),
    ),
    Plant(
        "open-policy",
        "everybody calls",
        FUNCTION,
        beside(
            "Planted",
            "Lambda::Permission",
            lambda own: {"FunctionName": {"Ref": own}, "Action": "lambda:InvokeFunction", "Principal": "*"},
        ),
    ),
    Plant(
        "open-policy",
        "any rule calls",
        FUNCTION,
        beside(
            "Planted",
            "Lambda::Permission",
            lambda own: {
                "FunctionName": {"Ref": own},
                "Action": "lambda:InvokeFunction",
                "Principal": "events.amazonaws.com",
            },
        ),
    ),
    Plant(
        "open-policy",
        "address",
        FUNCTION,
        beside("Planted", "Lambda::Url", lambda own: {"TargetFunctionArn": {"Ref": own}, "AuthType": "NONE"}),
    ),
    Plant("user", "a login that lasts", ROLE, beside("Planted", "IAM::User", lambda own: {})),
    Plant(
        "sign-in",
        "forward at once",
        LISTENER,
        lambda body, _: body["Properties"].update(DefaultActions=[{"Type": "forward", "TargetGroupArn": "arn"}]),
    ),
    Plant("firewall", "none", BALANCER, forgotten("WAFv2::WebACLAssociation", "ResourceArn")),
    # --- machines
    Plant("imdsv2", "optional", MACHINE, everywhere("MetadataOptions", lambda o: o.update(HttpTokens="optional"))),
    Plant("imdsv2", "far", MACHINE, everywhere("MetadataOptions", lambda o: o.update(HttpPutResponseHopLimit=64))),
    Plant("imdsv2", "says nothing", MACHINE[1:], without("Properties", "LaunchTemplateData", "MetadataOptions")),
    Plant("session-manager", "SSH key", MACHINE[:1], set_to("Properties", "KeyName", value="me")),
    Plant("function-vpc", "outside", FUNCTION, without("Properties", "VpcConfig")),
    Plant("function-log-group", "elsewhere", FUNCTION, without("Properties", "LoggingConfig")),
    Plant(
        "function-tracing",
        "passes through",
        FUNCTION,
        set_to("Properties", "TracingConfig", "Mode", value="PassThrough"),
    ),
    Plant("function-concurrency", "all", FUNCTION, without("Properties", "ReservedConcurrentExecutions")),
    Plant(
        "function-dead-letters",
        "lost",
        FUNCTION,
        lambda body, template: (
            (
                body["Properties"].pop("DeadLetterConfig", None),
                forgotten("Lambda::EventInvokeConfig", "FunctionName")(body, template),
            )
            != (None, False)
        ),
    ),
    Plant("log-retention", "for ever", ("Logs::LogGroup",), without("Properties", "RetentionInDays")),
    Plant("rotation", "never", ("SecretsManager::Secret",), forgotten("SecretsManager::RotationSchedule", "SecretId")),
    Plant(
        "plain-secret",
        "in the template",
        ("SecretsManager::Secret",),
        set_to("Properties", "SecretString", value="hunter22"),
    ),
    *(
        Plant(
            "plain-secret",
            f"{name} for a function",
            FUNCTION,
            set_to("Properties", "Environment", "Variables", name, value=value),
        )
        for name, value in (
            ("DB_PASSWORD", "hunter22"),
            ("TAVILY_API_KEY", "x-123"),
            ("MODE", "AKIAIOSFODNN7EXAMPLE"),
            ("WAREHOUSE", "https://lode:hunter22@ch.example"),
            ("PGPASS", {"Ref": "Password"}),
            ("X", "{{resolve:secretsmanager:a:SecretString:password}}"),
        )
    ),
    Plant(
        "plain-secret",
        "for a container",
        CONTAINER,
        lambda body, _: (
            body["Properties"]
            .get("ContainerDefinitions", [body["Properties"].get("ContainerProperties")])[0]
            .setdefault("Environment", [])
            .append({"Name": "CLICKHOUSE_PASSWORD", "Value": "hunter22"})
        ),
    ),
    Plant(
        "plain-secret",
        "in a start script",
        MACHINE[:1],
        set_to(
            "Properties",
            "UserData",
            value={"Fn::Base64": {"Fn::Join": ["", ["#!/bin/sh\nexport PASSWORD=hunter22\n", {"Ref": "AWS::Region"}]]}},
        ),
    ),
    Plant(
        "privileged",
        "container",
        CONTAINER,
        lambda body, _: (
            body["Properties"]
            .get("ContainerDefinitions", [body["Properties"].get("ContainerProperties")])[0]
            .update(Privileged=True)
        ),
    ),
    Plant(
        "target-dead-letters",
        "a schedule",
        ("Scheduler::Schedule",),
        without("Properties", "Target", "DeadLetterConfig"),
    ),
    Plant(
        "target-dead-letters",
        "a rule",
        ("Events::Rule",),
        everywhere("Targets", lambda target: target.pop("DeadLetterConfig")),
    ),
    Plant("star-action", "with a function", ("Lambda::Permission",), set_to("Properties", "Action", value="lambda:*")),
    Plant(
        "plain-secret",
        "a parameter",
        FUNCTION,
        beside("Planted", "SSM::Parameter", lambda own: {"Type": "String", "Name": "/lode/password", "Value": "x"}),
    ),
    # --- keeping
    *(
        Plant("kept", f"{policy} {value}", kinds, change)
        for policy in ("DeletionPolicy", "UpdateReplacePolicy")
        for kinds in [
            ("S3::Bucket", "KMS::Key", "EC2::Volume", "SecretsManager::Secret", "Cognito::UserPool", "Logs::LogGroup")
        ]
        for value, change in (("Delete", set_to(policy, value="Delete")), (None, without(policy)))
    ),
    Plant("guarded", "machine", MACHINE[:1], set_to("Properties", "DisableApiTermination", value=False)),
    Plant("guarded", "balancer", BALANCER, attribute("deletion_protection.enabled", "false")),
    Plant("guarded", "users", ("Cognito::UserPool",), set_to("Properties", "DeletionProtection", value="INACTIVE")),
    Plant("key-rotation", "never", ("KMS::Key",), set_to("Properties", "EnableKeyRotation", value=False)),
    *(
        Plant("private-bucket", wall, BUCKET, set_to("Properties", "PublicAccessBlockConfiguration", wall, value=False))
        for wall in ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    ),
    Plant("private-bucket", "no walls", BUCKET, without("Properties", "PublicAccessBlockConfiguration")),
    Plant("private-bucket", "public", BUCKET, set_to("Properties", "AccessControl", value="PublicRead")),
    Plant("private-bucket", "web site", BUCKET, set_to("Properties", "WebsiteConfiguration", value={})),
    Plant("private-bucket", "no versions", BUCKET, without("Properties", "VersioningConfiguration")),
]


@pytest.fixture(scope="module", params=["hobby", "desk"])
def real(request, assembly, soak_scale):
    if request.param == "desk" and soak_scale < 1:
        pytest.skip("the same plants in more resources; make soak does")
    return Templates(assembly(request.param))


@pytest.fixture(scope="module")
def before(real):
    return set(check(real.templates))


def planted(real, resource, plant):
    """Return the templates with a plant at one resource; None where it has nothing to change there."""
    template = real.templates[resource.stack]
    body = copy.deepcopy(resource.body)
    changed = {**template, "Resources": {**template["Resources"], resource.name: body}}
    return None if plant.change(body, changed) is False else real.with_template(resource.stack, changed)


@pytest.mark.parametrize("plant", PLANTS, ids=str)
def test_what_is_planted_is_named(plant, real, before):
    missed = []
    for resource in real.of(*plant.types):
        read = planted(real, resource, plant)
        if read is None or resource.excused(plant.rule.removeprefix("function-")):
            continue
        named = {breach.rule for rule in rules_of(plant.rule) for breach in rule(read) if breach not in before}
        if plant.rule not in named:
            missed.append(f"{resource.stack}/{resource.name}: {sorted(named)}")
    assert not missed


@functools.cache
def rules_of(name):
    """The rules whose source names a breach so: few, so that planting everywhere takes seconds."""
    name = "function-" if name.startswith("function-") else name
    own = [rule for rule in RULES if f'"{name}' in inspect.getsource(rule)]
    return own or [rule for rule in RULES if f'"{name}' in inspect.getsource(inspect.getmodule(rule))]
