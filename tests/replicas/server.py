"""A source outside, on loopback: answers what it is told to, faults included, and remembers what it was asked."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.replicas.served import Served


@dataclass(frozen=True)
class Answer:
    """One HTTP answer.

    cut: bytes after which the connection ends. delay: seconds before the first byte. drip: seconds between one byte of
    the body and the next.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json;charset=utf-8"})
    cut: int | None = None
    delay: float = 0.0
    drip: float = 0.0


def _pieces(given: Answer) -> Iterator[bytes]:
    """The body as it goes out: at once, or byte by byte."""
    body = given.body[: given.cut]
    if not given.drip:
        yield body
        return
    for at in range(len(body)):
        time.sleep(given.drip)
        yield body[at : at + 1]


class _Server(ThreadingHTTPServer):
    """Says nothing of askers that leave in the middle: they give up, or are killed."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Replica(Served):
    """Serves `answer(path)`; answers in `faults` come first, one each, in order."""

    def __init__(self, answer: Callable[[str], Answer]) -> None:
        self.faults: deque[Answer] = deque()
        self.asked: list[str] = []
        self.times: list[float] = []
        self._lock = threading.Lock()
        replica = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                with replica._lock:
                    replica.asked.append(self.path)
                    replica.times.append(time.monotonic())
                    given = replica.faults.popleft() if replica.faults else answer(self.path)
                time.sleep(given.delay)
                try:
                    self.send_response(given.status)
                    for name, value in given.headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(given.body)))
                    self.end_headers()
                    for piece in _pieces(given):
                        self.wfile.write(piece)
                        self.wfile.flush()
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True
                if given.cut is not None:
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(Handler, _Server)
        self.url = f"http://127.0.0.1:{self.port}"
