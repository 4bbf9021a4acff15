"""Values of factors as a Parquet file, written within a memory budget: any panel, any number of factors.

Blocks of sessions are computed factor by factor and spooled (in memory while it is little, else in a temporary file
beside the output); from there they are read back a few sessions at a time, all factors together, and become row groups.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lode.engine import DEFAULT_MEMORY, Blocks
from lode.errors import StorageError
from lode.language import Expr
from lode.panel import Panel
from lode.workflow.valueless import valueless

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float32]

_SPOOLED, _GROUPED = 8, 8  # an eighth of the memory for the spool, and another for a row group
_COPIES = 4  # of a row group's cells: as read, what is known, as Arrow has it, as it is encoded
_SPILL = 4 << 30


def write_values(panel: Panel, columns: Mapping[str, Expr], out: Path, *, memory: int = DEFAULT_MEMORY) -> int:
    """Write session, symbol and a column per expression; return the number of rows.

    A row stands where any expression has a value, null where one has none; in order of session, then symbol. The
    process uses at most `memory` bytes. The file appears when it is complete. StorageError where it cannot be written,
    DataError where there is no value to write.
    """
    partial = out.with_name(f".{out.name}.partial")
    try:
        rows = _write(panel, columns, partial, memory)
        if not rows:
            raise valueless(columns.values(), panel)
        partial.replace(out)
    except OSError as error:
        msg = f"cannot write {out}: {error.strerror or error}; give a file in a folder that can be written"
        raise StorageError(msg) from error
    finally:
        if os.path.lexists(partial):
            partial.unlink()
    return rows


def _write(panel: Panel, columns: Mapping[str, Expr], path: Path, memory: int) -> int:
    import pyarrow as pa  # noqa: PLC0415  heavy
    import pyarrow.parquet as pq  # noqa: PLC0415  heavy

    types = [("session", pa.date32()), ("symbol", pa.string()), *((name, pa.float32()) for name in columns)]
    rows = 0
    with pq.ParquetWriter(path, pa.schema(types), compression="zstd") as file:
        for part, values in _parts(panel, tuple(columns.values()), path.parent, memory):
            table = _table(panel, part, dict(zip(columns, values, strict=True)))
            if table.num_rows:
                file.write_table(table)
            rows += table.num_rows
    return rows


def _parts(panel: Panel, exprs: tuple[Expr, ...], folder: Path, memory: int) -> Iterator[tuple[slice, list[Floats]]]:
    """Values of all expressions, a few sessions at a time."""
    session_bytes = max(1, 4 * len(exprs) * len(panel.names))
    spool_bytes = memory // _SPOOLED
    blocks = Blocks(
        exprs,
        panel.fields,
        panel.groups,
        mask=panel.tradable,
        memory=memory - spool_bytes - memory // _GROUPED,
    )
    blocks.height = min(blocks.height, max(blocks.lookback, _SPILL // session_bytes, 1))
    sessions = max(1, memory // _GROUPED // (session_bytes * _COPIES))
    for block in blocks:
        with SpooledTemporaryFile(spool_bytes, dir=str(folder)) as spool:
            for values in block.values:
                spool.write(np.ascontiguousarray(values).data)
            for start in range(block.rows.start, block.rows.stop, sessions):
                part = slice(start, min(start + sessions, block.rows.stop))
                yield part, _read(spool, block.rows, part, len(exprs), len(panel.names))


def _read(spool: IO[bytes], block: slice, part: slice, count: int, names: int) -> list[Floats]:
    """Sessions of every expression from the spool, where each has its whole block behind the last one's."""
    found = []
    for number in range(count):
        spool.seek(4 * names * (number * (block.stop - block.start) + part.start - block.start))
        cells = np.frombuffer(spool.read(4 * names * (part.stop - part.start)), np.float32)
        found.append(cells.reshape(part.stop - part.start, names))
    return found


def _table(panel: Panel, part: slice, values: Mapping[str, Floats]) -> pa.Table:
    import pyarrow as pa  # noqa: PLC0415  heavy

    known = np.zeros((part.stop - part.start, len(panel.names)), np.bool_)
    for each in values.values():
        known |= np.isfinite(each)
    at, name = np.nonzero(known)
    kept = {key: each[known] for key, each in values.items()}
    return pa.table(
        {
            "session": pa.array(panel.sessions[part][at]),
            "symbol": pa.array(panel.names, pa.string()).take(pa.array(name)),
            **{key: pa.array(each, mask=~np.isfinite(each)) for key, each in kept.items()},
        }
    )
