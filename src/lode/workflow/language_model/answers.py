"""Answers of language models, kept in the lake: each prompt is asked once, however often a run is repeated."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict

from lode.errors import SettingsError
from lode.log import get_logger
from lode.search.proposer import LanguageModel
from lode.workflow.context import Context, Event
from lode.workflow.language_model.endpoint import Endpoint, open_endpoint
from lode.workflow.language_model.terms import Terms

_CHARACTERS_PER_TOKEN = 3.0  # English and code take about four, formulas somewhat fewer
_LEAST_ANSWER = 400  # tokens; twenty small formulas


class Answers:
    """The language model of one part of a run's work: its questions, and the tokens that they have taken.

    An answer stands under the hash of provider, model, prompt and limit, with all of these, the cut-off, the address
    and the time; what stands there is what everybody gets, and nothing is asked twice. Tokens are as the service
    counted them, else estimated; once they pass this part's share, no more is asked.
    """

    def __init__(self, context: Context, terms: Terms, questions: int) -> None:
        self._context, self._terms, self._questions = context, terms, questions
        self._endpoint: Endpoint | None = None
        self.tokens = 0
        self.keys: list[str] = []

    @property
    def model(self) -> LanguageModel:
        """What a searcher is given."""
        return LanguageModel(self.complete, self._questions)

    def complete(self, prompt: str) -> str | None:
        """Return the answer to a prompt; None where this part's share of the tokens is spent."""
        if self.tokens >= self._questions * self._terms.allowance:
            return None
        asked = self._asked(prompt)
        key = answer_key(asked)
        kept = self._context.load_if_there(key) or self._context.keep(key, asked | self._answered(asked))
        self.tokens += sum(kept["tokens"].values())
        self.keys.append(key)
        return str(kept["answer"])

    def _asked(self, prompt: str) -> Event:
        """Return what decides an answer."""
        terms, needed = self._terms, estimated_tokens(prompt)
        limit = terms.allowance - needed
        if limit < _LEAST_ANSWER:
            raise SettingsError(
                f"LODE_PROPOSER_TOKENS {terms.tokens:,} over LODE_PROPOSER_REQUESTS {terms.requests:,} are "
                f"{terms.allowance:,} tokens for a question and its answer; the question takes about {needed:,} and an "
                f"answer at least {_LEAST_ANSWER}: allow more tokens, or fewer requests"
            )
        return {
            "provider": terms.provider,
            "model": terms.model,
            "prompt": prompt,
            "parameters": {"max_tokens": limit},
        }

    def _answered(self, asked: Event) -> Event:
        """Ask the endpoint, and return its answer with the circumstances."""
        if self._endpoint is None:
            self._endpoint = open_endpoint(self._context.settings, self._terms)
        reply = self._endpoint.ask(asked["prompt"], most_tokens=asked["parameters"]["max_tokens"])
        told = asdict(reply)
        tokens = {
            "prompt": told.pop("prompt_tokens") or estimated_tokens(asked["prompt"]),
            "answer": told.pop("answer_tokens") or estimated_tokens(reply.text),
        }
        get_logger("proposer").info("asked the language model", model=self._terms.name, **tokens)
        return {
            "answer": told.pop("text"),
            **told,
            "tokens": tokens,
            "cutoff": self._terms.cutoff.isoformat(),
            "address": self._endpoint.address,
            "asked_at": self._context.clock().isoformat(),
        }


def answer_key(asked: Event) -> str:
    """Lake key of the answer to {provider, model, prompt, parameters}."""
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
    return f"language-model/{digest[:2]}/{digest}.json"


def estimated_tokens(text: str) -> int:
    """Return about how many tokens a text takes."""
    return math.ceil(len(text) / _CHARACTERS_PER_TOKEN)
