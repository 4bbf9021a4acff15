"""Parts of a page that a script writes, between marks that a reader does not see."""

from __future__ import annotations


def put(page: str, name: str, text: str) -> str:
    """Return a page with what stands between its marks `<!-- name -->` and `<!-- /name -->` replaced."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, found, rest = page.partition(begin)
    if not found or end not in rest:
        raise SystemExit(f"docs/explanation/scale.md has no part {begin} … {end}; put these two lines where it belongs")
    return f"{before}{begin}\n{text}\n{end}{rest.partition(end)[2]}"
