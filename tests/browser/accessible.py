"""What axe-core finds in a page: the script of the installed package, put into the page without any request."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

_SCRIPT = files("axe_playwright_python").joinpath("axe.min.js").read_text()
_RUN = "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"
_GRAVE = ("serious", "critical")


def serious_findings(page: Page) -> list[str]:
    """Return axe's serious and critical findings in a page as it stands, a line each: rule, elements, what to do."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_SCRIPT)
    found: list[dict[str, Any]] = page.evaluate(_RUN)
    return [_line(finding, node) for finding in found if finding["impact"] in _GRAVE for node in finding["nodes"]]


def no_serious_findings(page: Page) -> None:
    """Fail with axe's serious and critical findings, where there are any."""
    found = serious_findings(page)
    assert not found, "\n".join(found)


def _line(finding: dict[str, Any], node: dict[str, Any]) -> str:
    return f"{finding['id']}: {node['target']} {node['html'][:200]} {node.get('failureSummary', '')[:300]}"
