"""A language model on loopback, as OpenAI-compatible endpoints speak: answers with what a test makes of the prompt."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from random import Random
from typing import Any

from tests.replicas.search import PostReplica
from tests.replicas.server import Answer

IDEAS = (
    "rank(-ts_delta(close, {d}))",
    "ts_corr(close, volume, {d})",
    "ts_std_dev(returns, {d})",
    "ts_zscore(volume, {d})",
    "close / ts_mean(close, {d}) - 1",
    "(high - low) / close + ts_rank(volume, {d})",
    "ts_rank(close, {d}) * ts_mean(returns, 3)",
    "ts_mean(foo, {d})",  # from here on what does not fit
    "close + volume",
    "__import__('os').system('true')",
    "ts_mean(close, 2500)",
)


def completed(text: Any, **more: Any) -> Answer:
    """A completion whose message is `text`."""
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "stub-2024-06-01",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1500, "completion_tokens": 200, "total_tokens": 1700},
        **more,
    }
    return Answer(body=json.dumps(body).encode())


def refused(status: int, message: str = "no", **headers: str) -> Answer:
    """An error as these endpoints word it."""
    body = json.dumps({"error": {"message": message, "type": "error", "code": None}}).encode()
    return Answer(status, body, {"Content-Type": "application/json", **headers})


def ideas(prompt: str) -> str:
    """Formulas that follow from the prompt alone, the unfitting among them, in a fence with prose around."""
    rng = Random(hashlib.sha256(prompt.encode()).hexdigest())
    texts = [idea.format(d=rng.randrange(2, 40)) for idea in IDEAS]
    return f"Here [1] are <b>some</b>:\n```json\n{json.dumps(texts)}\n```\nGood luck!"


class ChatReplica(PostReplica):
    """Says `say(prompt)`."""

    def __init__(self, say: Callable[[str], str] = ideas) -> None:
        super().__init__(lambda _: completed(say(self.prompts_of(self.under_way.request.json)[0])))

    @staticmethod
    def prompts_of(sent: dict[str, Any]) -> list[str]:
        return [message["content"] for message in sent["messages"]]
