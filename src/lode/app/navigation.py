"""How one page leads to another."""

from __future__ import annotations

from typing import NoReturn, Protocol


class Go(Protocol):
    """Leads to the page of this `url_path` with this query; what is empty in it is left out."""

    def __call__(self, page: str, **query: str) -> NoReturn: ...
