"""The keys, and which of AWS's services may use each: a key's own policy is the only wall between two of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.audit import acknowledge

_LOGS = ("kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:DescribeKey")
_DISKS = (
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)
_THROUGH_EC2 = {
    "CKV_AWS_33": "Its conditions bind it to callers of this account through EC2, as AWS's own key of disks is bound; "
    "Auto Scaling's role cannot be named before it is there."
}
_ALARMS = ("cloudwatch.amazonaws.com", "events.amazonaws.com", "budgets.amazonaws.com", "sns.amazonaws.com")


def made_key(scope: Construct, name: str, what: str) -> kms.Key:
    """Return a key that is renewed every year and outlives its stack: data without its key is lost."""
    return kms.Key(
        scope,
        name,
        description=f"Lode: {what}",
        enable_key_rotation=True,
        removal_policy=RemovalPolicy.RETAIN,
    )


def allow_logs(key: kms.Key) -> kms.Key:
    """Let CloudWatch Logs of this region use the key, for log groups of this account only."""
    stack = Stack.of(key)
    groups = stack.format_arn(service="logs", resource="log-group:*")
    _allow(
        key, (f"logs.{stack.region}.amazonaws.com",), _LOGS, {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}}
    )
    return key


def allow_alarms(key: kms.Key) -> kms.Key:
    """Let what raises an alarm write to topics and queues under the key, on behalf of this account only."""
    own = {"StringEquals": {"aws:SourceAccount": Stack.of(key).account}}
    _allow(key, _ALARMS, ("kms:Decrypt", "kms:GenerateDataKey"), own)
    return key


def allow_disks(key: kms.Key) -> kms.Key:
    """Let EC2 use the key for whoever in this account starts a machine or attaches a disk, as it uses its own key.

    Machines that a group starts are started by Auto Scaling's own role, which no stack can give anything.
    """
    stack = Stack.of(key)
    key.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.AnyPrincipal()],
            actions=list(_DISKS),
            resources=["*"],  # in a key's own policy this is the key
            conditions={
                "StringEquals": {
                    "kms:CallerAccount": stack.account,
                    "kms:ViaService": f"ec2.{stack.region}.amazonaws.com",
                }
            },
        )
    )
    acknowledge(key, _THROUGH_EC2)
    return key


def _allow(key: kms.Key, services: Sequence[str], actions: Sequence[str], conditions: Mapping[str, Any]) -> None:
    key.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal(service) for service in services],
            actions=list(actions),
            resources=["*"],  # in a key's own policy this is the key
            conditions=conditions,
        )
    )
