"""What a search provider is: it asks once and returns what came; another function reads the answer, without asking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Protocol, Self

from lode.collect.http import RawRecord
from lode.collect.source import Request
from lode.errors import CollectError
from lode.settings import Settings

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Found:
    """One result, as the provider gave it. date: as shown, "" where there is none; language: "" where not said."""

    url: str
    title: str
    snippet: str = ""
    date: str = ""
    language: str = ""


class Provider(Protocol):
    """Searches the web for news. Shared by threads; used as a context manager."""

    name: str

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def address(self) -> str:
        """Where requests go, without secrets."""
        ...

    def search(self, request: Request) -> RawRecord:
        """Ask for `request.about`: query, since and until (ISO days, may be "").

        Raises ThrottledForError, SourceUnavailableError, and CollectError for a refused key. No result is an answer.
        """
        ...


def open_provider(settings: Settings, clock: Clock) -> Provider:
    """Return the provider that `news_provider` names; SettingsError where a key or an address is missing."""
    if settings.news_provider == "tavily":
        from lode.collect.news.tavily import Tavily  # noqa: PLC0415  each provider brings its own client

        return Tavily(settings, clock)
    if settings.news_provider == "searxng":
        from lode.collect.news.searxng import Searxng  # noqa: PLC0415  likewise

        return Searxng(settings, clock)
    from lode.collect.news.ddgs import Ddgs  # noqa: PLC0415  likewise

    return Ddgs(settings, clock)


def read_answer(record: RawRecord) -> tuple[Found, ...]:
    """Read an answer of the provider that the record names, in rank order; pure.

    Raises CollectError for an answer whose shape is not the provider's.
    """
    from lode.collect.news.ddgs import read_ddgs  # noqa: PLC0415  they import this module
    from lode.collect.news.searxng import read_searxng  # noqa: PLC0415
    from lode.collect.news.tavily import read_tavily  # noqa: PLC0415

    readers = {"ddgs": read_ddgs, "tavily": read_tavily, "searxng": read_searxng}
    name = record.about.get("provider", "")
    if name not in readers:
        raise CollectError(f"a raw record of the provider {name!r}; known are {', '.join(readers)}")
    return readers[name](record)


def text(value: Any) -> str:  # noqa: ANN401  whatever JSON holds
    """A text or number of an answer as text that can be stored, without surrounding white space; "" for the rest."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    return str(value).encode(errors="replace").decode().strip()  # JSON may hold half of a surrogate pair


def changed(source: str, what: str) -> CollectError:
    """The error for an answer that is not of the known shape."""
    return CollectError(
        f"{source} answered in a shape that is not known ({what}); its raw answer is in the lake: "
        "`lode collect news --reparse` reads it again after an update"
    )
