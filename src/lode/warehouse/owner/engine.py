"""The chDB library, without the parts that only notebooks need.

`import chdb` takes half a second and opens a database of its own in memory; the extension module inside it takes a
tenth of that and is all that the owner needs.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Mapping
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import module_from_spec
from typing import Protocol, cast

from lode.errors import WarehouseError

_EXTENSION = "_chdb"


class Answer(Protocol):
    """What a statement returned, in the format that was asked for."""

    def bytes(self) -> bytes: ...
    def size(self) -> int: ...
    def rows_read(self) -> int: ...
    def bytes_read(self) -> int: ...


class Stream(Protocol):
    """An answer whose blocks are still to be fetched."""


class Connection(Protocol):
    """A chDB connection: statements on one connection wait for each other, those on several do not.

    Every method raises RuntimeError with ClickHouse's message (`Code: 60. DB::Exception: …`).
    """

    def query(self, sql: str, format: str = ..., *, params: Mapping[str, str] = ...) -> Answer: ...  # noqa: A002
    def send_query(self, sql: str, format: str = ..., *, params: Mapping[str, str] = ...) -> Stream: ...  # noqa: A002
    def streaming_fetch_result(self, stream: Stream) -> Answer: ...
    def streaming_cancel_query(self, stream: Stream) -> None: ...
    def classify_query(self, sql: str) -> dict[str, object]: ...
    def close(self) -> None: ...


class Engine(Protocol):
    """The extension module."""

    def connect(self, path: str) -> Connection: ...


def load_engine() -> Engine:
    """Load chDB's extension module. Raises WarehouseError when it is not installed or cannot be loaded."""
    package = PathFinder.find_spec("chdb")
    places = package.submodule_search_locations if package else None
    spec = PathFinder.find_spec(_EXTENSION, places) if places else None
    if spec is None or spec.origin is None:
        msg = (
            "the embedded warehouse needs the package chdb: install lode-factors[warehouse], or set LODE_WAREHOUSE_URL"
        )
        raise WarehouseError(msg)
    return _load(spec, spec.origin)


def _load(spec: ModuleSpec, path: str) -> Engine:
    if spec.loader is None:
        raise WarehouseError(f"chDB cannot be loaded from {path}: reinstall the package chdb")
    try:
        if sys.platform == "linux":
            # Its own allocator must win over those of libraries that were loaded before it.
            ctypes.CDLL(path, mode=sys.getdlopenflags() | 0x8)
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
    except (ImportError, OSError) as error:
        raise WarehouseError(
            f"chDB cannot be loaded ({error}): reinstall the package chdb, or set LODE_WAREHOUSE_URL"
        ) from error
    return cast("Engine", module)
