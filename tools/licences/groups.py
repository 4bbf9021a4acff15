"""What Lode requires, by who gets it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions

from tools import locked
from tools.environment import ROOT
from tools.failure import SetupError
from tools.licences import found
from tools.licences.found import Licence
from tools.licences.rules import judge
from tools.locked import Pin

USERS, EXTRAS, IMAGES, BUILDING, DEVELOPERS = "users", "extras", "images", "building", "developers"
INSIDE = (
    ("nanobind", "BSD-3-Clause", "compiled into the core"),
    ("robin-map", "MIT", "compiled into the core, with nanobind"),
    ("skfolio", "BSD-3-Clause", "its prices are the bundled sample"),
)
"""What the wheel itself contains of others: NOTICE has their terms."""


@dataclass(frozen=True)
class Entry:
    """A package that is required, who gets it, its licence and why that is allowed."""

    pin: Pin
    group: str
    licence: Licence
    reason: str


def grouped() -> dict[str, list[Pin]]:
    """Every pin once, in the first group that gets it."""
    everything = locked.read()
    zig, images = locked.read(ROOT / "requirements-zig.lock"), locked.read(ROOT / "docker" / "aws.lock")
    wanted = {
        USERS: locked.needed(locked.asked_for("run"), everything),
        EXTRAS: locked.needed(locked.asked_for("aws", "ray", "lightgbm"), everything),
        IMAGES: images,
        BUILDING: [*locked.needed(locked.asked_for("build"), everything), *zig],
        DEVELOPERS: everything,
    }
    groups, seen = {}, set[tuple[str, str]]()
    for group, pins in wanted.items():
        groups[group] = [pin for pin in pins if (pin.name, pin.version) not in seen]
        seen |= {(pin.name, pin.version) for pin in pins}
    return groups


def entries(groups: Mapping[str, Iterable[Pin]], installed: Mapping[str, Distribution] | None = None) -> list[Entry]:
    """Judge every package. Raises SetupError that names all that are refused."""
    told, here = found.told(), installed if installed is not None else by_name()
    judged, refused = [], []
    for group, pins in groups.items():
        for pin in pins:
            licence = told.get(pin.name) or (found.licence_of(here[pin.name]) if pin.name in here else None)
            reason = judge(licence.expression) if licence else None
            if licence and reason:
                judged.append(Entry(pin, group, licence, reason))
            else:
                refused.append(f"{pin.name} {pin.version}: {_fault(licence, pin.name in here)}")
    if refused:
        raise SetupError("\n".join(["Not allowed in what Lode requires (tools/licences/rules.py):", *refused]))
    return judged


def by_name() -> dict[str, Distribution]:
    """What is installed beside this Python."""
    return {locked.normalized(package.metadata["Name"]): package for package in distributions()}


def _fault(licence: Licence | None, here: bool) -> str:  # noqa: FBT001  a private word, not an interface
    if licence:
        return f"{licence.expression} ({licence.source}); require another package in its place"
    if here:
        return "its licence is not known; read it, and write what it says into tools/licences/told.toml"
    return "not installed here; run `make setup`, or read its licence and write it into tools/licences/told.toml"
