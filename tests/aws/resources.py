"""A template's resources by type."""

from __future__ import annotations

from typing import Any

Resources = dict[str, list[dict[str, Any]]]


def resources(template: dict[str, Any]) -> Resources:
    """Return the resources of each type, in the template's order."""
    found: Resources = {}
    for resource in template["Resources"].values():
        found.setdefault(resource["Type"], []).append(resource)
    return found
