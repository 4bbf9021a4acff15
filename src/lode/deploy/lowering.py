"""`lode deploy down`: the stacks go; what holds data stays unless it is to go, and then all of it that is ours does.

Without --delete-data the storage stack stays whole (buckets and keys), so that the next `up` finds the same lake and
backups; of the other stacks their disks, secrets and lists of users are left. With it, everything that carries both
tags of this deployment goes: buckets emptied of every version first, keys last and after a week, in which they can
still be called back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lode.deploy.account import Account
from lode.deploy.costs import kept, total
from lode.deploy.deployment import NAME_TAG, PARTS, TAG, Deployment
from lode.deploy.stacks import standing
from lode.errors import DeployError, NotFoundError

_GRACE_DAYS = 7
_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
_MOST_AT_ONCE = 1000  # versions that S3 deletes in one request


def lower_stacks(account: Account, deployment: Deployment, *, delete_data: bool, tell: Callable[[str], None]) -> None:
    """Delete the stacks, the last first; the storage stack only with its data. Each is waited for."""
    there = standing(account, deployment)
    for part in reversed(PARTS):
        if part not in there or (part == "Storage" and not delete_data):
            continue
        name = deployment.stack(part)
        tell(f"removing {name}")
        if there[part].get("EnableTerminationProtection"):
            account.ask(
                "cloudformation", "update_termination_protection", StackName=name, EnableTerminationProtection=False
            )
        _unlock(account, name)
        account.ask("cloudformation", "delete_stack", StackName=name)
        account.wait("cloudformation", "stack_delete_complete", StackName=name)


def _unlock(account: Account, stack: str) -> None:
    """Let a stack's load balancer be deleted, which it forbids to everybody who does not mean to."""
    resources = account.pages("cloudformation", "list_stack_resources", "StackResourceSummaries", StackName=stack)
    for resource in resources:
        if resource["ResourceType"] == _BALANCER and resource["ResourceStatus"] != "DELETE_COMPLETE":
            account.ask(
                "elbv2",
                "modify_load_balancer_attributes",
                LoadBalancerArn=resource["PhysicalResourceId"],
                Attributes=[{"Key": "deletion_protection.enabled", "Value": "false"}],
            )


def left(account: Account, deployment: Deployment) -> dict[str, Any]:
    """Return what is left and what it goes on costing."""
    lines = kept(deployment)
    return {
        "resources": tagged(account, deployment),
        "month": total(lines),
        "lines": [{"what": line.what, "month": line.month} for line in lines],
    }


def tagged(account: Account, deployment: Deployment) -> list[str]:
    """Return the ARN of everything that carries both tags of this deployment."""
    filters = [{"Key": TAG, "Values": ["lode"]}, {"Key": NAME_TAG, "Values": [deployment.name]}]
    rows = account.pages("resourcegroupstaggingapi", "get_resources", "ResourceTagMappingList", TagFilters=filters)
    return sorted(row["ResourceARN"] for row in rows)


def delete_data(account: Account, deployment: Deployment, tell: Callable[[str], None]) -> list[str]:
    """Delete what the stacks left; return what this command does not know how to delete."""
    unknown = []
    for arn in sorted(tagged(account, deployment), key=_turn):
        removal = _REMOVALS.get(_kind(arn))
        if removal is None:
            unknown.append(arn)
            continue
        tell(f"deleting {arn}")
        try:
            removal(account, arn)
        except NotFoundError:
            continue  # the list of tags is told some minutes late
    return unknown


def _delete_bucket(account: Account, arn: str) -> None:
    name = arn.rpartition(":")[2]
    while versions := _some_versions(account, name):
        answer = account.ask("s3", "delete_objects", Bucket=name, Delete={"Objects": versions, "Quiet": True})
        if refused := answer.get("Errors"):
            raise DeployError(f"S3 keeps {refused[0]['Key']} of {name}: {refused[0]['Code']}: {refused[0]['Message']}")
    for upload in account.pages("s3", "list_multipart_uploads", "Uploads", Bucket=name):
        account.ask("s3", "abort_multipart_upload", Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"])
    account.ask("s3", "delete_bucket", Bucket=name)


def _some_versions(account: Account, bucket: str) -> list[dict[str, str]]:
    """Return the first versions and delete markers of a bucket, as many as one request may delete."""
    answer = account.ask("s3", "list_object_versions", Bucket=bucket, MaxKeys=_MOST_AT_ONCE)
    rows = [*answer.get("Versions", ()), *answer.get("DeleteMarkers", ())]
    return [{"Key": row["Key"], "VersionId": row["VersionId"]} for row in rows]


def _delete_volume(account: Account, arn: str) -> None:
    account.ask("ec2", "delete_volume", VolumeId=arn.rpartition("/")[2])


def _delete_snapshot(account: Account, arn: str) -> None:
    account.ask("ec2", "delete_snapshot", SnapshotId=arn.rpartition("/")[2])


def _delete_secret(account: Account, arn: str) -> None:
    if "DeletedDate" not in account.ask("secretsmanager", "describe_secret", SecretId=arn):
        account.ask("secretsmanager", "delete_secret", SecretId=arn, RecoveryWindowInDays=_GRACE_DAYS)


def _delete_logs(account: Account, arn: str) -> None:
    account.ask("logs", "delete_log_group", logGroupName=arn.split(":log-group:")[1].removesuffix(":*"))


def _delete_users(account: Account, arn: str) -> None:
    pool = arn.rpartition("/")[2]
    account.ask("cognito-idp", "update_user_pool", UserPoolId=pool, DeletionProtection="INACTIVE")
    account.ask("cognito-idp", "delete_user_pool", UserPoolId=pool)


def _delete_key(account: Account, arn: str) -> None:
    key = arn.rpartition("/")[2]
    if account.ask("kms", "describe_key", KeyId=key)["KeyMetadata"]["KeyState"] != "PendingDeletion":
        account.ask("kms", "schedule_key_deletion", KeyId=key, PendingWindowInDays=_GRACE_DAYS)


_REMOVALS: dict[str, Callable[[Account, str], None]] = {  # in the order in which they go
    "volume": _delete_volume,
    "snapshot": _delete_snapshot,
    "userpool": _delete_users,
    "secret": _delete_secret,
    "bucket": _delete_bucket,
    "log-group": _delete_logs,
    "key": _delete_key,
}


def _kind(arn: str) -> str:
    service, rest = arn.split(":")[2], arn.split(":", 5)[5]
    return "bucket" if service == "s3" else rest.replace("/", ":").split(":")[0]


def _turn(arn: str) -> tuple[int, bool, str]:
    """Sort: by kind, and the bucket that logs the others' accesses after them."""
    kinds = list(_REMOVALS)
    return (kinds.index(_kind(arn)) if _kind(arn) in kinds else len(kinds), "accesslogs" in arn, arn)
