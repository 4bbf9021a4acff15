"""What runs: machines, functions, containers, and the secrets they are given."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from infra.rules.template import Breach, Resource, Templates, is_true, listed, text

_SECRET_NAME = re.compile(
    r"(PASS(WORD|WD|PHRASE)?|PWD|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|CREDENTIALS?)", re.IGNORECASE
)
_NO_SECRET = re.compile(
    r"(_ARN|_NAME|_ID|_URL|_PATH|_FILE|_SECONDS|_DAYS)$|^LODE_\w+_SECRETS?$|Arn$|Endpoint$|SecretId$", re.IGNORECASE
)
_SECRET_VALUE = re.compile(
    r"AKIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY|\b(sk|tvly|ghp|xox[bp])[-_][A-Za-z0-9-]{8,}"
    r"|(password|passwd|secret|token|api[_-]?key)[\"']?\s*[=:]\s*[\"']?[^\s\"'${}<>()|&;,]{5,}"
    r"|://[^/\s:@${]+:[^/\s:@${]+@|--password[= ][^\s$\"'{]{4,}|<password>[^<$]+</password>",
    re.IGNORECASE,
)


def metadata_tokens(templates: Templates) -> Iterator[Breach]:
    """Machines answer for their role's credentials only to who asks with a token (IMDSv2)."""
    for machine in templates.of("EC2::Instance", "EC2::LaunchTemplate", "AutoScaling::LaunchConfiguration"):
        said = machine.properties.get("LaunchTemplateData", machine.properties)
        used = templates.target(machine.stack, machine.properties.get("LaunchTemplate", {}).get("LaunchTemplateId"))
        used = used or _named(templates, machine)
        options = said.get("MetadataOptions") or (used.properties["LaunchTemplateData"] if used else {}).get(
            "MetadataOptions", {}
        )
        if options.get("HttpTokens") != "required" and options.get("HttpEndpoint") != "disabled":
            yield machine.breach("imdsv2", "answers without a token; HttpTokens: required")
        if int(options.get("HttpPutResponseHopLimit", 1)) > 2:
            yield machine.breach("imdsv2", "answers across more than two hops")
        if "KeyName" in said:
            yield machine.breach("session-manager", "has a key for SSH; Session Manager is the way in")


def _named(templates: Templates, machine: Resource) -> Resource | None:
    name = machine.properties.get("LaunchTemplate", {}).get("LaunchTemplateName")
    same = [t for t in templates.of("EC2::LaunchTemplate") if t.properties.get("LaunchTemplateName") == name != None]  # noqa: E711
    return same[0] if same else None


def batch_machines(templates: Templates) -> Iterator[Breach]:
    """Machines that Batch starts come from a launch template, which says how they guard their credentials."""
    for environment in templates.of("Batch::ComputeEnvironment"):
        computing = environment.properties.get("ComputeResources", {})
        if computing.get("Type") in {"EC2", "SPOT"} and not computing.get("LaunchTemplate"):
            yield environment.breach("imdsv2", "starts machines without a launch template")
        if "Ec2KeyPair" in computing:
            yield environment.breach("session-manager", "gives machines a key for SSH")


def functions(templates: Templates) -> Iterator[Breach]:
    """Functions stand in the network, log where we say, tell of what failed, and take no more than their share."""
    caught = {
        found.name
        for config in templates.of("Lambda::EventInvokeConfig")
        if config.properties.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
        for found in templates.targets(config.stack, config.properties.get("FunctionName"))
    }
    for function in templates.of("Lambda::Function"):
        said = function.properties
        network = said.get("VpcConfig", {})
        lacks = {
            "vpc": not (network.get("SubnetIds") and network.get("SecurityGroupIds")),
            "dead-letters": "DeadLetterConfig" not in said and function.name not in caught,
            "log-group": not _has_log_group(templates, function),
            "tracing": said.get("TracingConfig", {}).get("Mode") != "Active",
            "concurrency": "ReservedConcurrentExecutions" not in said,
        }
        for rule in (name for name, lacking in lacks.items() if lacking and not function.excused(name)):
            yield function.breach(f"function-{rule}", f"has no {rule} of its own")


def targets(templates: Templates) -> Iterator[Breach]:
    """What a schedule or an event could not bring to its target is kept."""
    for source in templates.of("Scheduler::Schedule", "Events::Rule"):
        said = source.properties
        aimed = [*listed(said.get("Target")), *listed(said.get("Targets"))]
        if any("DeadLetterConfig" not in target for target in aimed) and not source.excused("dead-letters"):
            yield source.breach("target-dead-letters", "loses what does not reach its target; say DeadLetterConfig")


