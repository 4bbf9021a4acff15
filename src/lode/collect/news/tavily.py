"""Tavily's search: POST /search with a key in a header; news of a range of days."""

from __future__ import annotations

import json
from types import TracebackType
from typing import Self

from pydantic import SecretStr

from lode.collect.asking import Asker, Question
from lode.collect.http import RawRecord
from lode.collect.news.provider import Clock, Found, changed, text
from lode.collect.source import Request
from lode.errors import SettingsError
from lode.settings import Settings

_MOST = 20  # results that one request may ask for
_KEY = "the key in LODE_TAVILY_KEY is not accepted; see https://app.tavily.com for a valid one"
_SPENT = "the plan of LODE_TAVILY_KEY has no requests left; see https://app.tavily.com"


class Tavily:
    """Asks Tavily for news. Raises SettingsError without a key."""

    name = "tavily"

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._key, self._base = _key_of(settings), settings.tavily_url.rstrip("/")
        self._asker = Asker(
            "Tavily",
            rate=settings.news_rate,
            timeout=settings.http_timeout,
            rate_setting="LODE_NEWS_RATE",
            refusals={401: _KEY, 403: _KEY, 432: _SPENT, 433: _SPENT},
            address_setting="LODE_TAVILY_URL",
            clock=clock,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._asker.__exit__(kind, error, trace)

    def address(self) -> str:
        """Tavily's endpoint."""
        return f"{self._base}/search"

    def search(self, request: Request) -> RawRecord:
        """Ask once; see Provider."""
        about = request.about
        body: dict[str, object] = {"query": about["query"], "topic": "news", "max_results": _MOST}
        body |= {name: about[key] for name, key in (("start_date", "since"), ("end_date", "until")) if about.get(key)}
        headers = {"Authorization": f"Bearer {self._key.get_secret_value()}"}
        return self._asker.ask(Question(request.url, "POST", headers=headers, json=body, about=about))


def read_tavily(record: RawRecord) -> tuple[Found, ...]:
    """Results of an answer, best first; no result is an empty tuple. Raises CollectError for another shape."""
    try:
        results = json.loads(record.body)["results"]
        return tuple(
            Found(text(r["url"]), text(r["title"]), text(r.get("content")), text(r.get("published_date")))
            for r in results
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise changed("Tavily", f"{type(error).__name__}: {error}") from error


def _key_of(settings: Settings) -> SecretStr:
    """Return the key itself, or what the AWS secret holds that stands for it."""
    if settings.tavily_key is not None:
        return settings.tavily_key
    if settings.tavily_secret is not None:
        return _secret(settings.tavily_secret)
    raise SettingsError(
        "news_provider is tavily, but no key is set: set LODE_TAVILY_KEY, or in AWS LODE_TAVILY_SECRET, or "
        "LODE_NEWS_PROVIDER=ddgs, which needs none"
    )


def _secret(arn: str) -> SecretStr:
    try:
        import boto3  # noqa: PLC0415  needs the extra `aws`
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  comes with boto3
    except ImportError:
        raise SettingsError("LODE_TAVILY_SECRET needs `pip install 'lode-factors[aws]'`") from None
    try:
        return SecretStr(boto3.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"].strip())
    except (ClientError, BotoCoreError, KeyError, ValueError) as error:
        raise SettingsError(
            f"Tavily's key cannot be read from the secret {arn}: {error}; put it in with "
            "`aws secretsmanager put-secret-value`, and let this function's role read it"
        ) from None
