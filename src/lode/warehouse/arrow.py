"""Arrow between frames and the warehouse: rows out as one table, rows in as a stream of batches."""

from __future__ import annotations

from collections.abc import Generator

import polars as pl
import pyarrow as pa

_BATCH_ROWS = 1 << 16


def to_table(rows: pl.DataFrame | pa.Table) -> pa.Table:
    """Return `rows` as Arrow, without copying where the layouts agree."""
    return rows if isinstance(rows, pa.Table) else rows.to_arrow(compat_level=pl.CompatLevel.oldest())


def read_stream(body: bytes) -> pa.Table:
    """Return the table in an Arrow IPC stream; no bytes are a table without columns."""
    if not body:
        return pa.table({})
    return pa.ipc.open_stream(pa.py_buffer(body)).read_all()


def to_frame(table: pa.Table) -> pl.DataFrame:
    """Return `table` as a frame; missing stays null, NaN stays NaN."""
    frame = pl.from_arrow(table)
    if not isinstance(frame, pl.DataFrame):  # pl.from_arrow is typed for arrays too
        raise TypeError("an Arrow table made no frame")
    return frame


def write_stream(table: pa.Table, compression: str | None) -> Generator[bytes, None, None]:
    """Yield `table` as an Arrow IPC stream, batch by batch."""
    sink = _Pieces()
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with pa.ipc.new_stream(pa.PythonFile(sink, mode="w"), table.schema, options=options) as writer:
        for batch in table.to_batches(max_chunksize=_BATCH_ROWS):
            writer.write_batch(batch)
            yield sink.take()
    yield sink.take()


class _Pieces:
    """A file that keeps what is written until it is taken."""

    closed = False

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def take(self) -> bytes:
        taken, self._pieces = b"".join(self._pieces), []
        return taken

    def flush(self) -> None: ...

    def close(self) -> None: ...
