"""The owner process: `python -m lode.warehouse.owner FOLDER --idle SECONDS --query-limit SECONDS`.

It opens the folder, says on standard output that it is ready (one JSON line: nothing, or `error`), serves, and ends
when nothing was asked for the idle time or on SIGTERM. Everything it has to say goes to `owner.log` in the folder.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import secrets
import signal
import socket
import sys
import threading
import time
from importlib import import_module
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from lode.errors import WarehouseError
from lode.warehouse.owner.engine import load_engine
from lode.warehouse.owner.incoming import Incoming
from lode.warehouse.owner.server import Application
from lode.warehouse.owner.sessions import Access, Sessions
from lode.warehouse.owner.state import OwnerState, clear_state, hold, write_state

_PREDECESSOR_SECONDS = 20.0
_LOG_BYTES = 1 << 20
_CHECK_SECONDS = 1.0
_GRACE_SECONDS = 5
_WAITING_CLIENTS = 128

if TYPE_CHECKING:
    import uvicorn

logger = logging.getLogger("lode.warehouse.owner")


def main() -> int:
    """Run the owner of one folder; the exit code is 1 when it could not open it."""
    options = _options()
    if os.fork():
        return 0  # the owner goes on as nobody's child, so that its starter has none to wait for
    folder: Path = options.folder
    try:
        _log_to(folder / "owner.log")
        with hold(folder / "owner.lock", patience=_PREDECESSOR_SECONDS):
            clear_state(folder)
            return _own(folder, options.idle, options.query_limit)
    except (WarehouseError, OSError, RuntimeError) as error:
        logger.exception("the warehouse could not be opened")
        _tell({"error": str(error)})
        return 1


def _own(folder: Path, idle: float, query_limit: float) -> int:
    loading = threading.Thread(target=import_module, args=("uvicorn",))
    loading.start()  # beside the engine: together they are most of the start
    sessions = Sessions(load_engine(), folder)
    loading.join()
    try:
        # Named TCP, or asyncio leaves Nagle's delay on, which costs 40 ms a request.
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
            listener.bind(("127.0.0.1", 0))
            state = OwnerState(
                pid=os.getpid(),
                port=listener.getsockname()[1],
                started=time.time(),
                idle=idle,
                writer_token=secrets.token_urlsafe(32),
                reader_token=secrets.token_urlsafe(32),
            )
            users: dict[str, tuple[str, Access]] = {
                "writer": (state.writer_token, "write"),
                "reader": (state.reader_token, "read"),
            }
            application = Application(sessions, Incoming(folder), users, query_limit)
            asyncio.run(_serve(application, sessions, listener, folder, state))
    finally:
        clear_state(folder)
        sessions.close()
        logger.info("closed")
    return 0


async def _serve(
    application: Application, sessions: Sessions, listener: socket.socket, folder: Path, state: OwnerState
) -> None:
    import uvicorn  # noqa: PLC0415  loaded beside the engine

    server = uvicorn.Server(
        uvicorn.Config(
            cast("Any", application),
            loop="asyncio",
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
    )
    # The server has a handler of its own while it serves; before, the signal must be heard, and when the server has
    # ended it raises the signal again, which must not end this process half-way.
    signal.signal(signal.SIGTERM, lambda *_: setattr(server, "should_exit", True))
    listener.listen(_WAITING_CLIENTS)
    write_state(folder, state)
    _tell({"pid": state.pid})
    logger.info("serving on port %d", state.port)
    watching = asyncio.ensure_future(_end_when_idle(application, sessions, folder, state, server))
    await server.serve(sockets=[listener])
    watching.cancel()
    clear_state(folder)
    application.close()


async def _end_when_idle(
    application: Application, sessions: Sessions, folder: Path, state: OwnerState, server: uvicorn.Server
) -> None:
    """End the server when nothing was asked for the idle time, or when its folder was deleted."""
    while True:
        await asyncio.sleep(min(_CHECK_SECONDS, state.idle / 4))
        sessions.close_silent()
        quiet = application.quiet_since
        idle = quiet is not None and time.monotonic() - quiet > state.idle
        if idle or not (folder / "owner.lock").exists():
            logger.info("ending: %s", "idle" if idle else "the folder is gone")
            clear_state(folder)
            server.should_exit = True
            return


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lode.warehouse.owner")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--idle", type=float, required=True)
    parser.add_argument("--query-limit", type=float, required=True)
    return parser.parse_args()


def _log_to(path: Path) -> None:
    handler = RotatingFileHandler(path, maxBytes=_LOG_BYTES, backupCount=1, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def _tell(message: dict[str, object]) -> None:
    """Write one line to the starter, then let go of its pipe."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()
    os.dup2(2, 1)


if __name__ == "__main__":
    sys.exit(main())
