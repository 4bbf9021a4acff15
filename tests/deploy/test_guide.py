"""The guide's commands: each is one that exists, with flags that it takes; those that moto can follow are followed."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from typing import Any

import boto3
import pytest

from lode.cli import command_line
from lode.deploy.account import Account
from lode.deploy.deployment import sized
from tests.deploy.conftest import ROOT

GUIDE = (ROOT / "docs" / "how-to" / "aws.md").read_text()
_OWN = {("configure", "sso"), ("sso", "login")}  # commands of the AWS CLI itself, behind which is no action


def commands(program: str) -> list[list[str]]:
    """Every call of a program in the guide's indented lines and in its sentences, as words."""
    lines = re.findall(rf"^ {{4,}}(?:\w+=\$\(|export \w+=\$\()?({program} .*)$", GUIDE, re.MULTILINE)
    inline = re.findall(rf"`({program} [^`]+)`", GUIDE)
    return [shlex.split(line.split(" | ")[0].rstrip(")")) for line in lines + inline]


def called(words: list[str]) -> tuple[Any, str, dict[str, Any]]:
    """A call of the AWS CLI as boto3's client, action and parameters."""
    client = boto3.client(words[1], region_name="us-east-1")
    action = words[2].replace("-", "_")
    name = client.meta.method_to_api_mapping[action]
    shape = client.meta.service_model.operation_model(name).input_shape
    members = {re.sub(r"(?<!^)(?=[A-Z][a-z])", "-", member).lower(): member for member in shape.members}
    given: dict[str, Any] = {}
    for word in words[3:]:
        if word.startswith("--"):
            flag, value = word[2:], True
            if flag.startswith("no-") and flag not in members:
                flag, value = flag[3:], False
            member = members[flag]
            given[member] = value
        else:
            given[member] = _value(word, shape.members[member], given[member])
    return client, action, given


def _value(word: str, shape: Any, before: Any) -> Any:
    if shape.type_name == "list":
        listed = before if isinstance(before, list) else []
        return [*listed, dict(pair.split("=") for pair in word.split(","))] if "=" in word else [*listed, word]
    return float(word) if shape.type_name == "double" else int(word) if shape.type_name == "integer" else word


def test_every_lode_command_of_the_guide_is_one() -> None:
    found = commands("lode")
    assert {tuple(words[1:3]) for words in found} >= {("deploy", verb) for verb in ("plan", "up", "down", "status")}
    for words in found:
        command_line(words[1:2]).parse_args(words[1:], exit_on_error=False, print_error=True)


def test_every_aws_command_of_the_guide_is_one_with_flags_that_it_takes() -> None:
    found = [words for words in commands("aws") if tuple(words[1:3]) not in _OWN]
    assert len(found) > 15
    for words in found:
        client, action, given = called(words)
        shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[action]).input_shape
        if "$" not in "".join(words) and len(words) > 3:
            assert set(shape.required_members) <= set(given), words


def test_the_settings_of_the_guide_are_settings() -> None:
    blocks = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
    for block in blocks:
        assert sized(tomllib.loads(block)["deploy"]).parameters.keys() >= {"Domain", "AlarmEmail"}
    for name in re.findall(r"`(\w+) = ", GUIDE):
        assert name in sized({}).model_dump()


def test_a_certificate_as_the_guide_asks_for_it(account: Account) -> None:
    client, action, given = called(next(words for words in commands("aws") if words[2] == "request-certificate"))
    arn = getattr(client, action)(**given)["CertificateArn"]
    told = client.describe_certificate(CertificateArn=arn)["Certificate"]
    assert told["DomainValidationOptions"][0]["ResourceRecord"]["Type"] == "CNAME"


def test_a_visitor_is_invited_and_the_bootstrap_removed_as_the_guide_says(account: Account, protection: None) -> None:
    pool = account.ask("cognito-idp", "create_user_pool", PoolName="x")["UserPool"]["Id"]
    client, action, given = called(next(words for words in commands("aws") if words[2] == "admin-create-user"))
    made = getattr(client, action)(**{**given, "UserPoolId": pool})["User"]
    assert {"Name": "email_verified", "Value": "true"} in made["Attributes"]
    empty = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})
    account.ask("cloudformation", "create_stack", StackName="CDKToolkit", TemplateBody=empty)
    for name in ("update-termination-protection", "delete-stack"):
        words = next(words for words in commands("aws") if words[2] == name and "CDKToolkit" in words)
        client, action, given = called(words)
        getattr(client, action)(**given)
    assert not account.pages("cloudformation", "describe_stacks", "Stacks")


@pytest.mark.parametrize("word", ["LodeApp", "LodeStorage"])
def test_the_stacks_of_the_guide_are_called_so(word: str) -> None:
    assert word in GUIDE
    assert word in {sized({}).stack(part) for part in ("App", "Storage")}


def test_files_that_the_guide_names_are_there() -> None:
    for name in re.findall(r"\]\(([\w./-]+)\)", GUIDE):
        assert (ROOT / "docs" / "how-to" / name).is_file(), name
