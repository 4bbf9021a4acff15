"""Groups of log lines: each is explicit, encrypted, kept for a while and outlives its stack."""

from __future__ import annotations

from typing import cast

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct


def log_group(scope: Construct, name: str, key: kms.IKey, days: int, physical: str | None = None) -> logs.LogGroup:
    """Return a group under `key` (Storage's `logs_key`) whose lines are kept for `days`, a number CloudWatch knows."""
    group = logs.LogGroup(scope, name, encryption_key=key, log_group_name=physical, removal_policy=RemovalPolicy.RETAIN)
    cast("logs.CfnLogGroup", group.node.default_child).retention_in_days = days
    return group
