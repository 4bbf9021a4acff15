"""What a request of ClickHouse's HTTP protocol asks for.

The statement comes as the URL parameter `query`, as the body, or as a form field; values come as `param_…` in the URL
or the form; other parameters of the URL are settings. The rows of an insert follow the statement: in the body, behind
the URL's statement or behind the first line `INSERT … FORMAT name`.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast
from urllib.parse import parse_qsl

from lode.warehouse.owner.sessions import DATABASE
from lode.warehouse.owner.wire import Scope, headers_of

# Parameters of the transport, which are not settings of ClickHouse's.
_TRANSPORT = frozenset(
    {
        "buffer_size",
        "cancel_http_readonly_queries_on_client_close",
        "client_protocol_version",
        "compress",
        "database",
        "decompress",
        "default_format",
        "enable_http_compression",
        "http_headers_progress_interval_ms",
        "http_write_exception_in_output_format",
        "password",
        "query",
        "query_id",
        "quota_key",
        "role",
        "send_progress_in_http_headers",
        "session_check",
        "session_id",
        "session_timeout",
        "user",
        "wait_end_of_query",
    }
)
_INSERT = re.compile(rb"(?:\s+|--[^\n]*\n|/\*.*?\*/)*insert\b", re.IGNORECASE | re.DOTALL)
_INSERT_FORMAT = re.compile(rb"\bFORMAT\s+(?P<format>\w+)[ \t]*;?[ \t]*(?P<end>\r?\n|\Z)", re.IGNORECASE)
_INLINE = re.compile(r"values", re.IGNORECASE)
_LONGEST_HEAD = 1 << 20


@dataclass(frozen=True)
class Request:
    """The parameters of a request; its body is read apart."""

    user: str
    password: str
    query: str
    params: Mapping[str, str]
    settings: Mapping[str, str]
    database: str
    session: str
    format: str
    query_id: str
    query_limit: float | None


@dataclass(frozen=True)
class Insert:
    """An insert whose rows come in `format`; `rows` has those that were read with the statement."""

    sql: str
    format: str
    rows: bytes


def read_request(scope: Scope) -> Request:
    """Read the URL and the headers of an ASGI `scope`. Raises ValueError when a part cannot be read."""
    headers = headers_of(scope)
    url = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
    user, password = _credentials(headers, url)
    limit = headers.get("x-lode-query-limit")
    return Request(
        user=user,
        password=password,
        query=url.get("query", ""),
        params=_params(url),
        settings={k: v for k, v in url.items() if k not in _TRANSPORT and not k.startswith("param_")},
        database=headers.get("x-clickhouse-database", url.get("database", "")) or DATABASE,
        session=url.get("session_id", ""),
        format=headers.get("x-clickhouse-format", url.get("default_format", "")) or "TabSeparated",
        query_id=url.get("query_id", ""),
        query_limit=float(limit) if limit else None,
    )


def read_form(body: bytes, content_type: str) -> tuple[str, dict[str, str]]:
    """Return the statement and the parameters in a multipart form `body`."""
    from python_multipart import create_form_parser  # noqa: PLC0415  only requests with many values come as forms

    fields: dict[str, str] = {}

    def keep(field: Any) -> None:  # noqa: ANN401  the parser's own class
        fields[field.field_name.decode()] = (field.value or b"").decode()

    def refuse(file: Any) -> None:  # noqa: ANN401  likewise
        raise ValueError(f"the form's file {file.field_name!r}: external data is not supported")

    parser = create_form_parser({"Content-Type": content_type.encode()}, keep, refuse)
    parser.write(body)
    parser.finalize()
    return fields.get("query", ""), _params(fields)


def split_insert(query: str, body: bytes, *, complete: bool) -> Insert | None:
    """Return the insert that `query` and the begun `body` ask for.

    None: not an insert with rows behind it (a plain statement), or, as long as the body is not `complete`, one whose
    head has not arrived; the caller goes on with `needs_more`.
    """
    text = f"{query}\n".encode() + body if query else body
    if not _INSERT.match(text):
        return None
    head = text[:_LONGEST_HEAD]
    found = _INSERT_FORMAT.search(head)
    if found is None or (found["end"] == b"" and not complete):
        return None
    name = found["format"].decode()
    if _INLINE.fullmatch(name):
        return None
    return Insert(head[: found.start()].decode(), name, text[found.end() :])


def needs_more(query: str, body: bytes) -> bool:
    """Whether a statement's kind cannot be told before more of its body has arrived."""
    text = f"{query}\n".encode() + body if query else body
    return len(text) < _LONGEST_HEAD


def decompressor(encoding: str) -> Callable[[bytes], bytes]:
    """Return what turns the pieces of a body in `encoding` into plain bytes. Raises ValueError for an unknown one."""
    if encoding in ("", "identity"):
        return bytes
    if encoding in ("gzip", "deflate"):
        return zlib.decompressobj(31 if encoding == "gzip" else 15).decompress
    if encoding == "zstd":
        import zstandard  # noqa: PLC0415  Lode's own client does not compress on loopback

        return zstandard.ZstdDecompressor().decompressobj().decompress
    if encoding == "lz4":
        frame = cast("Any", import_module("lz4.frame"))
        return cast("Callable[[bytes], bytes]", frame.LZ4FrameDecompressor().decompress)
    raise ValueError(f"content encoding {encoding!r}; allowed: gzip, deflate, zstd, lz4")


def _params(fields: Mapping[str, str]) -> dict[str, str]:
    return {name.removeprefix("param_"): value for name, value in fields.items() if name.startswith("param_")}


def _credentials(headers: Mapping[str, str], url: Mapping[str, str]) -> tuple[str, str]:
    if "x-clickhouse-user" in headers:
        return headers["x-clickhouse-user"], headers.get("x-clickhouse-key", "")
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return url.get("user", ""), url.get("password", "")
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError("the authorization header cannot be read") from error
    return user, password
