from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, NoCredentialsError, UnauthorizedSSOTokenError

from lode.deploy.account import Account
from lode.errors import DeployError, NotFoundError


def refusing(error: Exception) -> Account:
    class Client:
        def describe_stacks(self, **_: Any) -> None:
            raise error

    return Account("eu-west-1", lambda _service, _region: Client())


def refused(code: str, message: str = "User: x is not authorized") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "DescribeStacks")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (refused("ExpiredToken"), "expired.*aws sso login"),
        (refused("InvalidClientTokenId"), "does not know these credentials"),
        (refused("AccessDenied"), "may not cloudformation:DescribeStacks: ask for that right"),
        (refused("Throttling", "Rate exceeded"), "refused cloudformation:DescribeStacks: Throttling: Rate exceeded"),
        (NoCredentialsError(), "no credentials for AWS.*AWS_PROFILE"),
        (UnauthorizedSSOTokenError(), "the sign-in has ended"),
    ],
)
def test_a_refusal_is_one_sentence_with_the_next_step(error: Exception, told: str) -> None:
    with pytest.raises(DeployError, match=told):
        refusing(error).ask("cloudformation", "describe_stacks", StackName="x")


def test_what_is_absent_is_told_apart() -> None:
    with pytest.raises(NotFoundError):
        refusing(refused("ValidationError", "Stack with id x does not exist")).ask("cloudformation", "describe_stacks")


def test_the_region_is_the_deployments(account: Account) -> None:
    assert account.number() == "123456789012"
    account.ask("sqs", "create_queue", QueueName="here")
    assert "us-east-1" in account.ask("sqs", "list_queues")["QueueUrls"][0] or account.region == "us-east-1"
