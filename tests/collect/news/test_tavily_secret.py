"""Tavily's key from an AWS secret, as the deployed function has it."""

from __future__ import annotations

import boto3
import pytest
from moto import mock_aws

from lode.collect.news.provider import open_provider
from lode.errors import SettingsError
from lode.settings import Settings
from tests.collect.news.test_providers import ANSWERS, NOW, request
from tests.replicas.search import PostReplica

ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:news"


@pytest.fixture(autouse=True)
def no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"ACCESS_KEY_ID": "x", "SECRET_ACCESS_KEY": "x", "DEFAULT_REGION": "eu-central-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)


def test_the_key_that_a_person_put_into_the_secret_is_sent() -> None:
    with mock_aws(), PostReplica(ANSWERS["tavily"]) as replica:
        made = boto3.client("secretsmanager").create_secret(Name="news", SecretString="the-key\n")
        settings = Settings(news_provider="tavily", tavily_url=replica.url, tavily_secret=made["ARN"], news_rate=1000.0)
        with open_provider(settings, lambda: NOW) as provider:
            provider.search(request(provider))
    assert replica.requests[0].headers["authorization"] == "Bearer the-key"


def test_a_secret_that_is_not_there_is_named_with_what_puts_it_in() -> None:
    settings = Settings(news_provider="tavily", tavily_secret=ARN)
    with mock_aws(), pytest.raises(SettingsError, match=f"{ARN}.*put-secret-value"):
        open_provider(settings, lambda: NOW)
