"""A proxy before a store that throttles and fails as S3 does: before it passed a request on, or after."""

from __future__ import annotations

import threading
from collections import deque
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from typing import Literal
from urllib.parse import urlsplit

from tests.replicas.served import Served

Fault = Literal["slow down", "failed", "failed after"]
_BODY = b"<Error><Code>%s</Code><Message>Please reduce your request rate.</Message></Error>"
_ANSWERS: dict[Fault, tuple[int, bytes]] = {
    "slow down": (503, _BODY % b"SlowDown"),
    "failed": (500, _BODY % b"InternalError"),
    "failed after": (500, _BODY % b"InternalError"),
}
_DROPPED = {"connection", "transfer-encoding", "content-length", "date", "server"}


class Throttled(Served):
    """Passes requests on to `target`; while there are `faults`, each takes one of them, or None that lets it pass."""

    def __init__(self, target: str) -> None:
        self.faults: deque[Fault | None] = deque()
        self.refused = 0
        self._lock, where, proxy = threading.Lock(), urlsplit(target).netloc, self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _carry(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                fault = proxy._next()
                if fault in {"slow down", "failed"}:
                    return self._answer(*_ANSWERS[fault], {})
                connection = HTTPConnection(where, timeout=30)
                try:
                    connection.request(self.command, self.path, body, dict(self.headers))
                    response = connection.getresponse()
                    content = response.read()
                finally:
                    connection.close()
                if fault is not None:
                    return self._answer(*_ANSWERS[fault], {})
                return self._answer(response.status, content, dict(response.getheaders()))

            do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = _carry

            def _answer(self, status: int, content: bytes, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    if name.lower() not in _DROPPED:
                        self.send_header(name, value)
                size = next((v for n, v in headers.items() if n.lower() == "content-length"), str(len(content)))
                self.send_header("Content-Length", size if self.command == "HEAD" else str(len(content)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(Handler)
        self.url = f"http://127.0.0.1:{self.port}"

    def _next(self) -> Fault | None:
        with self._lock:
            fault = self.faults.popleft() if self.faults else None
            self.refused += fault is not None
        return fault
