"""What a role may do, written by hand: actions by name, resources by ARN.

The CDK's own grants allow families of actions (`s3:GetObject*`, `kms:GenerateDataKey*`); these name each of them.
A role made by `made_role` has them as a managed policy of its own and ignores what the CDK would add.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as functions
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secrets
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.audit import acknowledge

_LAKE = "lake/"  # before every key of the lake in its bucket: LODE_LAKE_URL is s3://<bucket>/lake
_NETWORK_INTERFACES = (
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
)


_JOINING = (
    "Lambda makes and removes the interfaces of a function in a VPC; they have no name before they are there, and "
    "another statement denies the actions to the function's own code."
)
_TRACING = "X-Ray's actions know no resources; with them traces can be sent and nothing be read."
_PREFIXED = "The lake's objects are named by what is in them; the statement ends at one prefix of one bucket."


class WideStatement(iam.PolicyStatement):
    """A statement with a wildcard in its resources, and why that is right: what an auditor would ask."""

    def __init__(
        self,
        actions: Sequence[str],
        resources: Sequence[str],
        because: str,
        conditions: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(actions=list(actions), resources=list(resources), conditions=conditions)
        self.wide, self.because = list(resources), because


def made_role(
    scope: Construct,
    name: str,
    service: str,
    statements: Iterable[iam.PolicyStatement],
    *,
    description: str = "",
    own_account: bool = False,
) -> iam.Role:
    """Return a role that `service` ("lambda.amazonaws.com") assumes and whose only policy holds `statements`.

    own_account: only for this account's resources; for services that say whose resource they ask for (schedules, state
    machines, tasks, queues and flow logs do, Lambda and EC2 do not).

    It is given to constructs as `fixed(role)`: what they would add by themselves is left out, so it has to be here.
    """
    may = list(statements)
    policy = iam.ManagedPolicy(scope, f"{name}May", statements=may, description=description or None)
    for wide in (statement for statement in may if isinstance(statement, WideStatement)):
        shown = [_shown(policy, resource) for resource in wide.wide]
        acknowledge(policy, {f"AwsSolutions-IAM5[Resource::{resource}]": wide.because for resource in shown})
        if "*" in shown:
            acknowledge(policy, {"CKV_AWS_111": wide.because})
    source = {"StringEquals": {"aws:SourceAccount": Stack.of(scope).account}} if own_account else None
    return iam.Role(
        scope,
        name,
        assumed_by=iam.ServicePrincipal(service, conditions=source),
        managed_policies=[policy],
        description=description or None,
    )


def fixed(role: iam.Role) -> iam.IRole:
    """Return the role as one that no construct can add to."""
    return role.without_policy_updates()


# --- the lake, whose keys are what the product calls them ("raw/yahoo/")


def read_objects(lake: s3.IBucket, *prefixes: str) -> WideStatement:
    """Allow objects under each prefix to be read. Listing is apart: `list_objects`."""
    return WideStatement(("s3:GetObject",), _objects(lake, prefixes), _PREFIXED)


def write_objects(lake: s3.IBucket, *prefixes: str) -> WideStatement:
    """Allow objects under each prefix to be created; the lake's puts are conditional, so nothing is replaced."""
    return WideStatement(("s3:PutObject",), _objects(lake, prefixes), _PREFIXED)


def discard_objects(lake: s3.IBucket, *prefixes: str) -> WideStatement:
    """Allow objects under each prefix to be marked as deleted (the bucket is versioned)."""
    return WideStatement(("s3:DeleteObject",), _objects(lake, prefixes), _PREFIXED)


def list_objects(lake: s3.IBucket, *prefixes: str) -> iam.PolicyStatement:
    """Allow keys under each prefix to be listed, and a missing object to be told from a forbidden one.

    S3 answers 404 for a missing object only to who may list the bucket, asked without a prefix: hence "if exists".
    """
    under = [f"{_LAKE}{prefix}*" for prefix in prefixes]
    return _allow(("s3:ListBucket",), [lake.bucket_arn], {"StringLikeIfExists": {"s3:prefix": under}})


def _objects(lake: s3.IBucket, prefixes: Sequence[str]) -> list[str]:
    return [lake.arn_for_objects(f"{_LAKE}{prefix}*") for prefix in prefixes]


# --- keys, secrets, queues, logs


