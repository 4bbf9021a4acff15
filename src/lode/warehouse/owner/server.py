"""ClickHouse's HTTP protocol as an ASGI application over chDB.

Statements run in threads, each on its session's own connection, so that none waits behind another. A client that
goes away ends its statement. Errors are ClickHouse's own texts with status 500 and `X-ClickHouse-Exception-Code`.
"""

from __future__ import annotations

import hmac
import logging
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from lode.warehouse.owner.exchange import Exchange
from lode.warehouse.owner.guard import outside_functions
from lode.warehouse.owner.incoming import Incoming
from lode.warehouse.owner.request import Request, decompressor, read_form, read_request
from lode.warehouse.owner.sessions import DATABASE, Access, SessionKey, Sessions, reader_settings
from lode.warehouse.owner.wire import Gone, Receive, Scope, Send, Told, answer, answer_error, body_of, headers_of, whole

_MOST_AT_ONCE = 64

logger = logging.getLogger("lode.warehouse.owner")


class Application:
    """The ASGI application of one owner.

    users: name to (password, access). query_limit: seconds that a read-only statement may take when its client does
    not say. `quiet_since` is the monotonic time since which nothing was asked, None while something is under way.
    """

    def __init__(
        self, sessions: Sessions, incoming: Incoming, users: Mapping[str, tuple[str, Access]], query_limit: float
    ) -> None:
        self._sessions, self._incoming, self._users, self._query_limit = sessions, incoming, users, query_limit
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
        except Told:
            logger.info("an answer broke off")
        except (RuntimeError, ValueError) as error:
            await answer_error(send, str(error))
        finally:
            self._active -= 1
            self._last = time.monotonic()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/ping":
            await answer(send, b"Ok.\n", {})
            return
        request, headers = read_request(scope), headers_of(scope)
        access = self._access(request)
        pieces = body_of(receive, decompressor(headers.get("content-encoding", "")))
        with self._sessions.session(self._key(request, access)) as session:
            exchange = Exchange(
                request, access, session, self._sessions, self._outside, self._incoming, self._threads, receive, send
            )
            if headers.get("content-type", "").startswith("multipart/form-data"):
                sql, params = read_form(await whole(b"", pieces), headers["content-type"])
                await exchange.query(sql or request.query, {**request.params, **params})
            else:
                await exchange.run(pieces)

    def _access(self, request: Request) -> Access:
        password, access = self._users.get(request.user, ("", None))
        if access is None or not hmac.compare_digest(password.encode(), request.password.encode()):
            raise RuntimeError("Code: 516. DB::Exception: unknown user or wrong password. (AUTHENTICATION_FAILED)")
        return access

    def _key(self, request: Request, access: Access) -> SessionKey:
        settings = reader_settings(request.settings) if access == "read" else request.settings
        return SessionKey(
            access=access,
            session=request.session,
            settings=tuple(sorted(settings.items())),
            query_limit=request.query_limit or self._query_limit,
            database=DATABASE if access == "read" else request.database,
        )
