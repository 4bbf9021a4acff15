"""A load balancer that signs visitors in, as far as the dashboard sees one: its keys, their server, its header."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

ARN = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/lode/50dc6c495c0c9188"
CLIENT, ISSUER = "client-1", "https://issuer.example"
KID = "0b1c2d3e-4f50-4617-8293-a4b5c6d7e8f9"
SETTINGS = {
    "LODE_SIGN_IN": "balancer",
    "LODE_BALANCER_ARN": ARN,
    "LODE_SIGN_IN_CLIENT": CLIENT,
    "LODE_SIGN_IN_ISSUER": ISSUER,
}


def written(content: bytes, *, padded: bool = True) -> str:
    """base64url as the balancer writes it: with padding, which tokens elsewhere do without."""
    text = base64.urlsafe_b64encode(content).decode()
    return text if padded else text.rstrip("=")


def part(fields: Any, **how: bool) -> str:
    return written(json.dumps(fields).encode(), **how)


def header(**changed: Any) -> dict[str, Any]:
    whole = {"alg": "ES256", "kid": KID, "signer": ARN, "iss": ISSUER, "client": CLIENT, "exp": int(time.time()) + 120}
    return {name: value for name, value in (whole | changed).items() if value is not None}


def claims(**changed: Any) -> dict[str, Any]:
    return {"sub": "subject-1", "email": "ann@example.com", "exp": int(time.time()) + 120, "iss": ISSUER} | changed


class Signer:
    """A key pair; `token` is what the balancer's header holds."""

    def __init__(self, curve: ec.EllipticCurve | None = None) -> None:
        self._key = ec.generate_private_key(curve or ec.SECP256R1())
        self.pem = self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def token(self, heading: Any = None, body: Any = None, *, padded: bool = True) -> str:
        signed = f"{part(heading or header(), padded=padded)}.{part(body or claims(), padded=padded)}"
        r, s = decode_dss_signature(self._key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{written(r.to_bytes(32) + s.to_bytes(32), padded=padded)}"


@contextmanager
def key_server(keys: dict[str, bytes]) -> Iterator[tuple[str, list[str]]]:
    """Serve keys by their id on loopback; yields the address and the paths that were asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = keys.get(self.path.removeprefix("/"))
            self.send_response(200 if body else 404)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
