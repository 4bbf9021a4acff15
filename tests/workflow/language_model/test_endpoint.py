"""Which endpoint a run asks, and Amazon Bedrock's."""

import json
from datetime import date

import pytest

from lode.errors import CollectError, SettingsError, SourceUnavailableError, ThrottledError
from lode.settings import Settings
from lode.workflow.language_model.endpoint import BedrockModel, open_endpoint
from lode.workflow.language_model.openai import ChatCompletions
from lode.workflow.language_model.terms import Terms
from tests.replicas.bedrock import reached, refused
from tests.replicas.server import Answer

MODEL = "eu.some.model-v1:0"


@pytest.fixture
def service(monkeypatch):
    with reached('["close"]', monkeypatch) as replica:
        yield replica


def model(**options):
    return BedrockModel(Settings(proposer=f"bedrock:{MODEL}"), MODEL, wait_initial=0.01, **options)


def test_bedrock_is_asked_by_converse(service):
    reply = model().ask("propose", most_tokens=900)
    assert (reply.text, reply.ended, reply.prompt_tokens, reply.answer_tokens) == ('["close"]', "end_turn", 1, 1)
    (request,) = service.requests
    assert request.path == "/model/eu.some.model-v1%3A0/converse"
    assert json.loads(request.body) == {
        "messages": [{"role": "user", "content": [{"text": "propose"}]}],
        "inferenceConfig": {"maxTokens": 900},
    }


@pytest.mark.parametrize(
    "fault", [refused(429, "ThrottlingException"), refused(500, "InternalServerException"), Answer(200, b"{", cut=1)]
)
def test_what_passes_is_asked_again(service, fault):
    service.faults.append(fault)
    assert model().ask("propose", most_tokens=900).text == '["close"]'
    assert len(service.requests) == 2


@pytest.mark.parametrize(
    ("fault", "kind", "message", "requests"),
    [
        (refused(429, "ThrottlingException"), ThrottledError, "throttles", 2),
        (refused(503, "ServiceUnavailableException"), SourceUnavailableError, "status 503", 2),
        (refused(403, "AccessDeniedException"), CollectError, "what the account may use", 1),
        (refused(400, "ValidationException"), CollectError, "see LODE_PROPOSER", 1),
    ],
)
def test_what_stays_is_one_clear_error(service, fault, kind, message, requests):
    service.faults.extend([fault] * 2)
    with pytest.raises(kind, match=message):
        model(attempts=2).ask("propose", most_tokens=900)
    assert len(service.requests) == requests


def test_bedrock_without_a_region_says_what_to_set(monkeypatch, tmp_path):
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(SettingsError, match="AWS_DEFAULT_REGION"):
        model()


def test_the_run_decides_who_is_asked(service):
    terms = Terms("openai", "a/b", date(2024, 6, 1), 4, 40_000)
    settings = Settings(proposer="openai:a/b", proposer_url="http://127.0.0.1/v1")
    assert isinstance(open_endpoint(settings, terms), ChatCompletions)
    bedrock_terms = Terms("bedrock", MODEL, date(2024, 6, 1), 4, 40_000)
    assert isinstance(open_endpoint(Settings(proposer=f"bedrock:{MODEL}"), bedrock_terms), BedrockModel)
    for other in ("openai:b", None):
        with pytest.raises(SettingsError, match="the run asks openai:a/b"):
            open_endpoint(Settings(proposer=other), terms)
