"""A visitor of the dashboard: the websocket of Streamlit's protocol that a browser holds, without the browser.

What is timed is the server's part of a visit: from the request to run the page's script until its last message is
here. Drawing it is the browser's.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from benchmarks.processes import BenchmarkError

_PATIENCE = 120.0  # seconds
_FAILURES = ("This cannot be shown.",)


@dataclass(frozen=True)
class Visit:
    """One run of a page's script: seconds, messages and bytes that came, and every text that is shown."""

    seconds: float
    messages: int
    received: int
    texts: list[str] = field(repr=False)


class Visitor:
    """A browser's connection, on the server for as long as it is open."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: ClientConnection | None = None
        self.pages: list[tuple[str, str]] = []
        """Title and path of each page that the last one led to, the first page under an empty path."""

    def __enter__(self) -> Self:
        self._socket = connect(
            f"ws://localhost:{self._port}/_stcore/stream",
            subprotocols=["streamlit"],  # type: ignore[list-item]
            max_size=None,
            compression=None,
            open_timeout=_PATIENCE,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._socket is not None:
            self._socket.close()

    def visit(self, page: str, query: str = "") -> Visit:
        """Open a page by its path ("" is the first one) with this query; BenchmarkError where it shows a failure."""
        asked = BackMsg()
        asked.rerun_script.query_string = query
        asked.rerun_script.page_name = page
        asked.rerun_script.context_info.timezone = "UTC"
        asked.rerun_script.context_info.url = f"http://localhost:{self._port}/{page}"
        return self._run(asked, f"/{page}?{query}")

    def _run(self, asked: BackMsg, what: str) -> Visit:
        if self._socket is None:
            raise BenchmarkError("the visitor is not connected")
        began = time.perf_counter()
        self._socket.send(asked.SerializeToString())
        messages, received, texts = 0, 0, []
        while True:
            body = self._socket.recv(timeout=_PATIENCE)
            message = ForwardMsg.FromString(body if isinstance(body, bytes) else body.encode())
            messages, received = messages + 1, received + len(body)
            texts += _texts(message)
            if message.HasField("navigation"):
                listed = message.navigation.app_pages
                self.pages = [(page.page_name, "" if page.is_default else page.url_pathname) for page in listed]
            if message.WhichOneof("type") == "script_finished":
                if message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    continue
                break
        seconds = time.perf_counter() - began
        if failed := [text for text in texts if text.startswith(_FAILURES)]:
            raise BenchmarkError(f"{what}: {failed[0]} {texts[-3:]}")
        return Visit(seconds, messages, received, texts)


def _texts(message: ForwardMsg) -> list[str]:
    """What a message shows as text, headings and boxes."""
    element = message.delta.new_element
    kind = element.WhichOneof("type")
    shown = getattr(element, kind) if kind else None
    body = getattr(shown, "body", "")
    return [body] if body else []
