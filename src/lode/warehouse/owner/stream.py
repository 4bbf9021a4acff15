"""Large answers piece by piece, so that the owner never holds one as a whole.

chDB streams a SELECT block by block, each block a complete Arrow stream: a schema message, batches, an end mark. Of
the second block and those behind it the schema is left out, and the end mark is sent once.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping

from lode.warehouse.owner.engine import Answer, Connection

FORMAT = "ArrowStream"

_TRAILING_FORMAT = re.compile(r"\bFORMAT\s+(\w+)\s*;?\s*\Z", re.IGNORECASE)
_UNSTREAMABLE = "Streaming query is not supported"
_END = b"\xff\xff\xff\xff\x00\x00\x00\x00"
_PREFIX = 8  # of a message: the mark ff ff ff ff, then the length of its head, 4 bytes little-endian


def format_of(sql: str, default: str) -> str:
    """Return the format that the answer of `sql` has: that of its FORMAT clause, else the `default`."""
    found = _TRAILING_FORMAT.search(sql)
    return found[1] if found else default


def arrow_pieces(connection: Connection, sql: str, params: Mapping[str, str]) -> Generator[bytes, None, None]:
    """Yield the Arrow stream that answers `sql`, a piece for each block. Raises RuntimeError as the engine does."""
    try:
        result = connection.send_query(sql, FORMAT, params=params)
        first = connection.streaming_fetch_result(result)
    except RuntimeError as error:
        if _UNSTREAMABLE not in str(error):
            raise
        yield connection.query(sql, FORMAT, params=params).bytes()  # SHOW, DESCRIBE, EXPLAIN: always small
        return
    try:
        yield _without_end(first)
        while (block := connection.streaming_fetch_result(result)).size():
            yield _without_schema(_without_end(block))
        yield _END
    except GeneratorExit:
        connection.streaming_cancel_query(result)
        raise


def _without_end(block: Answer) -> bytes:
    return block.bytes().removesuffix(_END)


def _without_schema(stream: bytes) -> bytes:
    return stream[_PREFIX + int.from_bytes(stream[4:_PREFIX], "little") :]
