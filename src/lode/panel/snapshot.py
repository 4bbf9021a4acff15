"""Panels in the lake: one .npy per array and meta.json under snapshots/<id>/, where the id is the content's hash.

meta.json is written last and only once: a snapshot without it does not exist. The hash leaves `meta.as_of` out, so
that the same content taken later is the same snapshot; the stored as-of is that of the first time.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from lode.errors import DataError, NotFoundError, UsageError
from lode.lake import Lake
from lode.panel.panel import Panel, PanelMeta

_FORMAT = 1
Array = NDArray[Any]


def content_id(panel: Panel) -> str:
    """Return 16 hex digits of the sha256 over everything in the panel but its as-of."""
    digest = hashlib.sha256(_json({**_header(panel), "meta": {**panel.meta.to_dict(), "as_of": None}}))
    for name, array in _arrays(panel):
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()[:16]


def save_snapshot(panel: Panel, lake: Lake) -> str:
    """Store the panel and return its id; a snapshot that is already there stays as it is."""
    snapshot = content_id(panel)
    if not lake.exists(_key(snapshot, "meta.json")):
        for name, array in _arrays(panel):
            lake.put(_key(snapshot, f"{name}.npy"), _npy(array))
        lake.claim(_key(snapshot, "meta.json"), _json(_header(panel)))
    return snapshot


def load_snapshot(snapshot: str, lake: Lake, cache: Path, *, rows: slice | None = None) -> Panel:
    """Panel of a snapshot, memory-mapped and read-only; of `rows` (start, stop) only those are mapped.

    A lake that is not a folder is copied to `cache` once. Raises NotFoundError for an unknown id, DataError for a
    damaged snapshot, UsageError for what is no id and for rows that are not consecutive ones of it.
    """
    header = _read_header(snapshot, lake)
    start, stop, step = (rows or slice(None)).indices(header["sessions"])
    if step != 1 or start > stop:
        raise UsageError(f"rows {rows}: allowed are consecutive rows of the {header['sessions']} sessions")

    def load(name: str) -> Array:
        return _mapped(lake.local_path(_key(snapshot, f"{name}.npy"), cache), slice(start, stop))

    return Panel(
        sessions=load("sessions").view("datetime64[D]"),
        names=tuple(header["names"]),
        fields={name: load(f"field-{name}") for name in header["fields"]},
        tradable=load("tradable"),
        label_price=load("label_price"),
        meta=PanelMeta.from_dict(header["meta"]),
        groups={name: load(f"group-{name}") for name in header["group_labels"]},
        group_labels={name: tuple(labels) for name, labels in header["group_labels"].items()},
    )


def with_content_source(panel: Panel, prefix: str) -> Panel:
    """Return the panel with the source `<prefix>:<hash of its content>`."""
    return replace(panel, meta=replace(panel.meta, source=f"{prefix}:{content_id(panel)}"))


def _header(panel: Panel) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "meta": panel.meta.to_dict(),
        "sessions": len(panel.sessions),
        "names": list(panel.names),
        "fields": sorted(panel.fields),
        "group_labels": {name: list(panel.group_labels[name]) for name in sorted(panel.groups)},
    }


def _arrays(panel: Panel) -> Iterator[tuple[str, Array]]:
    """Every array with the name of its file, in a fixed order."""
    yield "sessions", panel.sessions.view(np.int64)
    yield "tradable", panel.tradable
    yield "label_price", panel.label_price
    for name in sorted(panel.fields):
        yield f"field-{name}", panel.fields[name]
    for name in sorted(panel.groups):
        yield f"group-{name}", panel.groups[name]


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, ensure_ascii=False, indent=1).encode()


def _npy(array: Array) -> bytes:
    buffer = io.BytesIO()
    npy.write_array(buffer, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)
    return buffer.getvalue()


def _key(snapshot: str, name: str) -> str:
    return f"snapshots/{snapshot}/{name}"


def _read_header(snapshot: str, lake: Lake) -> dict[str, Any]:
    if not re.fullmatch(r"[0-9a-f]{16}", snapshot):
        raise UsageError(f"snapshot id {snapshot!r}: an id is 16 hexadecimal digits; `lode snapshot` prints it")
    try:
        header: dict[str, Any] = json.loads(lake.get(_key(snapshot, "meta.json")))
    except NotFoundError:
        raise NotFoundError(f"no snapshot {snapshot} in {lake.url}; make one with `lode snapshot`") from None
    if header["format"] != _FORMAT:
        raise DataError(
            f"snapshot {snapshot} has format {header['format']}, this version reads {_FORMAT}; make it anew"
        )
    return header


def _mapped(path: Path, rows: slice) -> Array:
    """Rows of an .npy file as a read-only view; no byte behind them is mapped."""
    try:
        with path.open("rb") as file:
            npy.read_magic(file)
            shape, fortran, dtype = npy.read_array_header_1_0(file)
            begin = file.tell()
        row_bytes = dtype.itemsize * int(np.prod(shape[1:], dtype=np.int64))
        wanted = (rows.stop - rows.start, *shape[1:])
        if fortran or rows.stop > shape[0]:
            raise ValueError(f"unexpected layout {shape}")  # noqa: TRY301  handled like any other damage
        if 0 in wanted:
            return np.empty(wanted, dtype)
        mapped = np.memmap(path, dtype, "r", offset=begin + rows.start * row_bytes, shape=wanted)
    except ValueError as error:
        raise DataError(
            f"{path.name} of snapshot {path.parent.name} is damaged: {error}; make the snapshot anew"
        ) from error
    return mapped.view(np.ndarray)
