"""An OpenAI-compatible endpoint: POST {LODE_PROPOSER_URL}/chat/completions with one message of the user."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from lode.collect.asking import Asker, Question, RefusedError
from lode.collect.converse import Reply
from lode.collect.http import RawRecord, with_retries
from lode.errors import CollectError, SourceUnavailableError
from lode.settings import Settings
from lode.workflow.language_model.address import OPENAI, check_address, key_of

_LARGEST = 4 << 20  # bytes of one answer
_RATE = 5.0  # questions a second: a shard asks one after the other
_LONGEST_SAID = 300
_BAD_REQUEST = 400
_SHAPE = "see whether LODE_PROPOSER_URL is the base of an OpenAI-compatible endpoint, mostly one that ends in /v1"
_LIMITS = ("max_tokens", "max_completion_tokens")
"""What the limit of an answer is called: by most, and by OpenAI since its models think before they answer."""


class ChatCompletions:
    """Asks one model. The key goes into a header and nowhere else: not even where the endpoint repeats it.

    Throttling and failures of the endpoint are asked again, up to `attempts` times, with growing waits. Redirects are
    not followed. Raises ThrottledError, SourceUnavailableError, and CollectError for a refusal or another shape.
    """

    def __init__(self, settings: Settings, model: str, *, attempts: int = 4, wait_initial: float = 1.0) -> None:
        check_address(settings)
        self._model, self._key = model, key_of(settings)
        self._attempts, self._wait, self._timeout = attempts, wait_initial, settings.proposer_timeout
        self.address = f"{settings.proposer_url.rstrip('/')}/chat/completions"
        self._limits = _LIMITS[::-1] if urlsplit(self.address).hostname == OPENAI else _LIMITS

    def ask(self, prompt: str, *, most_tokens: int) -> Reply:
        """Ask one question."""
        with Asker(
            "the language model",
            rate=_RATE,
            timeout=self._timeout,
            rate_setting="--shards or LODE_PROPOSER_REQUESTS",
            refusals=dict.fromkeys((401, 403), "see LODE_PROPOSER_KEY and what it may use"),
            largest=_LARGEST,
            redirects=False,
            address_setting="LODE_PROPOSER_URL",
        ) as asker:
            return with_retries(
                lambda: self._once(asker, prompt, most_tokens), attempts=self._attempts, wait_initial=self._wait
            )

    def _once(self, asker: Asker, prompt: str, most_tokens: int) -> Reply:
        """Ask; where the endpoint refuses the name of the limit, by the other name."""
        try:
            return self._sent(asker, prompt, most_tokens)
        except RefusedError as error:
            if error.status != _BAD_REQUEST:
                raise self._explained(error) from None
        self._limits = self._limits[::-1]
        try:
            return self._sent(asker, prompt, most_tokens)
        except RefusedError as error:
            raise self._explained(error) from None

    def _sent(self, asker: Asker, prompt: str, most_tokens: int) -> Reply:
        body = {
            "model": self._model,
            "messages": [{"role": "user", "content": prompt}],
            self._limits[0]: most_tokens,
        }
        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        return self._read(asker.ask(Question(self.address, "POST", headers=headers, json=body)))

    def _read(self, record: RawRecord) -> Reply:
        try:
            answer = json.loads(record.body)
        except (ValueError, RecursionError) as error:
            raise SourceUnavailableError(
                f"the language model at {self.address} answered what is no JSON ({type(error).__name__}); {_SHAPE}"
            ) from None
        try:
            choice = answer["choices"][0]
            usage = answer.get("usage") or {}
            return Reply(
                self._clean(_text(choice["message"].get("content"))),
                self._clean(_text(choice.get("finish_reason"))),
                _count(usage.get("prompt_tokens")),
                _count(usage.get("completion_tokens")),
                self._clean(_text(answer.get("model"))),
            )
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            raise CollectError(
                f"the language model at {self.address} answered in another shape than chat completions "
                f"({type(error).__name__}); {_SHAPE}"
            ) from None

    def _explained(self, error: RefusedError) -> CollectError:
        """The endpoint's own words, as far as they are plain text, without the key."""
        said = self._clean(_said(error.body))[:_LONGEST_SAID]
        told = f" ({said!r})" if said else ""
        return CollectError(
            f"the language model at {self.address} refused {self._model!r} with status {error.status}{told}; "
            f"see LODE_PROPOSER and LODE_PROPOSER_URL"
        )

    def _clean(self, text: str) -> str:
        return text.replace(self._key, "********") if self._key else text


def _said(body: bytes) -> str:
    try:
        error = json.loads(body)["error"]
        said = error["message"] if isinstance(error, dict) else error
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return " ".join(_text(said).split())


def _text(value: Any) -> str:  # noqa: ANN401  whatever JSON holds
    """A text, or the texts of a list of parts, as it can be stored; "" for anything else."""
    if isinstance(value, list):
        texts = [part.get("text") for part in value if isinstance(part, dict)]
        value = "".join(text for text in texts if isinstance(text, str))
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""


def _count(value: Any) -> int:  # noqa: ANN401  whatever JSON holds
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
