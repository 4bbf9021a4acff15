"""A bill of materials: CycloneDX 1.6 in JSON, of what a release contains and what its users may install.

Packages are named by their package URLs; which files of them may be installed, the locks say by hash.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import Any

from tools import locked
from tools.licences.groups import INSIDE, USERS, Entry
from tools.locked import PROJECT

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, PROJECT)


def bill(entries: Sequence[Entry], version: str) -> dict[str, Any]:
    """The bill: the project, what its wheel contains, and what it requires, with who requires whom.

    It has no time in it, so that the same locks give the same bill.
    """
    root = f"{PROJECT}@{version}"
    components = [*(_inside(*row) for row in INSIDE), *map(_component, entries)]
    content = {
        "metadata": {"component": _described("application", PROJECT, version, "Apache-2.0", root)},
        "components": components,
        "dependencies": [_direct(root, entries), *(_edges(entry, entries) for entry in entries)],
    }
    serial = uuid.uuid5(_NAMESPACE, json.dumps(content, sort_keys=True))
    head = {"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": serial.urn, "version": 1}
    return head | content


def _described(kind: str, name: str, version: str, licence: str, reference: str) -> dict[str, Any]:
    described = {"type": kind, "bom-ref": reference, "name": name, "licenses": [{"expression": licence}]}
    return described | ({"version": version, "purl": f"pkg:pypi/{name}@{version}"} if version else {})


def _inside(name: str, licence: str, where: str) -> dict[str, Any]:
    return _described("library", name, "", licence, f"inside:{name}") | {"scope": "required", "description": where}


def _component(entry: Entry) -> dict[str, Any]:
    properties = [{"name": "lode:required-by", "value": entry.group}]
    if entry.pin.marker:
        properties.append({"name": "lode:marker", "value": entry.pin.marker})
    described = _described("library", entry.pin.name, entry.pin.version, entry.licence.expression, reference(entry))
    return described | {"scope": "required" if entry.group == USERS else "optional", "properties": properties}


def reference(entry: Entry) -> str:
    """The name by which other parts of the bill speak of a package."""
    return f"pkg:pypi/{entry.pin.name}@{entry.pin.version}"


def _direct(root: str, entries: Sequence[Entry]) -> dict[str, Any]:
    asked = locked.asked_for("run", "aws", "ray", "lightgbm")
    inside = [f"inside:{name}" for name, _, _ in INSIDE]
    return {"ref": root, "dependsOn": [*inside, *(reference(entry) for entry in entries if entry.pin.name in asked)]}


def _edges(entry: Entry, entries: Sequence[Entry]) -> dict[str, Any]:
    needs = [reference(other) for other in entries if entry.pin.name in other.pin.parents]
    return {"ref": reference(entry), "dependsOn": needs}
