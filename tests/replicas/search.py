"""Search providers on loopback: recorded bodies, bodies that a test makes, and requests remembered whole."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

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
    """A replica that takes POST too and remembers `requests` with their headers and bodies.

    under_way.request: the one that the thread of an answer answers.
    """

    def __init__(self, answer: Callable[[str], Answer]) -> None:
        super().__init__(answer)
        self.requests: list[Asked] = []
        self.under_way = threading.local()
        replica, handler = self, self._server.RequestHandlerClass
        plain = handler.do_GET

        def remembering(method: str) -> Callable[[Any], None]:
            def serve(request: Any) -> None:
                body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in request.headers.items()}
                replica.under_way.request = Asked(method, request.path, headers, body)
                replica.requests.append(replica.under_way.request)
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


DUCKDUCKGO, BING, YAHOO = "https://duckduckgo.com", "https://www.bing.com", "https://news.search.yahoo.com"


def duckduckgo(results: list[dict[str, Any]]) -> Callable[[str], Answer]:
    """DuckDuckGo's token page and news.js; each result: url, title, excerpt, date (seconds)."""

    def answer(path: str) -> Answer:
        if path.startswith("/news.js"):
            return Answer(body=json.dumps({"results": results}).encode())
        return Answer(body=b'<script>vqd="4-123";</script>', headers={"Content-Type": "text/html"})

    return answer


def bing_page(results: list[dict[str, str]]) -> bytes:
    """Bing's list of news; each result: url, title, body, date."""
    items = "".join(
        f'<div class="news-card newsitem" data-title="{r["title"]}" url="{r["url"]}" data-author="x">'
        f'<span aria-label="{r["date"]}">{r["date"]}</span><div class="snippet">{r["body"]}</div></div>'
        for r in results
    )
    return f"<html><body>{items}</body></html>".encode()


def yahoo_page(results: list[dict[str, str]]) -> bytes:
    """Yahoo's list of news, addresses within its redirect; each result: url, title, body, date."""
    items = "".join(
        f'<li><a href="#"></a><h4><a href="https://r.search.yahoo.com/x/RU={quote(r["url"], safe="")}/RK=2/RS=y">'
        f'{r["title"]}</a></h4><span class="s-source">x</span><span class="fc-2nd s-time">{r["date"]}</span>'
        f"<p>{r['body']}</p></li>"
        for r in results
    )
    return f'<html><body><div id="web"><ol>{items}</ol></div></body></html>'.encode()
