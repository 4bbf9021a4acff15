"""The collectors' functions as templates: their rates, their walls, what each may write."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

Resources = dict[str, dict[str, Any]]
Statement = dict[str, Any]
COLLECTORS = ("Market", "Filings", "News")


@pytest.fixture(scope="module")
def stack(assembly: Callable[[str], dict[str, Any]]) -> Resources:
    return dict(assembly("hobby")["LodeCollection"]["Resources"])


@pytest.fixture(scope="module")
def searching(assembly: Callable[[str], dict[str, Any]]) -> Resources:
    """The stack of a deployment that searches news with a key."""
    return dict(assembly("outside")["LodeCollection"]["Resources"])


def of(resources: Resources, kind: str) -> dict[str, dict[str, Any]]:
    return {name: found["Properties"] for name, found in resources.items() if found["Type"] == kind}


def function(resources: Resources, collector: str) -> dict[str, Any]:
    (found,) = [p for name, p in of(resources, "AWS::Lambda::Function").items() if name.startswith(collector)]
    return found


def statements(resources: Resources, role: str) -> list[Statement]:
    """What a role may do; its policy is the only one it has."""
    (found,) = [p for name, p in of(resources, "AWS::IAM::ManagedPolicy").items() if name.startswith(role)]
    return list(found["PolicyDocument"]["Statement"])


def allowed(resources: Resources, role: str, action: str) -> list[str]:
    """The resources that a role may do an action with, as text."""
    found = []
    for statement in statements(resources, role):
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        if statement["Effect"] == "Allow" and action in actions:
            named = statement["Resource"]
            found += [json.dumps(resource) for resource in (named if isinstance(named, list) else [named])]
    return found


def prefixes(resources: Resources, role: str, action: str) -> set[str]:
    """The prefixes of the lake that a role may do an action with."""
    return {text.partition("/lake/")[2].rstrip('"]}') for text in allowed(resources, role, action)}


@pytest.mark.parametrize("collector", COLLECTORS)
def test_a_function_is_its_handler_of_the_image_for_ten_minutes(stack: Resources, collector: str) -> None:
    made = function(stack, collector)
    assert made["ImageConfig"]["Command"] == [f"lode.workflow.handlers.collect_{collector.lower()}"]
    assert (made["PackageType"], made["Timeout"], made["TracingConfig"]) == ("Image", 600, {"Mode": "Active"})
    assert {"DeadLetterConfig", "KmsKeyArn", "VpcConfig", "LoggingConfig"} <= made.keys()


def test_the_secs_rate_is_kept_by_all_functions_together(
    assembly: Callable[[str], dict[str, Any]], stack: Resources
) -> None:
    desk = dict(assembly("desk")["LodeCollection"]["Resources"])
    for resources in (stack, desk):
        made = function(resources, "Filings")
        at_once, rate = made["ReservedConcurrentExecutions"], made["Environment"]["Variables"]["LODE_SEC_RATE"]
        assert at_once * float(rate) <= 10


def test_each_function_writes_its_own_sources_answers_only(stack: Resources) -> None:
    own = {"Market": "raw/yahoo/*", "Filings": "raw/sec/*", "News": "raw/news/*"}
    rate = {"Filings": {"rate/sec/*"}}
    for collector, raw in own.items():
        assert prefixes(stack, collector, "s3:PutObject") == {raw, "requests/batches/*"} | rate.get(collector, set())
        assert prefixes(stack, collector, "s3:GetObject") == {raw, "requests/*"} | rate.get(collector, set())
        assert prefixes(stack, collector, "s3:DeleteObject") == rate.get(collector, set())


def test_no_key_is_in_an_environment_and_only_the_news_may_read_it(searching: Resources) -> None:
    (secret,) = of(searching, "AWS::SecretsManager::Secret")
    for collector in COLLECTORS:
        environment: Mapping[str, Any] = function(searching, collector)["Environment"]["Variables"]
        assert "LODE_TAVILY_KEY" not in environment
        readable = [text for text in allowed(searching, collector, "secretsmanager:GetSecretValue") if secret in text]
        assert bool(readable) == (environment.get("LODE_TAVILY_SECRET") == {"Ref": secret}) == (collector == "News")


def test_who_asks_the_sec_is_a_parameter(assembly: Callable[[str], dict[str, Any]], stack: Resources) -> None:
    assert "Default" not in assembly("hobby")["LodeCollection"]["Parameters"]["SecContact"]
    assert function(stack, "Filings")["Environment"]["Variables"]["LODE_SEC_CONTACT"] == {"Ref": "SecContact"}


def test_dead_letters_are_under_a_key_and_over_tls(stack: Resources) -> None:
    queues, policies = of(stack, "AWS::SQS::Queue"), of(stack, "AWS::SQS::QueuePolicy")
    assert len(queues) == len(policies) == len(COLLECTORS)
    assert all("KmsMasterKeyId" in queue for queue in queues.values())
    for policy in policies.values():
        (refused,) = [s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Deny"]
        assert refused["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_no_function_may_use_the_network_rights_of_lambda_itself(stack: Resources) -> None:
    for collector in COLLECTORS:
        (refused,) = [s for s in statements(stack, collector) if s["Effect"] == "Deny"]
        assert refused["Condition"] == {"Null": {"lambda:SourceFunctionArn": "false"}}
        assert set(refused["Action"]) >= {"ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface"}


def test_a_function_may_decrypt_its_own_environment(stack: Resources) -> None:
    for collector in COLLECTORS:
        through = [
            service
            for statement in statements(stack, collector)
            if "kms:Decrypt" in statement["Action"]
            for service in statement["Condition"]["StringEquals"]["kms:ViaService"]
        ]
        assert any("lambda." in json.dumps(service) for service in through)
