"""One request and its answer: a statement that is run, or rows that are inserted, on the session's own connection."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Generator, Mapping
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from lode.warehouse.owner.guard import check
from lode.warehouse.owner.incoming import Incoming
from lode.warehouse.owner.request import Insert, Request, needs_more, split_insert
from lode.warehouse.owner.sessions import Access, Session, Sessions, literal
from lode.warehouse.owner.stream import FORMAT, arrow_pieces, format_of
from lode.warehouse.owner.wire import Gone, Receive, Send, answer, answer_in_pieces, gathered, gone, whole

Result = TypeVar("Result")

_FORMAT = re.compile(r"\w+")
_HELD = 1 << 24  # bytes of an answer that wait for its end, so that an error in them is told as one


@dataclass(frozen=True)
class Exchange:
    """One request under way. `outside`: see `guard.check`."""

    request: Request
    access: Access
    session: Session
    sessions: Sessions
    outside: frozenset[str]
    incoming: Incoming
    threads: Executor
    receive: Receive
    send: Send

    async def run(self, pieces: AsyncIterator[bytes]) -> None:
        """Answer a request whose body is `pieces`: a statement, or an insert with its rows."""
        query, begun, complete = self.request.query, b"", False
        insert = split_insert(query, begun, complete=False)
        while insert is None and not complete and needs_more(query, begun):
            piece = await anext(pieces, None)
            complete = piece is None
            begun += piece or b""
            insert = split_insert(query, begun, complete=complete)
        if insert is not None:
            await self._insert(insert, pieces)
            return
        body = (await whole(begun, pieces)).decode()
        await self.query("\n".join(part for part in (query, body) if part.strip()), self.request.params)

    async def query(self, sql: str, params: Mapping[str, str]) -> None:
        """Answer the statement `sql`."""
        if not sql.strip():
            await answer(self.send, b"Ok.\n", {})
            return
        if not _FORMAT.fullmatch(self.request.format):
            raise RuntimeError(f"Code: 73. DB::Exception: Unknown format {self.request.format!r}. (UNKNOWN_FORMAT)")
        await self._in_thread(lambda: self._check(sql, params))
        if format_of(sql, self.request.format) == FORMAT:
            await self._stream(arrow_pieces(self.session.connection, sql, params))
            return
        found = await self._in_thread(lambda: self.session.connection.query(sql, self.request.format, params=params))
        summary = {"read_rows": str(found.rows_read()), "read_bytes": str(found.bytes_read())}
        await answer(self.send, found.bytes(), self._headers() | {"X-ClickHouse-Summary": json.dumps(summary)})

    def _check(self, sql: str, params: Mapping[str, str]) -> None:
        if self.access == "read":
            check(self.session.connection, sql, params, self.outside)
            return
        count = self.session.connection.classify_query(sql)["statement_count"]
        if isinstance(count, int) and count > 1:
            raise RuntimeError(
                "Code: 62. DB::Exception: Syntax error (Multi-statements are not allowed). (SYNTAX_ERROR)"
            )

    async def _stream(self, blocks: Generator[bytes, None, None]) -> None:
        held = bytearray()
        try:
            while len(held) < _HELD:
                block = await self._in_thread(lambda: next(blocks, None))
                if block is None:
                    await answer(self.send, bytes(held), self._headers())
                    return
                held += block
            await answer_in_pieces(self.send, bytes(held), self._rest(blocks), self._headers())
        finally:
            await self._to_the_end(blocks.close)

    async def _rest(self, blocks: Generator[bytes, None, None]) -> AsyncIterator[bytes]:
        while (block := await self._in_thread(lambda: next(blocks, None))) is not None:
            yield block

    async def _insert(self, insert: Insert, pieces: AsyncIterator[bytes]) -> None:
        if self.access == "read":
            raise RuntimeError("Code: 164. DB::Exception: a read-only session refuses to insert. (READONLY)")
        with self.incoming.file() as file:
            async for piece in gathered(insert.rows, pieces):
                await self._to_the_end(partial(file.write, piece))
            await self._to_the_end(file.flush)
            sql = f"{insert.sql} FROM INFILE {literal(file.name)} COMPRESSION 'none' FORMAT {insert.format}"
            await self._in_thread(lambda: self.session.connection.query(sql))
        await answer(self.send, b"", self._headers())

    async def _to_the_end(self, work: Callable[[], Result]) -> Result:
        """Run `work` in a thread, and wait for its end even when the owner ends meanwhile."""
        working = asyncio.get_running_loop().run_in_executor(self.threads, work)
        try:
            return await asyncio.shield(working)
        finally:
            if not working.done():
                await asyncio.wait({working})

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        """Run `work` in a thread; end its statement when the client goes away meanwhile, or the owner ends."""
        loop = asyncio.get_running_loop()
        working: asyncio.Future[Result] = loop.run_in_executor(self.threads, work)
        leaving: asyncio.Future[None] = asyncio.ensure_future(gone(self.receive))
        both: set[asyncio.Future[Any]] = {working, leaving}
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if not leaving.done():
                return await working
        finally:
            leaving.cancel()
            if not working.done():
                await loop.run_in_executor(self.threads, self.sessions.kill, self.session)
                await asyncio.wait({working})
        with suppress(RuntimeError):
            working.result()
        raise Gone

    def _headers(self) -> dict[str, str]:
        return {"X-ClickHouse-Format": self.request.format, "X-ClickHouse-Query-Id": self.request.query_id}
