from __future__ import annotations

import json

import pytest

from lode.deploy import state
from lode.deploy.account import Account
from lode.deploy.deployment import Deployment

ROLE = "arn:aws:iam::123456789012:role/machine"
DEFINITION = json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}})
MINING = {
    "Resources": {
        "Machine": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {"StateMachineName": "m", "DefinitionString": DEFINITION, "RoleArn": ROLE},
        }
    }
}


EMPTY = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}


def make_alarm(account: Account, name: str) -> None:
    limit = {"Threshold": 1, "ComparisonOperator": "GreaterThanThreshold", "Period": 60, "EvaluationPeriods": 1}
    account.ask(
        "cloudwatch", "put_metric_alarm", AlarmName=name, Namespace="Lode", MetricName="x", Statistic="Sum", **limit
    )


def test_the_last_runs_and_the_alarms_that_ring_first(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, template in (("LodeMining", MINING), ("LodeObservability", EMPTY)):
        account.ask("cloudformation", "create_stack", StackName=name, TemplateBody=json.dumps(template))
    for name in ("calm", "loud", "someone-elses"):
        make_alarm(account, name)
    # moto's CloudFormation makes no alarms
    monkeypatch.setattr(state, "resources", lambda *_: {"Calm": "calm", "Loud": "loud"})
    account.ask("cloudwatch", "set_alarm_state", AlarmName="loud", StateValue="ALARM", StateReason="it rings")
    (machine,) = account.ask("stepfunctions", "list_state_machines")["stateMachines"]
    account.ask("stepfunctions", "start_execution", stateMachineArn=machine["stateMachineArn"], name="one")
    told = state.status(account, Deployment())
    assert told["settings"]["LODE_STATE_MACHINE_ARN"] == machine["stateMachineArn"]
    assert [row["execution"] for row in told["executions"]] == ["one"]
    assert [row["alarm"] for row in told["alarms"]] == ["loud", "calm"]
    assert told["alarms"][0]["state"] == "ALARM"
    assert {row["stack"] for row in told["stacks"] if row["state"] == "absent"} >= {"LodeStorage", "LodeApp"}
