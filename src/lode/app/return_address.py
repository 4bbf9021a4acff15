"""Where a visitor goes on after the sign-in: Streamlit leads everybody to the first page, whichever was asked for.

What leads to the provider is asked for by a page of the dashboard, whose address the request names (`Referer`); a
cookie keeps it until the provider's answer arrives, at this copy of the dashboard or at another. Only a path and a
query on the dashboard itself are believed, so that a forged address leads nowhere else.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lode.app.oidc import CALLBACK

COOKIE = "lode_return"
_LOGIN, _LOGOUT = "auth/login", "auth/logout"
_KEPT = 600  # seconds: time for a sign-in with a second factor
_LONGEST = 2_000
_SAFE = re.compile(r"(?:/[\w-][\w.-]*)*/?(?:\?[\w!$&'()*+,;=:@/?%.~-]*)?", re.ASCII)


class ReturnAddress:
    """ASGI middleware; `redirect_url` is where the provider leads back to, whose host and path are the dashboard's.

    Over https it also marks the cookies of the sign-in `Secure`, which Streamlit leaves out.
    """

    def __init__(self, app: ASGIApp, redirect_url: str) -> None:
        parts = urlsplit(redirect_url)
        self._app, self._secure = app, parts.scheme == "https"
        self._base = parts.path.removesuffix(CALLBACK)
        self._origin = f"{parts.scheme}://{parts.netloc}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on, and change the answers of the three addresses of the sign-in."""
        if scope["type"] != "http" or scope["path"] not in {self._base + name for name in (_LOGIN, _LOGOUT, CALLBACK)}:
            await self._app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._change(MutableHeaders(raw=message["headers"]), HTTPConnection(scope))
            await send(message)

        await self._app(scope, receive, answer)

    def _change(self, headers: MutableHeaders, asked: HTTPConnection) -> None:
        path = asked.scope["path"]
        if path == self._base + _LOGIN and (wanted := self._asked_for(asked.headers.get("referer", ""))):
            headers.append("set-cookie", self._cookie(quote(wanted, safe=""), _KEPT))
        elif path == self._base + CALLBACK and (wanted := self._own(unquote(asked.cookies.get(COOKIE, "")))):
            headers["location"] = wanted
            headers.append("set-cookie", self._cookie("", 0))
        if self._secure:
            _mark_secure(headers)

    def _asked_for(self, referer: str) -> str | None:
        """Return the path and query of the page that a request came from; None for one that is not the dashboard's."""
        return self._own(referer.removeprefix(self._origin)) if referer.startswith(f"{self._origin}/") else None

    def _own(self, address: str) -> str | None:
        """Return an address that cannot lead away from the dashboard; None for any other text."""
        is_own = len(address) <= _LONGEST and address.startswith(self._base) and _SAFE.fullmatch(address)
        return address if is_own else None

    def _cookie(self, value: str, seconds: int) -> str:
        return f"{COOKIE}={value}; Max-Age={seconds}; Path={self._base}; HttpOnly; SameSite=Lax"


def _mark_secure(headers: MutableHeaders) -> None:
    cookies = headers.getlist("set-cookie")
    del headers["set-cookie"]
    for cookie in cookies:
        headers.append("set-cookie", cookie if "; secure" in cookie.lower() else f"{cookie}; Secure")
