"""Search providers on loopback: recorded bodies, bodies that a test makes, and requests remembered whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.replicas.server import Answer, Replica


@dataclass(frozen=True)
class Asked:
    """One request; header names are lower-case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class PostReplica(Replica):
    """A replica that takes POST too and remembers `requests` with their headers and bodies."""

    def __init__(self, answer: Callable[[str], Answer]) -> None:
        super().__init__(answer)
        self.requests: list[Asked] = []
        replica, handler = self, self._server.RequestHandlerClass
        plain = handler.do_GET

        def remembering(method: str) -> Callable[[Any], None]:
            def serve(request: Any) -> None:
                body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in request.headers.items()}
                replica.requests.append(Asked(method, request.path, headers, body))
                plain(request)

            return serve

        handler.do_GET, handler.do_POST = remembering("GET"), remembering("POST")


def tavily_recorded(folder: Path) -> bytes:
    """The recorded Tavily answer of the shared data."""
    return (folder / "web_search" / "search_1.json").read_bytes()


def yahoo_news(folder: Path, symbol: str) -> list[dict[str, Any]]:
    """Recorded news of a symbol: title, publisher, link, providerPublishTime (seconds)."""
    kept = json.loads((folder / "yahoo" / "search" / f"search-{symbol}.json").read_text())
    return kept["response"]["bodyJson"]["news"]


def tavily_body(results: list[dict[str, Any]], query: str = "q") -> bytes:
    """A Tavily news answer; each result: url, title, content, published_date."""
    return json.dumps({"query": query, "results": results, "response_time": 1.0}).encode()


def searxng_body(results: list[dict[str, Any]], **more: Any) -> bytes:
    """A SearXNG answer; each result: url, title, content, publishedDate."""
    return json.dumps({"query": "q", "number_of_results": 0, "results": results, **more}).encode()
