"""Where a ClickHouse server is and what opens it: from a URL, or from a secret in AWS Secrets Manager.

A secret holds {"host", "port", "username", "password", "database", "ca"}; `ca` is the PEM text of the private
certificate authorities to trust (empty: the public ones), and "hosts", where several servers hold the same rows, names
them in the order in which to try them. Passwords are changed under way, so a secret is read at every new connection.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from lode.errors import SettingsError, WarehouseError

if TYPE_CHECKING:
    from lode.settings import Settings

DATABASE = "lode"
_PORTS = {"http": 8123, "https": 8443}
_NEEDED = ("host", "username", "password")


@dataclass(frozen=True)
class Credentials:
    """One login. `authorities` is PEM text; empty trusts the public authorities."""

    hosts: tuple[str, ...]
    port: int
    username: str
    password: SecretStr
    database: str = DATABASE
    authorities: str = field(default="", repr=False)
    scheme: str = "https"

    @property
    def place(self) -> str:
        """Where it leads to, for messages."""
        return f"the ClickHouse server {self.hosts[0]}:{self.port}"


def read_credentials(settings: Settings) -> Credentials:
    """Return the login that the settings name, read anew when it is a secret's.

    Raises SettingsError when URL or secret is malformed, WarehouseError when the secret cannot be read.
    """
    if settings.warehouse_url is not None:
        return _from_url(settings.warehouse_url.get_secret_value())
    if settings.warehouse_secret is None:
        raise SettingsError("neither LODE_WAREHOUSE_URL nor LODE_WAREHOUSE_SECRET names a server")
    return from_secret(settings.warehouse_secret, _fetch(settings.warehouse_secret))


def from_secret(name: str, text: str) -> Credentials:
    """Return the login of a secret's text. Raises SettingsError that shows no value."""
    try:
        known = json.loads(text)
        missing = [key for key in _NEEDED if not known.get(key)]
        if not missing:
            return _parse(known)
    except (ValueError, AttributeError, TypeError):
        missing = ["a JSON object"]
    raise SettingsError(
        f"the secret {name} lacks {', '.join(missing)}; expected a JSON object with host, port, username, password, "
        "database and ca (its values are not shown)"
    )


def _parse(known: dict[str, Any]) -> Credentials:
    database = str(known.get("database") or DATABASE)
    if not database.isidentifier():
        raise ValueError
    return Credentials(
        hosts=tuple(known.get("hosts") or [known["host"]]),
        port=int(known.get("port") or _PORTS["https"]),
        username=known["username"],
        password=SecretStr(known["password"]),
        database=database,
        authorities=known.get("ca") or "",
    )


def _from_url(url: str) -> Credentials:
    parts = urlsplit(url)
    database = unquote(parts.path.strip("/")) or DATABASE
    if parts.scheme not in _PORTS or not parts.hostname or not database.isidentifier():
        raise SettingsError(
            "LODE_WAREHOUSE_URL: expected https://user:password@host:8443/database (its value is not shown)"
        )
    return Credentials(
        hosts=(parts.hostname,),
        port=parts.port or _PORTS[parts.scheme],
        username=unquote(parts.username or "default"),
        password=SecretStr(unquote(parts.password or "")),
        database=database,
        scheme=parts.scheme,
    )


def _fetch(name: str) -> str:
    """Return the secret's text; AWS's errors name the secret and the caller, never a value."""
    try:
        import boto3  # noqa: PLC0415  needs the extra `aws`
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  comes with boto3
    except ImportError:
        raise SettingsError("LODE_WAREHOUSE_SECRET needs boto3: install lode-factors[aws]") from None
    region = name.split(":")[3] if name.startswith("arn:") else None
    try:
        client = boto3.client("secretsmanager", region_name=region)
        return str(client.get_secret_value(SecretId=name)["SecretString"])
    except (BotoCoreError, ClientError, KeyError) as error:
        raise WarehouseError(
            f"the secret {name} cannot be read: {error}. Check LODE_WAREHOUSE_SECRET, and that this role may read it"
        ) from None
