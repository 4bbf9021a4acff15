"""A user's function as it was when it was declared: without what it has remembered of earlier calls since."""

from __future__ import annotations

import copy
import types
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

_ATOMS = (types.ModuleType, types.BuiltinFunctionType, type)


def twin(function: types.FunctionType) -> types.FunctionType:
    """Return the function with copies of all that it can remember in: globals that it names, cells, defaults.

    The functions of its module that it calls are copied with it. What another module remembers, a file, or an object
    that refuses to be copied stays shared.
    """
    return _Copies(function.__globals__).of_function(function)


class _Copies:
    """Copies of the data and functions of one module, each made once."""

    def __init__(self, module: dict[str, Any]) -> None:
        self._module, self._world = module, dict(module)
        self._done: dict[int, Any] = {}

    def of_function(self, function: types.FunctionType) -> types.FunctionType:
        cells = tuple(types.CellType() for _ in function.__closure__ or ())
        again = types.FunctionType(function.__code__, self._world, function.__name__, None, cells)
        self._done[id(function)] = again
        again.__defaults__, again.__kwdefaults__ = self.of(function.__defaults__), self.of(function.__kwdefaults__)
        again.__dict__.update(self.of(function.__dict__))
        for new, old in zip(cells, function.__closure__ or (), strict=True):
            with suppress(ValueError):  # a cell that is empty yet
                new.cell_contents = self.of(old.cell_contents)
        for name in set(_names(function.__code__)) & self._module.keys():
            self._world[name] = self.of(self._module[name])
        return again

    def of(self, value: Any) -> Any:  # noqa: ANN401  whatever the user's code keeps
        if id(value) not in self._done:
            self._done[id(value)] = self._copied(value)
        return self._done[id(value)]

    def _copied(self, value: Any) -> Any:  # noqa: ANN401
        if isinstance(value, types.FunctionType):
            return self.of_function(value) if value.__globals__ is self._module else value
        if isinstance(value, _ATOMS):
            return value
        with suppress(AttributeError, TypeError):
            value.cache_clear()
        with suppress(Exception):  # whatever an object raises that cannot be copied
            return copy.deepcopy(value)
        return value


def _names(code: types.CodeType) -> Iterator[str]:
    """Names that a function's code and the functions within it use."""
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from _names(inner)
