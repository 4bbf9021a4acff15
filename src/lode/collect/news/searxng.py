"""A SearXNG instance that answers JSON; which engines it asks is its own configuration."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import date
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit, urlunsplit

from lode.collect.asking import Asker, Question
from lode.collect.http import RawRecord
from lode.collect.news.provider import Clock, Found, changed, text
from lode.collect.source import Request
from lode.errors import CollectError, SettingsError
from lode.settings import Settings

_JSON = (
    "it must answer JSON: add json to search.formats in its settings.yml, and let this machine pass its limiter "
    "(LODE_SEARXNG_URL)"
)


class Searxng:
    """Asks a SearXNG for news. Raises SettingsError without an address."""

    name = "searxng"

    def __init__(self, settings: Settings, clock: Clock) -> None:
        if not settings.searxng_url:
            raise SettingsError("news_provider is searxng, but LODE_SEARXNG_URL is not set: set it to the instance")
        self._base, self._headers = _without_password(settings.searxng_url.rstrip("/"))
        self._clock = clock
        self._asker = Asker(
            "SearXNG",
            rate=settings.news_rate,
            timeout=settings.http_timeout,
            rate_setting="LODE_NEWS_RATE",
            refusals={401: _JSON, 403: _JSON},
            address_setting="LODE_SEARXNG_URL",
            clock=clock,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._asker.__exit__(kind, error, trace)

    def address(self) -> str:
        """The instance's endpoint."""
        return f"{self._base}/search"

    def search(self, request: Request) -> RawRecord:
        """Ask once; see Provider."""
        params = {"q": request.about["query"], "format": "json", "categories": "news"}
        window = time_range(request.about.get("since", ""), self._clock().date())
        params |= {"time_range": window} if window else {}
        return self._asker.ask(Question(request.url, params=params, headers=self._headers, about=request.about))


def _without_password(url: str) -> tuple[str, dict[str, str]]:
    """The address without a name and password in it, and the header that carries them: addresses are kept."""
    parts = urlsplit(url)
    if parts.username is None:
        return url, {}
    said = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return bare, {"Authorization": f"Basic {b64encode(said.encode()).decode()}"}


def time_range(since: str, today: date) -> str:
    """The narrowest of day, week, month and year that reaches back to `since`; "" for longer or unsaid."""
    if not since:
        return ""
    days = (today - date.fromisoformat(since)).days
    return next((name for name, n in (("day", 1), ("week", 7), ("month", 30), ("year", 365)) if days <= n), "")


def read_searxng(record: RawRecord) -> tuple[Found, ...]:
    """Results of an answer, best first. No result is an empty tuple, unless engines failed: a CollectError then."""
    try:
        body = json.loads(record.body)
        found = tuple(
            Found(text(r["url"]), text(r["title"]), text(r.get("content")), text(r.get("publishedDate")))
            for r in body["results"]
        )
        failed = body.get("unresponsive_engines") or []
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise changed("SearXNG", f"{type(error).__name__}: {error}") from error
    if not found and failed:
        raise CollectError(f"SearXNG has no result because its engines failed: {str(failed)[:200]}; try again later")
    return found
