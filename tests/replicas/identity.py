"""An OpenID Connect provider on loopback: authorization code flow with PKCE, signed ID tokens and their public keys."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import secrets
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.replicas.served import Served

CLIENT, CLIENT_SECRET = "lode-dashboard", "the client's own secret, which no log may show"
_KEY_ID = "key-1"


class Identity(Served):
    """The provider; `people` maps a name on its page to the claims of that person.

    `changed` is laid over the claims of the next ID tokens, `key` signs them, `asked` are the paths that were asked for
    and `challenges` the challenges of PKCE that a code was given out for.
    """

    def __init__(self, people: Mapping[str, Mapping[str, Any]]) -> None:
        self.people, self.changed = people, dict[str, Any]()
        self.asked, self.challenges = list[str](), list[str]()
        self.key = self._published = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._codes: dict[str, dict[str, str]] = {}
        super().__init__(_handler(self))
        self.issuer = f"http://localhost:{self.port}"

    def get(self, path: str, query: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        """Answer a GET: status, headers, body."""
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            return _json(self._metadata())
        if path == "/keys":
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self._published.public_key()))
            return _json({"keys": [public | {"kid": _KEY_ID, "use": "sig", "alg": "RS256"}]})
        if path == "/authorize":
            return _page(self.people, query)
        if path == "/sign-in":
            return self._sign_in(query)
        if path == "/leave":
            return 302, {"Location": query["post_logout_redirect_uri"]}, b""
        return 404, {}, b""

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, str], bytes]:
        """Exchange a code, once, for who proves to be the client and to have begun the sign-in."""
        self.asked.append("/token")
        granted = self._codes.pop(form.get("code", ""), {})
        verifier = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        is_whole = (
            base64.b64decode(authorization.removeprefix("Basic ")).decode() in _logins()
            and granted.get("redirect_uri") == form.get("redirect_uri")
            and granted.get("code_challenge") == base64.urlsafe_b64encode(verifier).decode().rstrip("=")
        )
        if not is_whole:
            return _json({"error": "invalid_grant"}, 400)
        token = jwt.encode(self._claims(granted), self.key, algorithm="RS256", headers={"kid": _KEY_ID})
        return _json({"access_token": "opaque", "token_type": "Bearer", "expires_in": 300, "id_token": token})

    def _metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "end_session_endpoint": f"{self.issuer}/leave",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def _claims(self, granted: Mapping[str, str]) -> dict[str, Any]:
        now = int(time.time())
        whole = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": granted["nonce"]}
        return whole | dict(self.people[granted["person"]]) | self.changed

    def _sign_in(self, query: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        if query.get("code_challenge_method") != "S256" or query["client_id"] != CLIENT:
            return 400, {}, b"no PKCE, or another client"
        code = secrets.token_urlsafe(16)
        self._codes[code] = query
        self.challenges.append(query["code_challenge"])
        answer = urlencode({"code": code, "state": query["state"]})
        return 302, {"Location": f"{query['redirect_uri']}?{answer}"}, b""


def _logins() -> tuple[str, str]:
    """How a client may write its id and secret: as they are, and as OAuth asks."""
    return f"{CLIENT}:{CLIENT_SECRET}", f"{quote(CLIENT, safe='')}:{quote(CLIENT_SECRET, safe='')}"


def _page(people: Mapping[str, object], query: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    links = (
        f'<li><a href="/sign-in?{html.escape(urlencode(query | {"person": name}))}">{html.escape(name)}</a></li>'
        for name in people
    )
    body = f"<!doctype html><html lang=en><title>Provider</title><link rel=icon href=data:,><ul>{''.join(links)}</ul>"
    return 200, {"Content-Type": "text/html; charset=utf-8"}, body.encode()


def _json(content: object, status: int = 200) -> tuple[int, dict[str, str], bytes]:
    return status, {"Content-Type": "application/json"}, json.dumps(content).encode()


def _handler(identity: Identity) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            self._answer(*identity.get(parts.path, dict(parse_qsl(parts.query))))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            self._answer(*identity.token(dict(parse_qsl(body)), self.headers.get("Authorization", "")))

        def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
