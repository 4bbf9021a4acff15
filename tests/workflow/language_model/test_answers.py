"""Answers that are kept: asked once, the same for everybody, with all that decided them."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from lode.errors import SettingsError
from lode.lake import Lake
from lode.settings import Settings
from lode.workflow.context import Context
from lode.workflow.language_model.answers import Answers, answer_key, estimated_tokens
from lode.workflow.language_model.terms import Terms
from tests.replicas.chat import ChatReplica, completed

TERMS = Terms("openai", "some-model", date(2024, 6, 1), requests=4, tokens=8000)
NOW = datetime(2026, 11, 20, 21, 5, tzinfo=UTC)


@pytest.fixture
def service():
    with ChatReplica(lambda prompt: f"to {prompt}") as replica:
        yield replica


@pytest.fixture
def context(service, tmp_path):
    settings = Settings(proposer="openai:some-model", proposer_url=f"{service.url}/v1")
    return Context(settings, Lake(tmp_path.as_uri()), None, clock=lambda: NOW)


def test_a_prompt_is_asked_once_and_kept_with_its_circumstances(context, service):
    first, second = Answers(context, TERMS, 4), Answers(context, TERMS, 4)
    assert first.complete("a") == second.complete("a") == "to a"
    assert len(service.requests) == 1
    assert first.keys == second.keys
    assert first.tokens == second.tokens == 1700
    (key,) = first.keys
    assert context.load(key) == {
        "provider": "openai",
        "model": "some-model",
        "prompt": "a",
        "parameters": {"max_tokens": 1999},
        "answer": "to a",
        "ended": "stop",
        "served": "stub-2024-06-01",
        "tokens": {"prompt": 1500, "answer": 200},
        "cutoff": "2024-06-01",
        "address": f"{service.url}/v1/chat/completions",
        "asked_at": NOW.isoformat(),
    }


def test_another_prompt_model_or_limit_is_another_question(context, service):
    Answers(context, TERMS, 4).complete("a")
    Answers(context, TERMS, 4).complete("b")
    Answers(context, replace(TERMS, tokens=9000), 4).complete("a")
    other = replace(context, settings=context.settings.model_copy(update={"proposer": "openai:other"}))
    Answers(other, replace(TERMS, model="other"), 4).complete("a")
    assert len(service.requests) == 4
    Answers(context, replace(TERMS, cutoff=date(2020, 1, 1)), 4).complete("a")
    assert len(service.requests) == 4


def test_of_two_who_ask_at_once_both_get_what_was_kept_first(context, service):
    def meanwhile(prompt):
        key = answer_key(Answers(context, TERMS, 4)._asked(prompt))
        context.keep(key, {"answer": "first", "tokens": {"prompt": 1, "answer": 1}})
        return "second"

    with ChatReplica(meanwhile) as slow:
        settings = context.settings.model_copy(update={"proposer_url": f"{slow.url}/v1"})
        assert Answers(replace(context, settings=settings), TERMS, 4).complete("a") == "first"


def test_no_more_is_asked_once_the_tokens_are_spent(context, service):
    service.faults.append(completed("long", usage={"prompt_tokens": 1500, "completion_tokens": 2600}))
    answers = Answers(context, TERMS, 2)
    assert answers.complete("a") == "long"
    assert answers.complete("b") is None
    again = Answers(context, TERMS, 2)
    assert [again.complete("a"), again.complete("b")] == ["long", None]
    assert len(service.requests) == 1


def test_tokens_that_are_not_told_are_estimated(context, service):
    service.faults.append(completed("x" * 300, usage=None))
    answers = Answers(context, TERMS, 4)
    answers.complete("y" * 900)
    assert answers.tokens == 400
    assert estimated_tokens("four") == 2


def test_an_allowance_that_holds_no_answer_is_one_clear_error(context, service):
    with pytest.raises(SettingsError, match="LODE_PROPOSER_TOKENS 8,000 over LODE_PROPOSER_REQUESTS 4 are 2,000"):
        Answers(context, TERMS, 4).complete("x" * 4801)
    assert service.requests == []


def test_a_kept_answer_needs_no_endpoint(context, service):
    Answers(context, TERMS, 4).complete("a")
    without = replace(context, settings=Settings(proposer=None))
    assert Answers(without, TERMS, 4).complete("a") == "to a"
    with pytest.raises(SettingsError, match="LODE_PROPOSER is not set"):
        Answers(without, TERMS, 4).complete("b")
