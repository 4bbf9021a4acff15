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
        self._clients: dict[Hashable, list[Client]] = {}

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
        client.close()

    def forget(self, kind: Hashable) -> None:
        """Close those of a kind that rest: one of them has failed, and the others reach the same server."""
        with self._lock:
            gone = self._clients.pop((os.getpid(), kind), [])
        for client in gone:
            client.close()


READERS = Resting()
"""Those of this process."""
