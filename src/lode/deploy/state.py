"""`lode deploy status`: the stacks, the last execution, the alarms."""

from __future__ import annotations

from typing import Any

from lode.deploy.account import Account
from lode.deploy.deployment import PARTS, Deployment
from lode.deploy.raising import told
from lode.deploy.stacks import read_stack, resources


def status(account: Account, deployment: Deployment) -> dict[str, Any]:
    """Return what stands and how it is, as JSON holds it."""
    number = account.number()
    stacks = {part: read_stack(account, deployment, part) for part in PARTS}
    made = told(account, deployment)
    return made | {
        "account": number,
        "stacks": [_stack(deployment.stack(part), stack) for part, stack in stacks.items()],
        "executions": _executions(account, made["settings"].get("LODE_STATE_MACHINE_ARN")),
        "alarms": _alarms(account, deployment) if stacks["Observability"] else [],
    }


def _stack(name: str, stack: dict[str, Any] | None) -> dict[str, Any]:
    if stack is None:
        return {"stack": name, "state": "absent", "changed": None, "drift": None}
    return {
        "stack": name,
        "state": stack["StackStatus"],
        "changed": stack.get("LastUpdatedTime") or stack.get("CreationTime"),
        "drift": stack.get("DriftInformation", {}).get("StackDriftStatus", "NOT_CHECKED"),
        "reason": stack.get("StackStatusReason"),
    }


def _executions(account: Account, machine: str | None, most: int = 3) -> list[dict[str, Any]]:
    if machine is None:
        return []
    rows = account.ask("stepfunctions", "list_executions", stateMachineArn=machine, maxResults=most)["executions"]
    return [
        {"execution": row["name"], "state": row["status"], "started": row["startDate"], "ended": row.get("stopDate")}
        for row in rows
    ]


def _alarms(account: Account, deployment: Deployment) -> list[dict[str, Any]]:
    """Return the alarms of the deployment's own stack, those that ring first."""
    names = list(resources(account, deployment, "Observability", "AWS::CloudWatch::Alarm").values())
    rows = account.pages("cloudwatch", "describe_alarms", "MetricAlarms", AlarmNames=names) if names else []
    found = [
        {"alarm": row["AlarmName"], "state": row["StateValue"], "since": row.get("StateUpdatedTimestamp")}
        for row in rows
    ]
    return sorted(found, key=lambda row: (row["state"] != "ALARM", row["alarm"]))
