"""The balancer's public keys, from the address where AWS publishes those of a region."""

from __future__ import annotations

import re
from collections import OrderedDict
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Lock
from urllib.parse import urlsplit

from lode.app.sign_in import KEY_ID
from lode.errors import SettingsError, SignInError

_BALANCER = re.compile(
    r"arn:(aws|aws-us-gov):elasticloadbalancing:([a-z]{2}(?:-[a-z]+)+-\d):\d{12}:loadbalancer/app/[\w-]+/[0-9a-f]+",
    re.ASCII,
)
_ADDRESSES = {
    "aws": "https://public-keys.auth.elb.{region}.amazonaws.com",
    "aws-us-gov": "https://s3-{region}.amazonaws.com/aws-elb-public-keys-prod-{region}",
}
_LARGEST = 4096  # bytes; a key has about 180
_KEPT = 32
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def keys_address(balancer_arn: str) -> str:
    """Return the address of the keys of the region that a balancer's ARN names."""
    found = _BALANCER.fullmatch(balancer_arn)
    if found is None:
        raise SettingsError(
            f"LODE_BALANCER_ARN: {balancer_arn!r}; expected the ARN of an application load balancer, "
            "arn:aws:elasticloadbalancing:<region>:<account>:loadbalancer/app/<name>/<id>"
        )
    return _ADDRESSES[found[1]].format(region=found[2])


class PublicKeys:
    """Keys by their id, each fetched once; a key that could not be had is asked for again.

    base: https://…, or http://… on loopback. No redirect is followed, no proxy asked, no long answer read.
    """

    def __init__(self, base: str, timeout: float = 5.0) -> None:
        parts = urlsplit(base)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            raise SettingsError(f"LODE_SIGN_IN_KEYS_URL: {base!r}; expected https://… (http://… on loopback only)")
        self._kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._place, self._path, self._timeout = parts.netloc, parts.path.rstrip("/"), timeout
        self._known: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()

    def __call__(self, key_id: str) -> bytes:
        """Return the PEM of a key; SignInError when it is unknown or cannot be had."""
        if not KEY_ID.fullmatch(key_id):
            raise SignInError(f"a key's id is {key_id[:40]!r}; expected a UUID")
        with self._lock:
            known = self._known.get(key_id)
        return known or self._keep(key_id, self._fetch(key_id))

    def _keep(self, key_id: str, pem: bytes) -> bytes:
        with self._lock:
            self._known[key_id] = pem
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return pem

    def _fetch(self, key_id: str) -> bytes:
        connection = self._kind(self._place, timeout=self._timeout)
        try:
            connection.request("GET", f"{self._path}/{key_id}")
            answer = connection.getresponse()
            body = answer.read(_LARGEST + 1)
        except (OSError, HTTPException) as error:
            raise SignInError(f"the keys at {self._place} cannot be had: {type(error).__name__}: {error}") from None
        finally:
            connection.close()
        if answer.status != 200 or len(body) > _LARGEST:
            raise SignInError(f"{self._place} answered {answer.status} for the key {key_id}, {len(body)} bytes")
        return body
