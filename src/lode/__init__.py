"""Lode: mine formulas that predict stock returns, and prove or refuse each of them.

The public names are loaded on first use, so that importing the package stays cheap. The version is the installed
package's, as pyproject.toml says it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = ["LodeError", "Panel", "compute", "evaluate", "mine", "operator"]

if TYPE_CHECKING:
    from lode.api import compute, evaluate, mine, operator
    from lode.errors import LodeError
    from lode.panel import Panel

    __version__: str

_HOMES = {
    "LodeError": "lode.errors",
    "Panel": "lode.panel",
    "compute": "lode.api",
    "evaluate": "lode.api",
    "mine": "lode.api",
    "operator": "lode.api",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401  any public name
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415  likewise

        return version("lode-factors")
    if name not in _HOMES:
        msg = f"module 'lode' has no attribute {name!r}; public names: {', '.join(__all__)}"
        raise AttributeError(msg)
    from importlib import import_module  # noqa: PLC0415  loaded on first use

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