def use_key(key: kms.IKey, *, write: bool = True, through: Sequence[str] = ()) -> iam.PolicyStatement:
    """Allow a key to decrypt, and with `write` to make data keys; `through` services of this region alone ("s3")."""
    actions = ("kms:Decrypt", "kms:GenerateDataKey") if write else ("kms:Decrypt",)
    services = [f"{service}.{Stack.of(key).region}.amazonaws.com" for service in through]
    return _allow(actions, [key.key_arn], {"StringEquals": {"kms:ViaService": services}} if services else None)


def read_secret(secret: secrets.ISecret) -> iam.PolicyStatement:
    """Allow a secret's value to be read; its key is apart: `use_key(key, write=False, through=("secretsmanager",))`."""
    return _allow(("secretsmanager:GetSecretValue",), [secret.secret_arn])


def send_messages(*queues: sqs.IQueue) -> iam.PolicyStatement:
    """Allow messages to be sent to the queues; their key is apart: `use_key(key)`."""
    return _allow(("sqs:SendMessage",), [queue.queue_arn for queue in queues])


def write_logs(*groups: logs.ILogGroup) -> iam.PolicyStatement:
    """Allow streams to be made in log groups that exist, and lines to be put into them."""
    return _allow(("logs:CreateLogStream", "logs:PutLogEvents"), [group.log_group_arn for group in groups])


def invoke(*called: functions.IFunction) -> iam.PolicyStatement:
    """Allow functions to be called, as they stand, not their versions."""
    return _allow(("lambda:InvokeFunction",), [function.function_arn for function in called])


# --- what AWS grants for every resource only


def pull_images(repository: str) -> list[iam.PolicyStatement]:
    """Allow the images of one repository to be fetched; its token is for the whole registry, and AWS has none else."""
    return [
        WideStatement(
            ("ecr:GetAuthorizationToken",), ["*"], "The token is for the registry: ECR knows no other resource."
        ),
        _allow(("ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"), [repository]),
    ]


def join_vpc() -> tuple[WideStatement, iam.PolicyStatement]:
    """Allow Lambda to give a function its network interfaces, and forbid the function's own code to do the same.

    The actions have no resource that is known before the interface is there. What Lambda does for a function carries no
    `lambda:SourceFunctionArn`; what the function's code does carries it.
    """
    refuse = iam.PolicyStatement(
        effect=iam.Effect.DENY,
        actions=list(_NETWORK_INTERFACES),
        resources=["*"],
        conditions={"Null": {"lambda:SourceFunctionArn": "false"}},
    )
    return WideStatement(_NETWORK_INTERFACES, ["*"], _JOINING), refuse


def send_traces() -> WideStatement:
    """Allow traces to be sent to X-Ray, whose actions know no resources."""
    return WideStatement(("xray:PutTraceSegments", "xray:PutTelemetryRecords"), ["*"], _TRACING)


def _allow(
    actions: Iterable[str], resources: Iterable[str], conditions: Mapping[str, Any] | None = None
) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=conditions)


def _shown(scope: Construct, resource: str) -> str:
    """Return a resource as cdk-nag names it in a finding: "LodeStorage:ExportsOutput…/lake/runs/*"."""
    return _spelled(Stack.of(scope), Stack.of(scope).resolve(resource))


def _spelled(stack: Stack, part: Any) -> str:  # noqa: ANN401  whatever CloudFormation computes
    if isinstance(part, str):
        return part
    (function, of), *_ = part.items()
    if function == "Fn::Join":
        return str(of[0]).join(_spelled(stack, inner) for inner in of[1])
    if function == "Ref":
        return f"<{of}>"
    return _imported(stack, of[0]) if function == "Fn::GetAtt" and of[1] == "Arn" else json.dumps(part)


def _imported(stack: Stack, logical_id: str) -> str:
    """Return how a template names the ARN of a resource: its own by itself, another stack's by its export."""
    for other in stack.node.root.node.find_all():
        if isinstance(other, s3.Bucket) and Stack.of(other) is not stack:
            exporting = Stack.of(other)
            if exporting.resolve(other.bucket_arn)["Fn::GetAtt"][0] == logical_id:
                return str(stack.resolve(exporting.export_value(other.bucket_arn))["Fn::ImportValue"])
    return f"<{logical_id}.Arn>"
