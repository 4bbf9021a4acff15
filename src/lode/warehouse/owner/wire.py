"""Bodies in and answers out: the ASGI messages behind ClickHouse's HTTP protocol."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from uuid import uuid4

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_PIECE = 1 << 20
_LARGEST_STATEMENT = 1 << 28
_CODE = re.compile(r"Code: (\d+)")


class Gone(Exception):  # noqa: N818  not an error: the client hung up
    """The client went away."""


class Told(Exception):  # noqa: N818  the client has had its answer
    """An error that was told at the end of an answer."""


def headers_of(scope: Scope) -> dict[str, str]:
    """Return the request's headers, names in lower case."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


async def body_of(receive: Receive, decompress: Callable[[bytes], bytes]) -> AsyncIterator[bytes]:
    """Yield the request's body as it arrives. Raises Gone when the client goes away half-way."""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        more = message.get("more_body", False)
        piece = message.get("body", b"")
        if piece:
            yield decompress(piece)


async def whole(begun: bytes, pieces: AsyncIterator[bytes]) -> bytes:
    """Return what was `begun` with all that follows: a statement, which has a largest size."""
    body = bytearray(begun)
    async for piece in pieces:
        body += piece
        if len(body) > _LARGEST_STATEMENT:
            raise RuntimeError(f"Code: 62. DB::Exception: more than {_LARGEST_STATEMENT} bytes. (SYNTAX_ERROR)")
    return bytes(body)


async def gathered(begun: bytes, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Join small pieces into larger ones, which chDB takes at less cost."""
    kept = bytearray(begun)
    async for piece in pieces:
        kept += piece
        if len(kept) >= _PIECE:
            yield bytes(kept)
            kept = bytearray()
    if kept:
        yield bytes(kept)


async def gone(receive: Receive) -> None:
    """Return when the client has gone away."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def answer(send: Send, body: bytes, headers: Mapping[str, str], status: int = 200) -> None:
    """Send a whole answer."""
    await _start(send, {"Content-Length": str(len(body))} | dict(headers), status)
    await _pieces(send, body)
    await _end(send)


async def answer_error(send: Send, text: str) -> None:
    """Send an error, as ClickHouse phrases it."""
    code = _code(text)
    status = 403 if code == "516" else 500
    await answer(send, f"{text}\n".encode(), {"X-ClickHouse-Exception-Code": code}, status)


async def answer_in_pieces(send: Send, begun: bytes, rest: AsyncIterator[bytes], headers: Mapping[str, str]) -> None:
    """Send an answer whose end is not known yet; an error half-way is told at its end, as ClickHouse does.

    Raises Told after that.
    """
    tag = uuid4().hex[:16]
    await _start(send, {"X-ClickHouse-Exception-Tag": tag} | dict(headers), 200)
    await _pieces(send, begun)
    try:
        async for piece in rest:
            await _pieces(send, piece)
    except RuntimeError as error:
        text = str(error).encode()
        mark = b"__exception__\r\n"
        told = b"\r\n" + mark + tag.encode() + b"\r\n" + text + b"\r\n%d " % len(text) + tag.encode() + b"\r\n" + mark
        await _pieces(send, told)
        await _end(send)
        raise Told from error
    await _end(send)


async def _start(send: Send, headers: Mapping[str, str], status: int) -> None:
    every = {
        "Content-Type": "application/octet-stream",
        "X-ClickHouse-Timezone": "UTC",
        "X-ClickHouse-Server-Display-Name": "lode",
    } | dict(headers)
    lines = [(name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in every.items()]
    await send({"type": "http.response.start", "status": status, "headers": lines})


async def _pieces(send: Send, body: bytes) -> None:
    view = memoryview(body)
    for start in range(0, len(body), _PIECE):
        await send({"type": "http.response.body", "body": bytes(view[start : start + _PIECE]), "more_body": True})


async def _end(send: Send) -> None:
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _code(text: str) -> str:
    found = _CODE.search(text)
    return found[1] if found else "1002"
