"""What is wrong with the links of a built site: nowhere to go, or fetched from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_FETCHED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src"}
_RELS = {"stylesheet", "icon", "preload", "modulepreload", "preconnect", "dns-prefetch"}


class _Page(HTMLParser):
    """A page's ids, where it leads, and what a browser fetches with it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        self.ids |= {said[name] for name in ("id", "name") if name in said}
        if tag == "a" and "href" in said:
            self.links.append(said["href"])
        if tag == "link" and _RELS & set(said.get("rel", "").split()):
            self.fetched.append(said.get("href", ""))
        if tag in _FETCHED and _FETCHED[tag] in said:
            self.fetched.append(said[_FETCHED[tag]])


def broken(site: Path) -> list[str]:
    """Return a line for each link of the site that leads nowhere and for each thing fetched from another host."""
    pages = {path: _Page(path) for path in sorted(site.rglob("*.html")) if path.name != "404.html"}
    return [line for path in pages for line in _of_page(path, pages, site)]


def _of_page(path: Path, pages: dict[Path, _Page], site: Path) -> Iterator[str]:
    name = path.relative_to(site)
    for address in pages[path].fetched:
        if urlsplit(address).netloc:
            yield f"{name} fetches {address}: serve it from the site"
    for address in pages[path].links + pages[path].fetched:
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        target = target / "index.html" if target.is_dir() else target
        if not target.exists():
            yield f"{name} leads to {address}, which is not there"
        elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].ids:
            yield f"{name} leads to {address}, whose page has no such place"
