"""Amazon Bedrock's Converse on loopback: answers with texts that the test gives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.replicas.search import PostReplica
from tests.replicas.server import Answer


def said(text: str) -> Answer:
    """A model's answer."""
    body = {
        "output": {"message": {"role": "assistant", "content": [{"text": text}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
        "metrics": {"latencyMs": 1},
    }
    return Answer(body=json.dumps(body).encode(), headers={"Content-Type": "application/json"})


def refused(status: int, code: str, **headers: str) -> Answer:
    """An error as the service words it."""
    body = json.dumps({"message": f"{code} it is"}).encode()
    return Answer(status, body, {"Content-Type": "application/json", "x-amzn-ErrorType": code, **headers})


def bedrock(text: str) -> PostReplica:
    """A replica whose model always says `text`."""
    return PostReplica(lambda _: said(text))


@contextmanager
def reached(text: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[PostReplica]:
    """Such a replica, to which the AWS chain leads with credentials that open nothing."""
    with bedrock(text) as replica:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", replica.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield replica
