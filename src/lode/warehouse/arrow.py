"""Arrow between frames and the warehouse: rows out as one table, rows in as a stream of batches."""

from __future__ import annotations

from collections.abc import Generator, Iterable

import polars as pl
import pyarrow as pa

_BATCH_ROWS = 1 << 16
_TAIL = 1 << 14
_COPIED_BYTES = 1 << 20


def to_table(rows: pl.DataFrame | pa.Table) -> pa.Table:
    """Return `rows` as Arrow, without copying where the layouts agree."""
    return rows if isinstance(rows, pa.Table) else rows.to_arrow(compat_level=pl.CompatLevel.oldest())


def read_stream(pieces: Iterable[bytes]) -> pa.Table:
    """Return the table in an Arrow IPC stream that comes in `pieces`; no bytes are a table without columns.

    The pieces are taken as they come: joined first, a large answer would take twice the time and the memory. All of
    them are taken. Raises BrokenStreamError, with the last bytes, when they are no whole stream.
    """
    joined = _Joined(pieces)
    if not joined.ready():
        return pa.table({})
    try:
        table = pa.ipc.open_stream(_copied(joined)).read_all()
    except pa.ArrowInvalid as error:
        raise BrokenStreamError(joined.drain()) from error
    joined.drain()
    return table


def _copied(file: _Joined) -> pa.BufferedInputStream:
    """Return a stream of the file's bytes in buffers that are Arrow's own.

    Those of a file of Python's need the interpreter's lock to be freed. A thread of polars that frees one waits for it
    without end where the thread that it works for holds it, as polars' own pickling does (polars 2.1).
    """
    return pa.BufferedInputStream(pa.PythonFile(file, mode="r"), _COPIED_BYTES)


class BrokenStreamError(ValueError):
    """An answer that ends before its stream does; `tail` has its last bytes, where the reason may stand."""

    def __init__(self, tail: bytes) -> None:
        super().__init__("the answer broke off")
        self.tail = tail


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


class _Joined:
    """A file over pieces that are still arriving."""

    closed = False

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._coming = iter(pieces)
        self._piece = memoryview(b"")
        self._tail = b""

    def ready(self) -> bool:
        """Wait for a byte; False when none comes."""
        while not self._piece:
            piece = next(self._coming, None)
            if piece is None:
                return False
            self._piece = memoryview(piece)
            self._tail = self._tail[-_TAIL:] + piece[-_TAIL:]
        return True

    def read(self, count: int) -> bytes:
        taken: list[memoryview] = []
        while count and self.ready():
            taken.append(self._piece[:count])
            self._piece = self._piece[count:]
            count -= len(taken[-1])
        return b"".join(taken)

    def drain(self) -> bytes:
        """Take what is left, and return the last bytes of all."""
        self._piece = memoryview(b"")
        while self.ready():
            self._piece = memoryview(b"")
        return self._tail

    def close(self) -> None: ...


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
