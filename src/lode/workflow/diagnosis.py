"""`lode doctor`: what is installed, reachable, fresh and broken, and what to do about it.

Nothing of an extra is imported before it is known to be there.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import SecretStr

import lode
from lode.engine import instruction_set
from lode.errors import LodeError, UsageError
from lode.lake import open_lake
from lode.settings import Settings

_PACKAGES = {"warehouse": "clickhouse-connect", "collect": "curl-cffi", "app": "streamlit"}
_OK, _BROKEN = "ok", "broken"


def diagnose(settings: Settings, *, now: datetime | None = None) -> dict[str, Any]:
    """Look at every part: {settings: [{setting, value, from}], checks: [{part, state, detail, next}]}.

    Bars are checked again (collect/checks), and what is found is recorded. now: the time to measure freshness by.
    """
    checks = [
        _check("code", lambda: f"lode {lode.__version__}, kernels {instruction_set()}", "make setup"),
        *(_installed(extra, package) for extra, package in _PACKAGES.items()),
        _check("home", lambda: _writable(settings.folder), f"make {settings.folder} writable or set LODE_HOME"),
        _check("lake", lambda: _lake(settings), "set LODE_LAKE_URL to a folder or bucket that can be written"),
        *_stored(settings, now or datetime.now(UTC)),
    ]
    return {"settings": [_origin(settings, name) for name in type(settings).model_fields], "checks": checks}


def _check(part: str, look: Callable[[], str], step: str) -> dict[str, str]:
    try:
        return {"part": part, "state": _OK, "detail": look(), "next": ""}
    except (LodeError, OSError) as error:
        return {"part": part, "state": _BROKEN, "detail": str(error), "next": step}


def _installed(extra: str, package: str) -> dict[str, str]:
    try:
        return {"part": f"extra {extra}", "state": _OK, "detail": f"{package} {version(package)}", "next": ""}
    except PackageNotFoundError:
        step = f"pip install 'lode-factors[{extra}]'"
        return {"part": f"extra {extra}", "state": "absent", "detail": f"{package} is not installed", "next": step}


def _writable(folder: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        msg = f"{folder} cannot be written"
        raise PermissionError(msg)
    return str(folder)


def _lake(settings: Settings) -> str:
    return f"{len(open_lake(settings).list('snapshots/')):,} objects of snapshots in {settings.lake}"


def _stored(settings: Settings, now: datetime) -> list[dict[str, str]]:
    """The warehouse and what is in it; nothing without the extra, whose absence its own line says."""
    try:
        from lode.warehouse import open_warehouse  # noqa: F401, PLC0415  needs the extra `warehouse`
    except UsageError:
        return []
    from lode.workflow.data_diagnosis import diagnose_data  # noqa: PLC0415  likewise

    step = "lode warehouse stop, then lode warehouse start"
    return [_check("warehouse", lambda: _warehouse(settings), step), *diagnose_data(settings, now)]


def _warehouse(settings: Settings) -> str:
    from lode.warehouse import open_warehouse  # noqa: PLC0415  likewise

    with open_warehouse(settings, access="read") as warehouse:
        told = warehouse.query("SELECT version() AS v")["v"][0]
    return f"{'server' if settings.has_server else 'embedded'}, ClickHouse {told}"


def _origin(settings: Settings, name: str) -> dict[str, Any]:
    """One setting, its value with secrets masked, and the source that gave it."""
    value = getattr(settings, name)
    variable = f"LODE_{name.upper()}"
    if os.environ.get(variable):
        source = f"environment {variable}"
    elif variable in {key.upper() for key in dotenv_values(".env")}:
        source = str(Path(".env").absolute())
    else:
        source = "lode.toml" if name in settings.model_fields_set else "default"
    shown = "********" if isinstance(value, SecretStr) else str(value)
    return {"setting": name, "value": shown, "from": source}
