from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route

from lode.app.return_address import COOKIE, ReturnAddress

HOST = "https://lode.example.com"


class Browser:
    """Asks a server in this process, follows nothing and keeps cookies."""

    def __init__(self, server: Starlette, origin: str) -> None:
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(server), base_url=origin)

    def get(self, path: str, **headers: str) -> httpx.Response:
        return asyncio.run(self._client.get(path, headers=headers))


def client(base: str = "/lode/", origin: str = HOST) -> Browser:
    """Open a browser on a server that leads to a provider and back to its first page, as Streamlit does."""

    async def away(_: Request) -> RedirectResponse:
        return RedirectResponse("https://issuer.example/authorize", 302)

    async def back(_: Request) -> RedirectResponse:
        answer = RedirectResponse(base, 302)
        answer.set_cookie("_streamlit_user", "signed", httponly=True)
        return answer

    routes = [Route(f"{base}auth/login", away), Route(f"{base}oauth2callback", back)]
    middleware = [Middleware(ReturnAddress, redirect_url=f"{origin}{base}oauth2callback")]
    return Browser(Starlette(routes=routes, middleware=middleware), origin)


def returned(referer: str | None, **where: str) -> str:
    """Where a visitor goes on who pressed the button on the page `referer`."""
    browser, base = client(**where), where.get("base", "/lode/")
    headers = {"referer": referer} if referer else {}
    assert browser.get(f"{base}auth/login", **headers).headers["location"] == "https://issuer.example/authorize"
    return browser.get(f"{base}oauth2callback").headers["location"]


@pytest.mark.parametrize("path", ["/lode/factor?factor=ab12&run=cd34", "/lode/?factor=ab12", "/lode/data"])
def test_a_visitor_comes_back_to_the_page_that_asked(path):
    assert returned(HOST + path) == path


def test_without_a_path_of_its_own_too():
    assert returned(f"{HOST}/run?run=ab&state=a%20b", base="/") == "/run?run=ab&state=a%20b"


@pytest.mark.parametrize(
    "referer",
    [
        None,
        "",
        "https://evil.example/lode/factor",
        "https://lode.example.com.evil.example/lode/factor",
        f"{HOST}:8443/lode/factor",
        f"{HOST}//evil.example/",
        f"{HOST}/other/page",
        f"{HOST}/lode//evil.example",
        f"{HOST}/lode/../other",
        f"{HOST}/lode/\\evil.example",
        f"{HOST}/lode/?a=<script>",
        f"{HOST}/lode/?a={'x' * 3000}",
    ],
)
def test_any_other_address_leads_to_the_first_page(referer):
    assert returned(referer) == "/lode/"


@pytest.mark.parametrize(
    "kept", ["https%3A%2F%2Fevil.example", "%2F%2Fevil.example", "%2Flode%2F%0d%0aX:y", "%2Fother"]
)
def test_a_cookie_that_was_not_made_here_leads_to_the_first_page(kept):
    answer = client().get("/lode/oauth2callback", cookie=f"{COOKIE}={kept}")
    assert answer.headers["location"] == "/lode/"


def test_the_address_is_used_once():
    browser = client()
    browser.get("/lode/auth/login", referer=f"{HOST}/lode/data")
    assert browser.get("/lode/oauth2callback").headers["location"] == "/lode/data"
    assert browser.get("/lode/oauth2callback").headers["location"] == "/lode/"


@pytest.mark.parametrize(("origin", "secure"), [(HOST, True), ("http://localhost:8501", False)])
def test_cookies_of_the_sign_in_go_over_https_alone_where_there_is_any(origin, secure):
    browser = client(origin=origin)
    away = browser.get("/lode/auth/login", referer=f"{origin}/lode/data")
    back = browser.get("/lode/oauth2callback")
    cookies = away.headers.get_list("set-cookie") + back.headers.get_list("set-cookie")
    assert len(cookies) >= 2
    assert {"; Secure" in cookie for cookie in cookies} == {secure}
    assert all("HttpOnly" in cookie for cookie in cookies)
