"""The machine, its queue and its schedule as templates, on Fargate and on EC2."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from lode.workflow.machine import render
from tests.aws.test_collection import Resources, allowed, of, prefixes, statements

Assembly = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="module")
def fargate(assembly: Assembly) -> Resources:
    return dict(assembly("hobby")["LodeMining"]["Resources"])


@pytest.fixture(scope="module")
def ec2(assembly: Assembly) -> Resources:
    return dict(assembly("desk")["LodeMining"]["Resources"])


def only(resources: Resources, kind: str) -> dict[str, Any]:
    (found,) = of(resources, kind).values()
    return found


def environments(resources: Resources) -> list[dict[str, Any]]:
    """The compute environments in the queue's order."""
    queue = only(resources, "AWS::Batch::JobQueue")["ComputeEnvironmentOrder"]
    names = [entry["ComputeEnvironment"] for entry in sorted(queue, key=lambda entry: entry["Order"])]
    made = of(resources, "AWS::Batch::ComputeEnvironment")
    return [made[(name.get("Ref") or name["Fn::GetAtt"][0])] for name in names]


def test_the_definition_is_the_rendered_one_with_nothing_left_out(fargate: Resources) -> None:
    _, parts = only(fargate, "AWS::StepFunctions::StateMachine")["DefinitionString"]["Fn::Join"]
    text = json.loads("".join(part if isinstance(part, str) else "ARN" for part in parts))
    assert text["States"]["mine"]["ResultPath"] is None
    assert set(text["States"]) == set(render()["States"])
    assert "${" not in json.dumps(text)


def test_every_event_of_the_machine_is_logged_and_traced(fargate: Resources) -> None:
    machine = only(fargate, "AWS::StepFunctions::StateMachine")
    assert machine["LoggingConfiguration"]["Level"] == "ALL"
    assert machine["TracingConfiguration"] == {"Enabled": True}
    assert machine["StateMachineType"] == "STANDARD"
    (group,) = [g for g in of(fargate, "AWS::Logs::LogGroup").values() if "LogGroupName" in g]
    assert "/aws/vendedlogs/states/" in json.dumps(group["LogGroupName"])
    assert all("KmsKeyId" in g and g["RetentionInDays"] == 365 for g in of(fargate, "AWS::Logs::LogGroup").values())


def test_spot_comes_first_and_all_together_stay_below_the_limit(fargate: Resources, ec2: Resources) -> None:
    for resources, kinds, most in ((fargate, ["FARGATE_SPOT", "FARGATE"], 16), (ec2, ["SPOT", "EC2"], 1024)):
        made = environments(resources)
        told = [environment["ComputeResources"] for environment in made]
        assert [environment["Type"] for environment in told] == kinds
        assert sum(environment["MaxvCpus"] for environment in told) == most
        assert all(environment.get("MinvCpus", 0) == 0 for environment in told)
        assert all((one["Type"], one["State"]) == ("MANAGED", "ENABLED") and "ServiceRole" in one for one in made)


def test_a_job_that_can_never_begin_is_cancelled(fargate: Resources) -> None:
    actions = only(fargate, "AWS::Batch::JobQueue")["JobStateTimeLimitActions"]
    assert {(action["State"], action["Action"]) for action in actions} == {("RUNNABLE", "CANCEL")}
    assert all(600 <= action["MaxTimeSeconds"] <= 86400 for action in actions)


def test_the_queue_is_shared_fairly_among_those_who_ask(fargate: Resources) -> None:
    (name,) = of(fargate, "AWS::Batch::SchedulingPolicy")
    assert only(fargate, "AWS::Batch::JobQueue")["SchedulingPolicyArn"] == {"Fn::GetAtt": [name, "Arn"]}
    policy = only(fargate, "AWS::Batch::SchedulingPolicy")["FairsharePolicy"]
    assert policy == {"ShareDecaySeconds": 3600}
    assert only(fargate, "AWS::Batch::JobDefinition")["SchedulingPriority"] == 1


