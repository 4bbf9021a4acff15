"""The synthesized stacks, created in moto as CloudFormation would: in their order, with parameters and exports.

`Standing` is what they are once they stand, read back: the machine, its functions and its job, which `DeployedCloud`
calls here by what their resources name.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.aws.cloud import Call, Cloud, Runtime
from tests.docker.dockerfile import ROOT, read

PARAMETERS = {"SecContact": "Jane Doe jane@example.org"}
ORDER = ("Storage", "Network", "Warehouse", "Collection", "Mining", "App", "Observability")
_SECRET = "AWS::SecretsManager::Secret"
_POLICY = "AWS::Batch::SchedulingPolicy"
_BOOTSTRAP = "/cdk-bootstrap/hnb659fds/version"


@dataclass
class Deployed:
    """Stacks that stand, and their resources' physical ids by stack and logical id."""

    templates: Mapping[str, Any]
    prefix: str = "Lode"
    ids: dict[str, dict[str, str]] = field(default_factory=dict)

    def up(self, stacks: Sequence[str] = ORDER, parameters: Mapping[str, str] = PARAMETERS) -> Deployed:
        """Create stacks, each with those of the parameters that it asks for; one that is not given is its name."""
        boto3.client("ssm").put_parameter(Name=_BOOTSTRAP, Value="27", Type="String")
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Tried to parse", UserWarning)  # what moto leaves out, the templates show
            for stack in stacks:
                self._create(f"{self.prefix}{stack}", parameters)
        return self

    def _create(self, name: str, parameters: Mapping[str, str]) -> None:
        template = self.templates[name]
        asked = {key for key, told in template.get("Parameters", {}).items() if "Default" not in told}
        given = {key: parameters.get(key, key.lower()) for key in asked}
        client = boto3.client("cloudformation")
        client.create_stack(
            StackName=name,
            TemplateBody=json.dumps(_for_moto(template)),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        (made,) = client.describe_stacks(StackName=name)["Stacks"]
        assert made["StackStatus"] == "CREATE_COMPLETE", made
        pages = client.get_paginator("list_stack_resources").paginate(StackName=name)
        self.ids[name] = {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for page in pages
            for resource in page["StackResourceSummaries"]
        }

    def of(self, stack: str, kind: str) -> dict[str, str]:
        """Return the resources of a kind in a stack: physical ids by logical ones."""
        resources = self.templates[f"{self.prefix}{stack}"]["Resources"]
        made = self.ids[f"{self.prefix}{stack}"]
        return {name: made[name] for name, resource in resources.items() if resource["Type"] == kind}

    def only(self, stack: str, kind: str) -> str:
        """Return the physical id of a stack's only resource of a kind."""
        (found,) = self.of(stack, kind).values()
        return found


def _for_moto(template: Mapping[str, Any]) -> Any:
    """Return a template as moto takes it.

    It reads a key's tags in KMS's own way, which is not CloudFormation's; it knows no secrets and no policies of
    queues, which are made here; and it would run a custom resource's function in a container: what such a resource
    answers is its attribute's name here.
    """
    made = {_SECRET: _secret, _POLICY: _scheduling_policy}
    standing = {
        name: made[resource["Type"]](name, resource["Properties"]) if resource["Type"] in made else ""
        for name, resource in template["Resources"].items()
        if resource["Type"] in made or resource["Type"].startswith("Custom::")
    }
    resources = {
        name: resource | {"Properties": {k: v for k, v in resource["Properties"].items() if k != "Tags"}}
        if resource["Type"] == "AWS::KMS::Key"
        else resource
        for name, resource in template["Resources"].items()
        if name not in standing
    }
    for name, resource in resources.items():
        if resource["Type"] == "AWS::SSM::Document":  # JSON, when nothing is said: moto wants it said
            resources[name] = resource | {"Properties": {"DocumentFormat": "JSON", **resource["Properties"]}}
    return _without({**template, "Resources": resources}, standing)


def _secret(name: str, properties: Mapping[str, Any]) -> str:
    told = properties.get("GenerateSecretString", {}).get("SecretStringTemplate", "{}")
    value = {"password": "generated"} | (json.loads(told) if isinstance(told, str) else {})
    made = boto3.client("secretsmanager").create_secret(Name=name, SecretString=json.dumps(value))
    return str(made["ARN"])


def _scheduling_policy(name: str, properties: Mapping[str, Any]) -> str:
    seconds = properties["FairsharePolicy"]["ShareDecaySeconds"]
    policy = {"shareDecaySeconds": seconds, "computeReservation": 0, "shareDistribution": []}
    return str(boto3.client("batch").create_scheduling_policy(name=name, fairsharePolicy=policy)["arn"])


def _without(part: Any, standing: Mapping[str, str]) -> Any:
    """Put what stands already, or answers nothing, in the place of what refers to it."""
    if isinstance(part, list):
        return [_without(inner, standing) for inner in part]
    if not isinstance(part, dict):
        return part
    if part.get("Ref") in standing:
        return standing[part["Ref"]]
    if (asked := part.get("Fn::GetAtt")) and asked[0] in standing:
        return standing[asked[0]] or asked[1]
    needs = {"DependsOn": _others(part["DependsOn"], standing)} if "DependsOn" in part else {}
    return {name: _without(inner, standing) for name, inner in part.items()} | needs


def _others(needed: str | list[str], standing: Mapping[str, str]) -> list[str]:
    return [name for name in ([needed] if isinstance(needed, str) else needed) if name not in standing]


@dataclass(frozen=True)
class Lambda:
    """A deployed function: what its image is told to call, its environment, its time."""

    handler: str
    environment: Mapping[str, str]
    seconds: int


@dataclass(frozen=True)
class Standing:
    """The deployed machine and what it calls, by ARN; the schedule's target as it starts the machine."""

    machine: str
    definition: Mapping[str, Any]
    role: str
    functions: Mapping[str, Lambda]
    jobs: Mapping[str, Mapping[str, Any]]
    queue: str
    target: Mapping[str, Any]
    rule: Mapping[str, Any]

    def told_of_an_end(self, detail: Mapping[str, Any]) -> Any:
        """Return what the rule sends the steps' function of an execution's end, as EventBridge puts it together."""
        transformer = self.rule["Targets"][0]["InputTransformer"]
        text = transformer["InputTemplate"]
        for name, path in transformer["InputPathsMap"].items():
            value: Any = {"detail": detail}
            for part in path.removeprefix("$.").split("."):
                value = value[part]
            text = text.replace(f"<{name}>", json.dumps(value))
        return json.loads(text)


def standing(deployed: Deployed) -> Standing:
    """Read back what the stacks made."""
    machine = deployed.only("Mining", "AWS::StepFunctions::StateMachine")
    made = boto3.client("stepfunctions").describe_state_machine(stateMachineArn=machine)
    jobs = boto3.client("batch").describe_job_definitions()["jobDefinitions"]
    return Standing(
        machine=machine,
        definition=json.loads(made["definition"]),
        role=made["roleArn"],
        functions=dict(_lambdas(deployed)),
        jobs={job["jobDefinitionArn"]: job["containerProperties"] for job in jobs},
        queue=deployed.only("Mining", "AWS::Batch::JobQueue"),
        target=_target(deployed),
        rule=_properties(deployed, "AWS::Events::Rule"),
    )


def _lambdas(deployed: Deployed) -> Iterator[tuple[str, Lambda]]:
    for stack in ("Collection", "Mining"):
        for name, made in deployed.of(stack, "AWS::Lambda::Function").items():
            told = boto3.client("lambda").get_function_configuration(FunctionName=made)
            properties = deployed.templates[f"{deployed.prefix}{stack}"]["Resources"][name]["Properties"]
            (handler,) = properties["ImageConfig"]["Command"]  # moto keeps no image's command
            yield told["FunctionArn"], Lambda(handler, told["Environment"]["Variables"], told["Timeout"])


def _target(deployed: Deployed) -> Mapping[str, Any]:
    """Return the schedule's target, which moto does not make: its ARNs are those of what it names."""
    target = _properties(deployed, "AWS::Scheduler::Schedule")["Target"]
    made = deployed.ids[f"{deployed.prefix}Mining"]
    role = boto3.client("iam").get_role(RoleName=made[target["RoleArn"]["Fn::GetAtt"][0]])["Role"]["Arn"]
    return {"Arn": made[target["Arn"]["Ref"]], "RoleArn": role, "Input": target["Input"]}


def _properties(deployed: Deployed, kind: str) -> Mapping[str, Any]:
    resources = deployed.templates[f"{deployed.prefix}Mining"]["Resources"].values()
    (found,) = [resource["Properties"] for resource in resources if resource["Type"] == kind]
    return dict(found)


@dataclass
class DeployedCloud(Cloud):
    """The functions and the queue as they were deployed, on this machine.

    Each gets the environment of its resource and nothing else of Lode's, but that its folder, its lake and its
    warehouse are the home's here and that sources are where `sources` says.
    """

    deployment: Standing | None = None
    home: Path = Path()
    sources: Mapping[str, str] = field(default_factory=dict)

    def deliver(self, call: Call) -> Any:
        """Call what the function's image is told to call, by its ARN."""
        function = self._function(call)
        module, _, name = function.handler.rpartition(".")
        handler = getattr(importlib.import_module(module), name)
        with self._lock, self._only(function.environment):  # one process has one environment
            return handler(json.loads(json.dumps(call.event)), Runtime(function.seconds))

    def _function(self, call: Call) -> Lambda:
        assert self.deployment
        (found,) = [f for arn, f in self.deployment.functions.items() if arn.endswith(f":{call.function}")]
        return found

    @contextmanager
    def _only(self, given: Mapping[str, str]) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            for name in [name for name in os.environ if name.startswith("LODE_")]:
                patch.delenv(name)
            for name, value in self._here(given).items():
                patch.setenv(name, value)
            yield

    def _here(self, given: Mapping[str, str]) -> dict[str, str]:
        assert re.fullmatch(r"s3://[a-z0-9-]+/lake", given["LODE_LAKE_URL"])
        assert given["LODE_HOME"] == "/tmp/lode"
        assert given["LODE_WAREHOUSE_SECRET"].startswith("arn:aws:secretsmanager:")
        away = {"LODE_LAKE_URL", "LODE_WAREHOUSE_SECRET"}
        kept = {name: value for name, value in given.items() if name not in away}
        return kept | {"LODE_HOME": str(self.home), "LODE_WAREHOUSE_IDLE": "120"} | dict(self.sources)

    def _container(self, job: dict[str, Any], number: str, shard: int, attempt: int) -> int:
        """Run the entry point of the image's recipe with the environment of the definition and of the job."""
        assert self.deployment
        assert job["JobQueue"] == self.deployment.queue
        defined = self.deployment.jobs[job["JobDefinition"]]
        assert not defined.get("command")
        environment = {entry["name"]: entry["value"] for entry in defined["environment"]}
        environment = {n: v for n, v in os.environ.items() if not n.startswith("LODE_")} | self._here(environment)
        environment |= {e["Name"]: e["Value"] for e in job["ContainerOverrides"]["Environment"] if "Name" in e}
        environment |= {"AWS_BATCH_JOB_ID": f"{number}:{shard}"}
        if "ArrayProperties" in job:
            environment |= {"AWS_BATCH_JOB_ARRAY_INDEX": str(shard)}
        _, *arguments = read(ROOT / "docker/Dockerfile.batch")[-1].entrypoint
        with self.log.open("ab") as heard:
            process = subprocess.Popen([sys.executable, *arguments], env=environment, stderr=heard)
            self.started(process, shard, attempt)
            return process.wait(120)
