"""The reference page of the public names; the site's builder takes what each is from its docstring."""

from __future__ import annotations

import importlib
import inspect

from tools.reference.public import PACKAGES, public_names

_PREFACE = """\
# Python

*Written by `python -m tools.reference python` from the packages' `__all__`; do not edit. What stands below each name is
its docstring.*

`import lode` gives what a notebook needs; the packages hold the parts. Arrays are NumPy's, of shape (sessions, names),
`float32` where not told otherwise, and NaN stands for a missing value. A value of session t is known at the close of t.
Every error that Lode raises on purpose is a `LodeError`; the tree stands at the end.
"""


def python_page() -> str:
    """The page in Markdown: one section per package, one entry per public name."""
    return "\n".join([_PREFACE, *map(_section, PACKAGES), f"## Errors\n\n{_entry('lode.errors')}"])


def _section(package: str) -> str:
    entries = "\n".join(map(_entry, public_names(package)))
    return f"## `{package}` {{ #{package} }}\n\n{PACKAGES[package]}{_theory(package)}\n\n{entries}"


def _entry(place: str) -> str:
    return f"::: {place}\n    options:\n      heading_level: 3\n"


def _theory(package: str) -> str:
    """Return what a module says of its method and sources, without its title; a package tells of its files instead."""
    module = importlib.import_module(package)
    text = inspect.cleandoc(module.__doc__ or "").partition("\n")[2].strip()
    return "" if hasattr(module, "__all__") or not text else f"\n\n{text}"
