"""Search engines by the library ddgs, without a key, one engine after another from a pinned list.

The library's own front (`DDGS().news`) is not used: it swaps engines that it does not know for others, reports an
engine's refusal as "No results found", and turns "2 hours ago" of Bing into two days. Its engines are used one by one,
with their answers' statuses and bytes in sight; dates stay as the engine showed them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from lode.collect.http import RateLimit, RawRecord, ThrottledForError, retry_after
from lode.collect.news.provider import Clock, Found, changed, text
from lode.collect.news.searxng import time_range
from lode.collect.source import Request
from lode.errors import CollectError, SettingsError, SourceUnavailableError, ThrottledError, UsageError
from lode.settings import Settings

_THROTTLES = frozenset({202, 403, 418, 429})  # how these engines turn a program away
_WINDOWS = {"day": "d", "week": "w", "month": "m", "year": "y", "": None}
_NOTHING = ("no results", "there are no results", "did not match any")


class Ddgs:
    """Asks the engines of `ddgs_backends` in order; the first that answers counts, the record names it.

    origins: scheme and host by scheme and host, for an engine that is reached elsewhere (a proxy, a replica).
    """

    name = "ddgs"

    def __init__(self, settings: Settings, clock: Clock, *, origins: Mapping[str, str] | None = None) -> None:
        self._clock, self._timeout, self._origins = clock, settings.http_timeout, origins or {}
        self._limit = RateLimit(settings.news_rate)
        self._backends = tuple(name.strip() for name in settings.ddgs_backends.split(",") if name.strip())
        known = _engines()
        if not self._backends or set(self._backends) - set(known):
            raise SettingsError(
                f"LODE_DDGS_BACKENDS is {settings.ddgs_backends!r}; allowed are {', '.join(sorted(known))}, "
                "separated by commas"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def address(self) -> str:
        """The engines, in the order of asking; the record has the address that answered."""
        return f"ddgs:{','.join(self._backends)}"

    def search(self, request: Request) -> RawRecord:
        """Ask the engines in order until one answers; what the others said is kept in `about["skipped"]`.

        Where none answers, the error that is worth another try is raised, with what each of them said.
        """
        failed: list[CollectError] = []
        for backend in self._backends:
            try:
                record = self._ask(backend, request.about)
            except CollectError as error:
                failed.append(error)
                continue
            skipped = {"skipped": "; ".join(map(str, failed))} if failed else {}
            return replace(record, about={**record.about, **skipped})
        raise _summary(failed)

    def _ask(self, backend: str, about: Mapping[str, str]) -> RawRecord:
        """One engine's answer.

        429 and the like → ThrottledForError; 5xx, no connection, an answer without its token → SourceUnavailableError.
        """
        from ddgs.exceptions import DDGSException  # noqa: PLC0415  see _engines

        engine = _engines()[backend](timeout=max(1, round(self._timeout)))
        client = _Watched(engine.http_client, backend, self._limit, self._clock, self._origins)
        engine.http_client = client
        window = _WINDOWS[time_range(about.get("since", ""), self._clock().date())]
        try:
            payload = engine.build_payload(about["query"], "us-en", "moderate", window, 1)
            client.request(engine.search_method, engine.search_url, params=payload)
        except DDGSException as error:
            raise SourceUnavailableError(f"no answer from {backend}: {error}") from error
        status, headers, body = client.last
        return RawRecord(engine.search_url, status, headers, body, self._clock(), {**about, "backend": backend})


def _summary(failed: list[CollectError]) -> CollectError:
    again = [error for error in failed if isinstance(error, (ThrottledError, SourceUnavailableError))]
    chosen, said = (again or failed)[0], "; ".join(map(str, failed))
    return ThrottledForError(said, chosen.wait) if isinstance(chosen, ThrottledForError) else type(chosen)(said)


class _Watched:
    """An engine's HTTP client whose answers are checked, and whose last answer (status, headers, body) is kept."""

    def __init__(
        self,
        client: Any,  # noqa: ANN401  the library's own
        backend: str,
        limit: RateLimit,
        clock: Clock,
        origins: Mapping[str, str],
    ) -> None:
        self._client, self._backend, self._limit, self._clock, self._origins = client, backend, limit, clock, origins
        self.last: tuple[int, dict[str, str], bytes] = (0, {}, b"")

    def request(self, method: str, url: str, **arguments: Any) -> Any:  # noqa: ANN401  passed through
        self._limit.wait()
        for origin, instead in self._origins.items():
            url = instead + url.removeprefix(origin) if url.startswith(origin) else url
        response = self._client.request(method, url, **arguments)
        came = dict(getattr(getattr(response, "_resp", None), "headers", ()))  # some versions drop them
        headers = {str(name).lower(): str(value) for name, value in came.items() if str(name).lower() != "set-cookie"}
        self._check(response.status_code, headers)
        self.last = response.status_code, headers, bytes(response.content)
        return response

    def _check(self, status: int, headers: Mapping[str, str]) -> None:
        if status in _THROTTLES:
            wait = retry_after(headers, self._clock())
            self._limit.pause(wait or 0.0)
            raise ThrottledForError(f"{self._backend} throttles (status {status}); lower LODE_NEWS_RATE", wait)
        if status >= 500:
            raise SourceUnavailableError(f"{self._backend} failed with status {status}; try again later")
        if status != 200:
            raise CollectError(f"{self._backend} answered status {status}; 200 is what can be used")


def read_ddgs(record: RawRecord) -> tuple[Found, ...]:
    """Results of an engine's answer, read by the library, dates as shown; best first.

    A page without any result that does not say so is taken for a changed layout: a CollectError, never a zero.
    """
    from lxml.etree import LxmlError  # noqa: PLC0415  see _engines

    backend = record.about.get("backend", "")
    engine = _engines().get(backend)
    if engine is None:
        raise CollectError(f"the installed ddgs has no engine {backend!r}, which answered this record")
    page = record.body.decode(errors="replace")
    try:
        results = engine().extract_results(page)
        found = tuple(Found(_plain_url(text(r.url)), text(r.title), text(r.body), text(r.date)) for r in results)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, LxmlError) as error:
        raise changed(backend, f"{type(error).__name__}: {error}") from error
    if not found and not _says_nothing(page):
        raise changed(backend, "no result that the library could read, and no word that there is none")
    return found


def _says_nothing(page: str) -> bool:
    try:
        return bool(json.loads(page)["results"] == [])
    except (ValueError, KeyError, TypeError):
        return any(words in page.lower() for words in _NOTHING)


def _plain_url(url: str) -> str:
    """The address within Yahoo's redirect, or the address itself."""
    if "/RU=" not in url:
        return url
    from urllib.parse import unquote  # noqa: PLC0415  one engine needs it

    return unquote(url.split("/RU=", 1)[1].split("/RK=", 1)[0])


def _engines() -> Mapping[str, Any]:
    try:
        from ddgs.engines import ENGINES  # noqa: PLC0415  only searching needs the extra that brings it
    except ImportError as error:
        raise UsageError(f"searching needs {error.name}: pip install 'lode-factors[collect]'") from error
    return ENGINES["news"]
