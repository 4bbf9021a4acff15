"""What a language model is to a run: a prompt goes in, a reply comes out, whoever serves it."""

from __future__ import annotations

from typing import Protocol

from lode.collect.converse import Converse, Reply
from lode.collect.http import with_retries
from lode.errors import SettingsError
from lode.settings import Settings
from lode.workflow.language_model.openai import ChatCompletions
from lode.workflow.language_model.terms import Terms


class Endpoint(Protocol):
    """Serves one model. address: where, without secrets."""

    address: str

    def ask(self, prompt: str, *, most_tokens: int) -> Reply:
        """Ask one question, again where it failed for a while; see ChatCompletions for the errors."""
        ...


class BedrockModel:
    """A model on Amazon Bedrock, by Converse: account, region and credentials come from the AWS chain."""

    address = "bedrock-runtime"

    def __init__(self, settings: Settings, model: str, *, attempts: int = 4, wait_initial: float = 1.0) -> None:
        self._attempts, self._wait = attempts, wait_initial
        self._converse = Converse(
            model, timeout=settings.proposer_timeout, purpose="a proposer", setting="LODE_PROPOSER"
        )

    def ask(self, prompt: str, *, most_tokens: int) -> Reply:
        """Ask one question."""
        return with_retries(
            lambda: self._converse.ask(prompt, maxTokens=most_tokens), attempts=self._attempts, wait_initial=self._wait
        )


def open_endpoint(settings: Settings, terms: Terms) -> Endpoint:
    """Return what serves the model of a run; SettingsError where the settings name another one by now."""
    if settings.proposer != terms.name:
        raise SettingsError(
            f"the run asks {terms.name}, and LODE_PROPOSER is {settings.proposer or 'not set'} here; set it to "
            f"{terms.name} to go on with the run, or leave out --resume to start a new one"
        )
    if terms.provider == "bedrock":
        return BedrockModel(settings, terms.model)
    return ChatCompletions(settings, terms.model)
