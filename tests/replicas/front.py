"""What stands before several copies of a server: passes connections on to one of them, and to another when told."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Self


class Front:
    """Listens on loopback; `turn_to` names the port of the copy that answers from now on, and ends what is open."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.url = f"http://localhost:{self.port}"
        self._target = 0
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self.turn_to(0)

    def turn_to(self, port: int) -> None:
        """Pass new connections on to this port; the open ones end, as when a copy dies."""
        with self._lock:
            self._target, ended, self._open = port, self._open, []
        for connection in ended:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                visitor, _ = self._listener.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self._pass_on, args=(visitor,), daemon=True).start()

    def _pass_on(self, visitor: socket.socket) -> None:
        try:
            copy = socket.create_connection(("127.0.0.1", self._target), timeout=10)
        except OSError:
            visitor.close()
            return
        copy.settimeout(None)
        with self._lock:
            self._open += [visitor, copy]
        back = threading.Thread(target=_pump, args=(copy, visitor), daemon=True)
        back.start()
        _pump(visitor, copy)
        back.join()
        visitor.close()
        copy.close()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while received := source.recv(65_536):
            sink.sendall(received)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
