"""The deployed stacks, read back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lode.deploy.account import Account
from lode.deploy.deployment import PARTS, Deployment
from lode.errors import NotFoundError

_GONE = "DELETE_COMPLETE"


def read_stack(account: Account, deployment: Deployment, part: str) -> dict[str, Any] | None:
    """Return the stack of a part as CloudFormation describes it; None where there is none."""
    try:
        (found,) = account.ask("cloudformation", "describe_stacks", StackName=deployment.stack(part))["Stacks"]
    except NotFoundError:
        return None
    return None if found["StackStatus"] == _GONE else dict(found)


def standing(account: Account, deployment: Deployment) -> dict[str, dict[str, Any]]:
    """Return the stacks that there are, by part."""
    found = {part: read_stack(account, deployment, part) for part in PARTS}
    return {part: stack for part, stack in found.items() if stack is not None}


def outputs(stack: dict[str, Any]) -> dict[str, str]:
    """Return a stack's own outputs, without those that only stacks read."""
    return {row["OutputKey"]: row["OutputValue"] for row in stack.get("Outputs", ()) if not row.get("ExportName")}


def resources(account: Account, deployment: Deployment, part: str, kind: str) -> dict[str, str]:
    """Return a stack's resources of one type: physical id by logical id."""
    rows = account.pages(
        "cloudformation", "list_stack_resources", "StackResourceSummaries", StackName=deployment.stack(part)
    )
    return {
        row["LogicalResourceId"]: row["PhysicalResourceId"]
        for row in rows
        if row["ResourceType"] == kind and row.get("PhysicalResourceId")
    }


def way_in(account: Account, deployment: Deployment, stacks: Iterable[str]) -> dict[str, str]:
    """Return the settings that `lode run --executor aws` needs, by the name of their variables."""
    found, there = {}, set(stacks)
    if "Mining" in there:
        for arn in resources(account, deployment, "Mining", "AWS::StepFunctions::StateMachine").values():
            found["LODE_STATE_MACHINE_ARN"] = arn
    if "Storage" in there:
        for key, name in resources(account, deployment, "Storage", "AWS::S3::Bucket").items():
            if key.startswith("Lake"):
                found["LODE_LAKE_URL"] = f"s3://{name}/lake"
    return found
