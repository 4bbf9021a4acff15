"""Loading of a user's own operators: Python files and entry points that the user names, and nothing else.

Importing such a file runs it: it is the user's own code, as a script that the user starts would be.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

from lode.engine import forget
from lode.errors import LodeError, SettingsError, UsageError
from lode.language import own_operators

GROUP = "lode.operators"
_LOADED: dict[str, tuple[str, tuple[str, ...]]] = {}  # by what was named: the hash of its code, and its operators


def load_operators(named: str | None) -> None:
    """Load what LODE_OPERATORS names, `mine.py,other`: files, and entry points of the group `lode.operators`.

    What is loaded already stays, unless its code has changed. SettingsError for what cannot be loaded.
    """
    for name in filter(None, (part.strip() for part in (named or "").split(","))):
        path = _source(name)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        if name in _LOADED and _LOADED[name][0] == digest:
            continue
        for operator in _LOADED.pop(name, ("", ()))[1]:
            forget(operator)
        before = set(own_operators())
        _run(name, path, digest)
        _LOADED[name] = digest, tuple(sorted(set(own_operators()) - before))


def loaded_operators() -> tuple[str, ...]:
    """Return what was loaded: each operator with the hash of the code that declares it, `name@hash`, sorted."""
    return tuple(sorted(f"{name}@{digest}" for digest, names in _LOADED.values() for name in names))


def require_operators(what: str, operators: tuple[str, ...]) -> None:
    """Raise UsageError where these operators are not the ones that are loaded."""
    if lacking := sorted(set(operators) - set(loaded_operators())):
        raise UsageError(
            f"{what} uses operators of your own, {', '.join(lacking)} (name and hash of its code), which are not "
            f"loaded here (there are: {', '.join(loaded_operators()) or 'none'}); name their files in LODE_OPERATORS, "
            "as they were then"
        )


def _source(name: str) -> Path:
    """File of the code that is named."""
    if name.endswith(".py"):
        path = Path(name).expanduser().absolute()
        if not path.is_file():
            raise SettingsError(f"LODE_OPERATORS names {name}: there is no such file as {path}")
        return path
    found = [point for point in entry_points(group=GROUP) if point.name == name]
    spec = importlib.util.find_spec(found[0].module) if found else None
    if spec is None or spec.origin is None:
        known = ", ".join(sorted(point.name for point in entry_points(group=GROUP))) or "none"
        raise SettingsError(
            f"LODE_OPERATORS names {name!r}: allowed are .py files and entry points of the group {GROUP} "
            f"(installed: {known})"
        )
    return Path(spec.origin)


def _run(name: str, path: Path, digest: str) -> None:
    spec = importlib.util.spec_from_file_location(f"lode_own_operators_{digest}", path)
    if spec is None or spec.loader is None:
        raise SettingsError(f"LODE_OPERATORS names {name}: {path} is no Python module")
    module: ModuleType = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except LodeError:
        raise
    except Exception as error:  # the user's own code: whatever it raises is told with the file's name
        raise SettingsError(f"LODE_OPERATORS names {name}: {type(error).__name__} in it: {error}") from error
