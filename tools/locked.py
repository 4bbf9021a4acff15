"""What a lock pins, who asked for it, and the part of a lock that some packages need.

uv writes under each pin who asked for it (`# via`), for every platform and every Python; so what a package brings is
known here without installing it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tools.environment import ROOT
from tools.failure import SetupError

PROJECT = "lode-factors"
EVERYTHING = ROOT / "requirements.lock"
_PIN = re.compile(r"^([\w.-]+)==(\S+?)(?: ; (.*?))? \\$((?:\n +(?:--hash|#).*)+)", re.MULTILINE)
_PARENT = re.compile(r"^ +#(?: via)? +(?!via$)([\w.-]+)(?: \(pyproject\.toml\))?$", re.MULTILINE)


@dataclass(frozen=True)
class Pin:
    """One package of a lock; `marker` says for which platforms or Pythons, empty for all."""

    name: str
    version: str
    marker: str
    parents: frozenset[str]
    text: str
    """Its lines as they stand in the lock."""


def normalized(name: str) -> str:
    """A package's name as the locks spell it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read(lock: Path = EVERYTHING) -> list[Pin]:
    """The pins of a lock, in its order. Raises SetupError where it has none."""
    pins = [
        Pin(normalized(found[1]), found[2], found[3] or "", frozenset(_PARENT.findall(found[4])), found[0])
        for found in _PIN.finditer(lock.read_text(encoding="utf-8"))
    ]
    if not pins:
        raise SetupError(f"{lock.name} pins nothing; write it again with `make lock`.")
    return pins


def asked_for(*extras: str) -> set[str]:
    """What pyproject.toml itself asks for: always, and with these extras (which may name others of our own)."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional: dict[str, list[str]] = project["optional-dependencies"]
    names: set[str] = set()
    requirements = [*project["dependencies"], *(line for extra in extras for line in _of_extra(extra, optional))]
    for requirement in requirements:
        name, own = re.match(r"([\w.-]+)(?:\[([\w,-]+)\])?", requirement).groups()  # type: ignore[union-attr]
        names |= asked_for(*own.split(",")) if normalized(name) == PROJECT else {normalized(name)}
    return names


def _of_extra(extra: str, optional: dict[str, list[str]]) -> list[str]:
    if extra not in optional:
        raise SetupError(f"No extra {extra!r}; pyproject.toml has {', '.join(optional)}.")
    return optional[extra]


def needed(names: Iterable[str], pins: Iterable[Pin]) -> list[Pin]:
    """The pins of these packages and of all that they bring, in the lock's order.

    Raises SetupError for a package that the lock does not pin.
    """
    known = list(pins)
    found, fresh = set[str](), {normalized(name) for name in names}
    if missing := fresh - {pin.name for pin in known}:
        raise SetupError(f"No pin of {', '.join(sorted(missing))}; write the locks again with `make lock`.")
    while fresh:
        found |= fresh
        fresh = {pin.name for pin in known if pin.parents & fresh} - found
    return [pin for pin in known if pin.name in found]


def write(pins: Iterable[Pin], lock: Path) -> None:
    """Write a lock of these pins alone, hashes included."""
    lock.write_text("".join(f"{pin.text}\n" for pin in pins), encoding="utf-8")