@pytest.mark.parametrize("kind", ["fargate", "ec2"])
def test_a_shard_writes_nothing_but_tmp_and_is_nobody(request: pytest.FixtureRequest, kind: str) -> None:
    definition = only(request.getfixturevalue(kind), "AWS::Batch::JobDefinition")
    container = definition["ContainerProperties"]
    assert definition["PlatformCapabilities"] == [kind.upper()]
    assert (container["User"], container["Privileged"], container["ReadonlyRootFilesystem"]) == (
        "10001:10001",
        False,
        True,
    )
    assert [(m["ContainerPath"], m["ReadOnly"]) for m in container["MountPoints"]] == [("/tmp", False)]
    assert container["JobRoleArn"] != container["ExecutionRoleArn"]
    environment = {entry["Name"] for entry in container["Environment"]}
    assert {"LODE_HOME", "LODE_LAKE_URL", "LODE_WAREHOUSE_SECRET", "LODE_JOB_VCPUS", "LODE_JOB_SPOT"} <= environment
    if kind == "fargate":
        assert container["NetworkConfiguration"] == {"AssignPublicIp": "DISABLED"}


def test_machines_have_an_encrypted_disk_and_answer_imdsv2_only(ec2: Resources) -> None:
    template = only(ec2, "AWS::EC2::LaunchTemplate")["LaunchTemplateData"]
    (disk,) = [mapping["Ebs"] for mapping in template["BlockDeviceMappings"]]
    assert disk["Encrypted"] is True
    assert "KmsKeyId" in disk
    assert (template["MetadataOptions"]["HttpTokens"], template["MetadataOptions"]["HttpPutResponseHopLimit"]) == (
        "required",
        1,
    )
    assert "KeyName" not in template


def test_a_shard_may_not_touch_the_vault(fargate: Resources) -> None:
    job, steps = "ShardsJobRole", "StepsRole"
    assert prefixes(fargate, job, "s3:PutObject") == {"runs/*"}
    assert prefixes(fargate, job, "s3:GetObject") == {"runs/*", "snapshots/*"}
    assert "vault/openings/*" in prefixes(fargate, steps, "s3:PutObject")
    for role in (job, steps):
        assert not allowed(fargate, role, "s3:DeleteObject")


def test_the_machine_calls_four_functions_and_jobs_of_its_own(fargate: Resources) -> None:
    assert len(allowed(fargate, "MachineRole", "lambda:InvokeFunction")) == 4
    submits = allowed(fargate, "MachineRole", "batch:SubmitJob")
    assert len(submits) == 2
    assert any("job-definition/lode-shard:*" in text for text in submits)
    rule = allowed(fargate, "MachineRole", "events:PutRule")
    assert len(rule) == 1
    assert "StepFunctionsGetEventsForBatchJobsRule" in rule[0]


def test_the_schedule_may_start_this_machine_alone(fargate: Resources) -> None:
    (machine,) = of(fargate, "AWS::StepFunctions::StateMachine")
    assert allowed(fargate, "ScheduleRole", "states:StartExecution") == [json.dumps({"Ref": machine})]
    actions = {
        action
        for statement in statements(fargate, "ScheduleRole")
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    assert actions == {"states:StartExecution", "sqs:SendMessage", "kms:Decrypt", "kms:GenerateDataKey"}
    schedule = only(fargate, "AWS::Scheduler::Schedule")
    assert schedule["ScheduleExpression"] == "cron(30 16 ? * MON,TUE,WED,THU,FRI *)"
    assert schedule["ScheduleExpressionTimezone"] == "America/New_York"
    assert {"DeadLetterConfig", "RetryPolicy"} <= schedule["Target"].keys()
    assert "KmsKeyArn" in schedule


def test_the_end_of_another_machine_is_not_heard(fargate: Resources) -> None:
    (machine,) = of(fargate, "AWS::StepFunctions::StateMachine")
    pattern = only(fargate, "AWS::Events::Rule")["EventPattern"]
    assert pattern["detail"] == {"status": ["ABORTED", "TIMED_OUT"], "stateMachineArn": [{"Ref": machine}]}


def test_an_image_is_what_it_needs_and_nothing_else(synthesized: Callable[[str], Any]) -> None:
    contexts = [path for path in synthesized("hobby").glob("asset.*") if (path / "docker").is_dir()]
    assert contexts
    for context in contexts:
        assert {"Dockerfile.batch", "Dockerfile.lambda", "aws.lock"} <= {p.name for p in (context / "docker").iterdir()}
        found = {path.name for path in context.iterdir()}
        assert not found & {".git", ".venv", ".env", "lode.toml", "tests", "docs", "infra", "benchmarks"}
        assert sum(path.stat().st_size for path in context.rglob("*") if path.is_file()) < 20e6
