"""What a role may do, written by hand: actions by name, resources by ARN.

The CDK's own grants allow families of actions (`s3:GetObject*`, `kms:GenerateDataKey*`); these statements name each one.
A role made by `made_role` has them as a managed policy of its own and ignores what the CDK would add.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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

LAKE = "lake/"  # the lake's own prefix in its bucket: LODE_LAKE_URL is s3://<bucket>/lake
_NETWORK_INTERFACES = (
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
)


def made_role(
    scope: Construct, name: str, service: str, statements: Iterable[iam.PolicyStatement], *, description: str = ""
) -> iam.Role:
    """Return a role that `service` ("lambda.amazonaws.com") assumes and whose only policy holds `statements`.

    It is given to constructs as `fixed(role)`: what they would add by themselves is left out, so it has to be here.
    """
    policy = iam.ManagedPolicy(scope, f"{name}May", statements=list(statements), description=description or None)
    return iam.Role(
        scope,
        name,
        assumed_by=iam.ServicePrincipal(service),
        managed_policies=[policy],
        description=description or None,
    )


def fixed(role: iam.Role) -> iam.IRole:
    """Return the role as one that no construct can add to."""
    return role.without_policy_updates()


def from_this_account(scope: Construct) -> Mapping[str, Any]:
    """Return the condition of a trust policy that keeps other accounts' resources from using the service's name."""
    return {"StringEquals": {"aws:SourceAccount": Stack.of(scope).account}}


# --- the lake


def read_objects(bucket: s3.IBucket, *prefixes: str) -> iam.PolicyStatement:
    """Allow objects under each prefix ("lake/raw/") to be read. Listing is apart: `list_objects`."""
    return _allow(("s3:GetObject",), [bucket.arn_for_objects(f"{prefix}*") for prefix in prefixes])


def write_objects(bucket: s3.IBucket, *prefixes: str) -> iam.PolicyStatement:
    """Allow objects under each prefix to be created; the lake's puts are conditional, so nothing is replaced."""
    return _allow(("s3:PutObject",), [bucket.arn_for_objects(f"{prefix}*") for prefix in prefixes])


def discard_objects(bucket: s3.IBucket, *prefixes: str) -> iam.PolicyStatement:
    """Allow objects under each prefix to be marked as deleted (the bucket is versioned)."""
    return _allow(("s3:DeleteObject",), [bucket.arn_for_objects(f"{prefix}*") for prefix in prefixes])


def list_objects(bucket: s3.IBucket, *prefixes: str) -> iam.PolicyStatement:
    """Allow keys under each prefix to be listed, and a missing object to be told from a forbidden one.

    S3 answers 404 for a missing object only to who may list the bucket, asked without a prefix: hence "if exists".
    """
    allowed = sorted({form for prefix in prefixes for form in (prefix.rstrip("/"), f"{prefix}*")})
    return _allow(("s3:ListBucket",), [bucket.bucket_arn], {"StringLikeIfExists": {"s3:prefix": allowed}})


# --- keys, secrets, queues, logs


def use_key(key: kms.IKey, *, write: bool = True, through: str = "") -> iam.PolicyStatement:
    """Allow a key to decrypt, and with `write` to make data keys; `through` a service of this region only ("s3")."""
    actions = ("kms:Decrypt", "kms:GenerateDataKey") if write else ("kms:Decrypt",)
    via = {"StringEquals": {"kms:ViaService": f"{through}.{Stack.of(key).region}.amazonaws.com"}} if through else None
    return _allow(actions, [key.key_arn], via)


def read_secret(secret: secrets.ISecret) -> iam.PolicyStatement:
    """Allow a secret's value to be read; its key is apart: `use_key(key, write=False, through="secretsmanager")`."""
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


def join_vpc() -> tuple[iam.PolicyStatement, iam.PolicyStatement]:
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
    return _allow(_NETWORK_INTERFACES, ["*"]), refuse


def send_traces() -> iam.PolicyStatement:
    """Allow traces to be sent to X-Ray, whose actions know no resources."""
    return _allow(("xray:PutTraceSegments", "xray:PutTelemetryRecords"), ["*"])


def _allow(
    actions: Iterable[str], resources: Iterable[str], conditions: Mapping[str, Any] | None = None
) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=conditions)