def _has_log_group(templates: Templates, function: Resource) -> bool:
    named = function.properties.get("LoggingConfig", {}).get("LogGroup")
    if templates.is_a("Logs::LogGroup", function.stack, named):
        return True
    groups = [group.properties.get("LogGroupName") for group in templates.of("Logs::LogGroup")]
    return any("/aws/lambda/" in text(name) and function.name in text(name) for name in groups if name)


def containers(templates: Templates) -> Iterator[Breach]:
    """Containers log, and have no right over their host."""
    for resource in templates.of("ECS::TaskDefinition", "Batch::JobDefinition"):
        own = resource.properties.get("ContainerDefinitions", [resource.properties.get("ContainerProperties", {})])
        for container in own:
            if is_true(container.get("Privileged")):
                yield resource.breach("privileged", "runs a container with its host's rights")
            group = container.get("LogConfiguration", {}).get("Options", {}).get("awslogs-group")
            if not templates.is_a("Logs::LogGroup", resource.stack, group):
                yield resource.breach("log-group", "runs a container that logs to no group of ours")


def log_groups(templates: Templates) -> Iterator[Breach]:
    """Logs are kept for a time that is said."""
    for group in templates.of("Logs::LogGroup"):
        if not group.properties.get("RetentionInDays"):
            yield group.breach("log-retention", "keeps its logs for ever; say RetentionInDays")


def secrets(templates: Templates) -> Iterator[Breach]:
    """Secrets are made where they are kept, and made anew by themselves."""
    rotated = {
        found.name
        for schedule in templates.of("SecretsManager::RotationSchedule")
        if schedule.properties.get("RotationLambdaARN") or schedule.properties.get("HostedRotationLambda")
        for found in templates.targets(schedule.stack, schedule.properties.get("SecretId"))
    }
    for secret in templates.of("SecretsManager::Secret"):
        if secret.name not in rotated and not secret.excused("rotation"):
            yield secret.breach("rotation", "is never made anew; give it a rotation schedule")
        if secret.properties.get("SecretString", "{}") != "{}":  # empty until a function fills it
            yield secret.breach("plain-secret", "stands in the template")


def plain_secrets(templates: Templates) -> Iterator[Breach]:
    """No secret stands in an environment, a start script or any other setting: only where secrets are kept."""
    for resource in templates.resources:
        for name, value in _variables(resource):
            named = _SECRET_NAME.search(name) and not _NO_SECRET.search(name)
            if named or "{{resolve:secretsmanager" in text(value):
                yield resource.breach("plain-secret", f"is given {name} in the open; give it the secret's ARN")
        if resource.type == "AWS::SSM::Parameter" and _SECRET_NAME.search(text(resource.properties.get("Name", ""))):
            yield resource.breach("plain-secret", "is kept as a parameter; keep it in Secrets Manager")
        for path, value in resource.inside:
            if isinstance(value, str) and _is_secret(path[-1] if path else "", value):
                yield resource.breach("plain-secret", f"{'.'.join(path)} holds what looks like a secret")


def _is_secret(place: str, value: str) -> bool:
    written_out = _SECRET_NAME.fullmatch(place) and value and not value.startswith(("$.", "{{resolve:"))
    return bool(written_out or _SECRET_VALUE.search(value))


def secret_parameters(templates: Templates) -> Iterator[Breach]:
    """No parameter of a stack is a secret: who may see the stack sees its parameters."""
    for stack, template in templates.templates.items():
        for name, parameter in template.get("Parameters", {}).items():
            if _SECRET_NAME.search(name) and not _NO_SECRET.search(name):
                yield Breach(stack, name, "plain-secret", "is a secret as a parameter; take the ARN of one")
            if _SECRET_VALUE.search(str(parameter.get("Default", ""))):
                yield Breach(stack, name, "plain-secret", "has a secret as its default")


def _variables(resource: Resource) -> Iterator[tuple[str, Any]]:
    """Yield what functions and containers are given as environment."""
    for path, value in resource.inside:
        if path[-2:] == ("Environment", "Variables"):
            yield from value.items()
        elif path and path[-1] == "Environment":
            for pair in listed(value):
                if isinstance(pair, Mapping) and "Name" in pair:
                    yield str(pair["Name"]), pair.get("Value")


RULES = (
    metadata_tokens,
    batch_machines,
    functions,
    targets,
    containers,
    log_groups,
    secrets,
    plain_secrets,
    secret_parameters,
)
