"""Connections of readers that rest until the next reader takes them: opening one costs a hundred milliseconds.

Most of that is the driver asking the server for its settings. One thread at a time uses a connection; as many rest as
were in use at once, eight of a kind at most.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

_MOST = 8


class Resting:
    """Connections by what tells them apart: whom they reach, as whom, with which limits. Any thread may call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clients: dict[tuple[int, Hashable], list[Client]] = {}

    def taken(self, kind: Hashable, connect: Callable[[], Client]) -> Client:
        """Return a connection of this kind that rests, else a new one; those of other processes are not touched."""
        with self._lock:
            resting = self._clients.get((os.getpid(), kind))
            if resting:
                return resting.pop()
        return connect()

    def give_back(self, kind: Hashable, client: Client) -> None:
        """Let a connection rest that has answered; one too many is closed."""
        with self._lock:
            resting = self._clients.setdefault((os.getpid(), kind), [])
            if len(resting) < _MOST:
                resting.append(client)
                return
        shut(client)

    def forget(self, kind: Hashable) -> None:
        """Close those of a kind that rest: one of them has failed, and the others reach the same server."""
        with self._lock:
            gone = self._clients.pop((os.getpid(), kind), [])
        for client in gone:
            shut(client)

    def forget_all(self) -> None:
        """Close all that rest in this process: those of an owner that has ended would rest for ever."""
        with self._lock:
            gone = [c for key in list(self._clients) if key[0] == os.getpid() for c in self._clients.pop(key)]
        for client in gone:
            shut(client)


def shut(client: Client) -> None:
    """Close a connection and its sockets: the driver leaves those of a pool that it was given open."""
    client.close_connections()
    client.close()


READERS = Resting()
"""Those of this process."""
