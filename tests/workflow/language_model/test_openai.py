"""An OpenAI-compatible endpoint that behaves, and one that does not."""

import json

import pytest
from pydantic import SecretStr

from lode.errors import CollectError, SourceUnavailableError, ThrottledError
from lode.settings import Settings
from lode.workflow.language_model.openai import ChatCompletions
from tests.replicas.chat import ChatReplica, completed, refused
from tests.replicas.server import Answer

KEY = "sk-tell-nobody-7f3a"


@pytest.fixture
def service():
    with ChatReplica(lambda prompt: f"you said {prompt}") as replica:
        yield replica


def endpoint(service, attempts=3, timeout=5.0, key=KEY):
    settings = Settings(
        proposer="openai:some-model",
        proposer_url=f"{service.url}/v1/",
        proposer_key=None if key is None else SecretStr(key),
        proposer_timeout=timeout,
    )
    return ChatCompletions(settings, "some-model", attempts=attempts, wait_initial=0.01)


def ask(service, **options):
    return endpoint(service, **options).ask("propose", most_tokens=900)


def test_one_question_is_one_request(service):
    reply = ask(service)
    assert (reply.text, reply.ended, reply.served) == ("you said propose", "stop", "stub-2024-06-01")
    assert (reply.prompt_tokens, reply.answer_tokens) == (1500, 200)
    (request,) = service.requests
    assert (request.method, request.path) == ("POST", "/v1/chat/completions")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.json == {
        "model": "some-model",
        "messages": [{"role": "user", "content": "propose"}],
        "max_tokens": 900,
    }


def test_without_a_key_none_is_sent(service):
    ask(service, key=None)
    assert "authorization" not in service.requests[0].headers


def test_the_other_name_of_the_limit_is_tried_once_and_remembered(service):
    service.faults.append(refused(400, "Unsupported parameter: 'max_tokens'"))
    served = endpoint(service)
    served.ask("one", most_tokens=900)
    served.ask("two", most_tokens=900)
    limits = [name for request in service.requests for name in request.json if name.startswith("max")]
    assert limits == ["max_tokens", "max_completion_tokens", "max_completion_tokens"]


@pytest.mark.parametrize(
    "fault",
    [
        refused(429, **{"Retry-After": "0.01"}),
        refused(429),
        refused(500),
        refused(503, "overloaded"),
        Answer(200, completed("half").body, cut=40),
        Answer(200, completed("half").body[:60]),
        Answer(200, b"<html>a proxy's page</html>"),
        Answer(200, completed("slow").body, delay=0.8),
    ],
    ids=["429 wait", "429", "500", "503", "cut", "truncated JSON", "HTML", "slow"],
)
def test_what_passes_is_asked_again(service, fault):
    service.faults.append(fault)
    assert ask(service, timeout=0.4).text == "you said propose"
    assert len(service.requests) == 2


@pytest.mark.parametrize(
    ("fault", "kind", "message", "requests"),
    [
        (refused(429), ThrottledError, "throttles", 3),
        (refused(429, **{"Retry-After": "4000"}), ThrottledError, "asked to wait 4000 s", 1),
        (refused(500), SourceUnavailableError, "failed with status 500", 3),
        (Answer(200, b"{"), SourceUnavailableError, "no JSON.*ends in /v1", 3),
        (Answer(200, completed("slow").body, drip=0.05), SourceUnavailableError, "longer than 0.4 s", 3),
        (Answer(200, b'"' + b"x" * (5 << 20) + b'"'), CollectError, "more than 4,194,304 bytes", 1),
        (Answer(200, b"{}"), CollectError, "another shape", 1),
        (Answer(200, b"[]"), CollectError, "another shape", 1),
        (Answer(200, b'{"choices": []}'), CollectError, "another shape", 1),
        (Answer(200, b"[" * 100_000), SourceUnavailableError, "RecursionError", 3),
        (refused(401), CollectError, "LODE_PROPOSER_KEY", 1),
        (refused(403), CollectError, "LODE_PROPOSER_KEY", 1),
        (
            refused(404, "no model\n some-model"),
            CollectError,
            r"404 \('no model some-model'\); see LODE_PROPOSER",
            1,
        ),
        (refused(400, "context too long"), CollectError, "status 400 .'context too long'", 2),
        (Answer(302, b"", {"Location": "http://127.0.0.1:9/"}), CollectError, "status 302", 1),
    ],
)
def test_what_stays_is_one_clear_error(service, fault, kind, message, requests):
    service.faults.extend([fault] * 3)
    with pytest.raises(kind, match=message) as failure:
        ask(service, timeout=0.4)
    assert len(service.requests) == requests
    assert KEY not in str(failure.value)


def test_nobody_there_is_one_clear_error():
    with ChatReplica() as gone:
        pass
    with pytest.raises(
        SourceUnavailableError, match=r"the language model at 127.* refuses connections: .* LODE_PROPOSER_URL"
    ):
        ask(gone, attempts=2)


@pytest.mark.parametrize("content", [None, "", [], [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], 7])
def test_a_message_may_be_empty_or_in_parts(service, content):
    service.faults.append(completed(content, usage=None, model=None))
    reply = ask(service)
    assert reply.text == ("ab" if content and content != 7 else "")
    assert (reply.prompt_tokens, reply.answer_tokens, reply.served) == (0, 0, "")


def test_half_a_surrogate_pair_can_be_stored(service):
    service.faults.append(completed("\ud800 close"))
    assert json.loads(json.dumps(ask(service).text).encode()) == "? close"


def test_a_key_that_the_endpoint_repeats_is_masked(service):
    service.faults.append(completed(f"your key is {KEY}", model=KEY))
    reply = ask(service)
    assert (reply.text, reply.served) == ("your key is ********", "********")
    service.faults.extend([refused(422, f"bad header: Bearer {KEY}{'x' * 500}")])
    with pytest.raises(CollectError, match=r"bad header: Bearer \*{8}") as failure:
        ask(service)
    assert KEY not in repr(failure.value)
    assert len(str(failure.value)) < 600
    assert failure.value.__cause__ is None
