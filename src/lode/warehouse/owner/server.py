"""ClickHouse's HTTP protocol as an ASGI application over chDB.

Statements run in threads, each on its session's own connection, so that none waits behind another. A client that
goes away ends its statement. Errors are ClickHouse's own texts with status 500 and `X-ClickHouse-Exception-Code`.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from lode.warehouse.owner.engine import Answer
from lode.warehouse.owner.guard import check, outside_functions
from lode.warehouse.owner.request import (
    Insert,
    Request,
    decompressor,
    needs_more,
    read_form,
    read_request,
    split_insert,
)
from lode.warehouse.owner.sessions import Access, Session, SessionKey, Sessions, reader_settings

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_MOST_AT_ONCE = 64
_PIECE = 1 << 20
_LARGEST_STATEMENT = 1 << 28
_FORMAT = re.compile(r"\w+")
_CODE = re.compile(r"Code: (\d+)")

logger = logging.getLogger("lode.warehouse.owner")


class Gone(Exception):  # noqa: N818  not an error: the client hung up
    """The client went away."""


class Application:
    """The ASGI application of one owner.

    users: name to (password, access). query_limit: seconds that a read-only statement may take when its client does
    not say. `quiet_since` is the monotonic time since which nothing was asked, None while something is under way.
    """

    def __init__(self, sessions: Sessions, users: Mapping[str, tuple[str, Access]], query_limit: float) -> None:
        self._sessions, self._users, self._query_limit = sessions, users, query_limit
        self._outside = outside_functions(sessions.own)
        self._threads = ThreadPoolExecutor(_MOST_AT_ONCE, thread_name_prefix="statement")
        self._active = 0
        self._last = time.monotonic()

    def close(self) -> None:
        """End what still runs, and wait for its threads."""
        self._sessions.kill_all()
        self._threads.shutdown(wait=True, cancel_futures=True)

    @property
    def quiet_since(self) -> float | None:
        """Monotonic time of the last answer; None while a request is under way."""
        return None if self._active else self._last

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        self._active += 1
        try:
            await self._answer(scope, receive, send)
        except Gone:
            logger.info("a client went away")
        except (RuntimeError, ValueError) as error:
            await _send_error(send, str(error))
        finally:
            self._active -= 1
            self._last = time.monotonic()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/ping":
            await _send(send, b"Ok.\n", {})
            return
        request = read_request(scope)
        access = self._access(request)
        key = SessionKey(
            access=access,
            session=request.session,
            settings=tuple(
                sorted((reader_settings(request.settings) if access == "read" else request.settings).items())
            ),
            query_limit=request.query_limit or self._query_limit,
            database="lode" if access == "read" else request.database,
        )
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        pieces = _body(receive, decompressor(headers.get("content-encoding", "")))
        with self._sessions.session(key) as session:
            if headers.get("content-type", "").startswith("multipart/form-data"):
                sql, params = read_form(await _rest(b"", pieces), headers["content-type"])
                await self._query(
                    session, key, request, sql or request.query, {**request.params, **params}, receive, send
                )
            else:
                await self._statement(session, key, request, pieces, receive, send)

    async def _statement(
        self,
        session: Session,
        key: SessionKey,
        request: Request,
        pieces: AsyncIterator[bytes],
        receive: Receive,
        send: Send,
    ) -> None:
        begun, complete = b"", False
        insert = split_insert(request.query, begun, complete=False)
        while insert is None and not complete and needs_more(request.query, begun):
            piece = await anext(pieces, None)
            complete = piece is None
            begun += piece or b""
            insert = split_insert(request.query, begun, complete=complete)
        if insert is not None:
            await self._insert(session, key, request, insert, pieces, send)
            return
        body = (await _rest(begun, pieces)).decode()
        sql = "\n".join(part for part in (request.query, body) if part.strip())
        await self._query(session, key, request, sql, request.params, receive, send)

    def _access(self, request: Request) -> Access:
        password, access = self._users.get(request.user, ("", None))
        if access is None or not hmac.compare_digest(password.encode(), request.password.encode()):
            msg = "Code: 516. DB::Exception: Authentication failed: password is incorrect, or there is no such user. "
            raise RuntimeError(msg + "(AUTHENTICATION_FAILED)")
        return access

    async def _query(
        self,
        session: Session,
        key: SessionKey,
        request: Request,
        sql: str,
        params: Mapping[str, str],
        receive: Receive,
        send: Send,
    ) -> None:
        if not sql.strip():
            await _send(send, b"Ok.\n", {})
            return
        if not _FORMAT.fullmatch(request.format):
            raise RuntimeError(f"Code: 73. DB::Exception: Unknown format {request.format!r}. (UNKNOWN_FORMAT)")

        def run() -> Answer:
            if key.access == "read":
                check(session.connection, sql, params, self._outside)
            else:
                _check_single(session, sql)
            return session.connection.query(sql, request.format, params=params)

        answer = await self._run(session, run, receive)
        await _send_answer(send, answer, request)

    async def _run(self, session: Session, work: Callable[[], Answer], receive: Receive) -> Answer:
        """Run `work` in a thread; end its statement when the client goes away meanwhile."""
        loop = asyncio.get_running_loop()
        working: asyncio.Future[Answer] = loop.run_in_executor(self._threads, work)
        leaving: asyncio.Future[None] = asyncio.ensure_future(_gone(receive))
        both: set[asyncio.Future[Any]] = {working, leaving}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            leaving.cancel()
            return await working
        await loop.run_in_executor(self._threads, self._sessions.kill, session)
        with suppress(RuntimeError):
            await working
        raise Gone

    async def _insert(
        self,
        session: Session,
        key: SessionKey,
        request: Request,
        insert: Insert,
        pieces: AsyncIterator[bytes],
        send: Send,
    ) -> None:
        if key.access == "read":
            raise RuntimeError("Code: 164. DB::Exception: a read-only session refuses to insert. (READONLY)")
        loop, connection = asyncio.get_running_loop(), session.connection
        rows = await loop.run_in_executor(self._threads, connection.send_insert, insert.sql, insert.format)
        try:
            async for piece in _gathered(insert.rows, pieces):
                await loop.run_in_executor(self._threads, connection.insert_append, rows, piece)
        except BaseException:
            with suppress(RuntimeError):
                connection.insert_cancel(rows)
            raise
        await loop.run_in_executor(self._threads, connection.insert_done, rows)
        await _send(send, b"", {"X-ClickHouse-Query-Id": request.query_id})


def _check_single(session: Session, sql: str) -> None:
    count = session.connection.classify_query(sql)["statement_count"]
    if isinstance(count, int) and count > 1:
        raise RuntimeError("Code: 62. DB::Exception: Syntax error (Multi-statements are not allowed). (SYNTAX_ERROR)")


async def _body(receive: Receive, decompress: Callable[[bytes], bytes]) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        more = message.get("more_body", False)
        piece = message.get("body", b"")
        if piece:
            yield decompress(piece)


async def _rest(begun: bytes, pieces: AsyncIterator[bytes]) -> bytes:
    body = bytearray(begun)
    async for piece in pieces:
        body += piece
        if len(body) > _LARGEST_STATEMENT:
            raise RuntimeError(
                f"Code: 62. DB::Exception: a statement of more than {_LARGEST_STATEMENT} bytes. (SYNTAX_ERROR)"
            )
    return bytes(body)


async def _gathered(begun: bytes, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Join small pieces into larger ones, which chDB takes at less cost."""
    gathered = bytearray(begun)
    async for piece in pieces:
        gathered += piece
        if len(gathered) >= _PIECE:
            yield bytes(gathered)
            gathered = bytearray()
    if gathered:
        yield bytes(gathered)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send_answer(send: Send, answer: Answer, request: Request) -> None:
    summary = {"read_rows": str(answer.rows_read()), "read_bytes": str(answer.bytes_read())}
    headers = {
        "X-ClickHouse-Summary": json.dumps(summary),
        "X-ClickHouse-Format": request.format,
        "X-ClickHouse-Query-Id": request.query_id,
    }
    await _send(send, answer.bytes(), headers)


async def _send(send: Send, body: bytes, headers: Mapping[str, str], status: int = 200) -> None:
    every = {
        "Content-Type": "application/octet-stream",
        "Content-Length": str(len(body)),
        "X-ClickHouse-Timezone": "UTC",
        "X-ClickHouse-Server-Display-Name": "lode",
    } | dict(headers)
    lines = [(name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in every.items()]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    view = memoryview(body)
    for start in range(0, len(body), _PIECE):
        await send({"type": "http.response.body", "body": bytes(view[start : start + _PIECE]), "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _send_error(send: Send, text: str) -> None:
    found = _CODE.search(text)
    code = found[1] if found else "1002"
    status = 403 if code == "516" else 500
    await _send(send, f"{text}\n".encode(), {"X-ClickHouse-Exception-Code": code}, status)
