"""Runs that are started from the page (`app_starts`): by whom, and what the copies may do for them.

The copies' login to the warehouse still only reads: what a run writes, the state machine's steps write. Tries in the
Workbench would write into the ledger, and stay refused.
"""

from __future__ import annotations

from aws_cdk import CfnParameter, Fn, Stack
from aws_cdk import aws_iam as iam

from infra.mining import Mining
from infra.permissions import WideStatement, read_objects
from infra.storage import Storage

_FOLLOWED = ("executions/", "requests/")  # which run an execution has, what it was asked
_NAMED_LATER = "An execution is named when it starts; the statement ends at those of one state machine."


def who_starts(stack: Stack, mining: Mining) -> dict[str, str]:
    """Return what tells a copy whom it may start runs for, and where; nobody is a researcher by default."""
    researchers = CfnParameter(
        stack,
        "Researchers",
        default="",
        description="Who may start and stop runs: verified e-mail addresses, group:NAME or subject:ID, by commas",
    )
    return {
        "LODE_RESEARCHERS": researchers.value_as_string,
        "LODE_STATE_MACHINE_ARN": mining.machine.state_machine_arn,
        "LODE_SHARE": "app",
    }


def may_start(storage: Storage, mining: Mining) -> list[iam.PolicyStatement]:
    """Allow executions of the deployment's machine to be started, followed and stopped, and nothing of others."""
    machine = mining.machine.state_machine_arn
    executions = Fn.join(":execution:", [Fn.select(0, Fn.split(":stateMachine:", machine)), _name(machine)])
    return [
        iam.PolicyStatement(actions=["states:StartExecution", "states:ListExecutions"], resources=[machine]),
        WideStatement(("states:DescribeExecution", "states:StopExecution"), [f"{executions}:*"], _NAMED_LATER),
        read_objects(storage.lake, *_FOLLOWED),
    ]


def _name(machine: str) -> str:
    return str(Fn.select(1, Fn.split(":stateMachine:", machine)))
