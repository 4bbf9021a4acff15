"""Renew the warehouse's passwords and certificates: the function that Secrets Manager calls, and CloudFormation first.

A login's secret has two users, of which one is in use: `lode` and `lode_clone`. The next password is set for the other
one, tried, and becomes the current; whoever still has the one before goes on working until the next time. The
administrator's own secret sets all passwords, its own too. A certificate needs nobody: it is made and becomes current.

Secrets Manager calls `handler` four times for a renewal, each call as often as it likes: createSecret, setSecret,
testSecret, finishSecret. CloudFormation calls it at each deployment with "secrets" to be made whole: what is there and
valid stays.

The environment names the secrets by ARN: LODE_ADMIN_SECRET, LODE_LOGINS (commas between), and where Lode runs
the servers LODE_AUTHORITY_SECRET, LODE_SERVER_SECRET, LODE_SERVER_NAMES.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets as randomness
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from lode.deploy.certificates import is_signed_by, made_authority, made_server, today
from lode.errors import LodeError, SettingsError, WarehouseError

if TYPE_CHECKING:
    from lode.warehouse.credentials import Credentials

_CLONE = "_clone"
_USER = re.compile(r"[a-z][a-z_]{0,40}")
_PASSWORD_BYTES = 32

Document = dict[str, Any]


@dataclass(frozen=True)
class Vault:
    """The deployment's secrets and who reads them. `client` is boto3's of Secrets Manager."""

    client: Any
    admin: str
    logins: tuple[str, ...]
    authority: str = ""
    server: str = ""
    names: tuple[str, ...] = ()

    def read(self, secret: str, stage: str = "AWSCURRENT", version: str = "") -> Document:
        """Return a version of a secret."""
        which = {"VersionId": version} if version else {}
        found = self.client.get_secret_value(SecretId=secret, VersionStage=stage, **which)
        return dict(json.loads(found["SecretString"]))

    def write(self, secret: str, known: Mapping[str, Any], version: str = "") -> None:
        """Add a version, current at once or (with a version's id) pending."""
        more = {"ClientRequestToken": version, "VersionStages": ["AWSPENDING"]} if version else {}
        self.client.put_secret_value(SecretId=secret, SecretString=json.dumps(known), **more)


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Do what Secrets Manager or CloudFormation asks for."""
    vault = open_vault()
    if "RequestType" in event:
        from lode.deploy.custom import answer  # noqa: PLC0415  only CloudFormation waits for one

        return answer(event, lambda: make_whole(vault))
    rotate(vault, event["SecretId"], event["ClientRequestToken"], event["Step"])
    return {}


def open_vault(environment: Mapping[str, str] = os.environ) -> Vault:
    """Return the secrets that the environment names."""
    import boto3  # noqa: PLC0415  there in the functions' image

    return Vault(
        boto3.client("secretsmanager"),
        environment["LODE_ADMIN_SECRET"],
        tuple(environment["LODE_LOGINS"].split(",")),
        environment.get("LODE_AUTHORITY_SECRET", ""),
        environment.get("LODE_SERVER_SECRET", ""),
        tuple(filter(None, environment.get("LODE_SERVER_NAMES", "").split(","))),
    )


# --- at each deployment


def make_whole(vault: Vault) -> None:
    """Make the authority, the servers' certificate and every login's trust, where they are not there and valid."""
    if not vault.authority:
        return
    authority = vault.read(vault.authority)
    if not authority:
        authority = dict(made_authority(today()))
        vault.write(vault.authority, authority)
    server = vault.read(vault.server)
    if not server or not is_signed_by(server, authority, vault.names, today()):
        vault.write(vault.server, made_server(authority, vault.names, today()))
    spread(vault, authority["trusted"])


def spread(vault: Vault, trusted: str) -> None:
    """Let servers and clients trust these authorities; what they know otherwise stays."""
    for secret in (vault.server, vault.admin, *vault.logins):
        known = vault.read(secret)
        if known.get("ca") != trusted:
            vault.write(secret, known | {"ca": trusted})


# --- at each renewal


def rotate(vault: Vault, secret: str, version: str, step: str) -> None:
    """Take one of the four steps. Raises LodeError for a version that Secrets Manager does not know as pending."""
    if _is_current(vault, secret, version, step):
        return
    steps: dict[str, Callable[[], None]] = {
        "createSecret": lambda: _create(vault, secret, version),
        "setSecret": lambda: _set(vault, secret, version),
        "testSecret": lambda: _test(vault, secret, version),
        "finishSecret": lambda: _finish(vault, secret, version),
    }
    if step not in steps:
        raise LodeError(f"step {step!r}: Secrets Manager has {', '.join(steps)}")
    steps[step]()


def _is_current(vault: Vault, secret: str, version: str, step: str) -> bool:
    """Whether the version has become current already, so that nothing is left to do."""
    known = vault.client.describe_secret(SecretId=secret)
    stages = known.get("VersionIdsToStages", {}).get(version, [])
    if "AWSCURRENT" in stages:
        return True
    if not known.get("RotationEnabled") or (step != "createSecret" and "AWSPENDING" not in stages):
        raise LodeError(
            f"{secret}: version {version} is not pending; start a renewal with `aws secretsmanager rotate-secret`"
        )
    return False


def _create(vault: Vault, secret: str, version: str) -> None:
    if _has_value(vault, secret, version):
        return
    current = vault.read(secret)
    if secret == vault.authority:
        following: Document = dict(made_authority(today(), current))
    elif secret == vault.server:
        following = dict(made_server(vault.read(vault.authority), vault.names, today()))
    else:
        user = other_user(current["username"])
        following = current | {"username": user, "password": randomness.token_urlsafe(_PASSWORD_BYTES)}
        if vault.authority:
            following |= {"ca": vault.read(vault.authority)["trusted"]}
    vault.write(secret, following, version)


def _has_value(vault: Vault, secret: str, version: str) -> bool:
    try:
        return bool(vault.read(secret, "AWSPENDING", version))
    except vault.client.exceptions.ResourceNotFoundException:
        return False


def _set(vault: Vault, secret: str, version: str) -> None:
    if secret in {vault.authority, vault.server}:
        return
    pending = vault.read(secret, "AWSPENDING", version)
    with _client(vault.read(vault.admin)) as administrator:
        for statement in user_statements(pending["username"], pending["password"]):
            administrator.command(statement)


def _test(vault: Vault, secret: str, version: str) -> None:
    """Open the warehouse with the new login; a new certificate must be signed as the old one's readers expect.

    Secrets Manager tries a new schedule by this step alone, with a version that holds nothing or what the current one
    does: the servers may still be starting, and nothing is to be tested.
    """
    if not _has_value(vault, secret, version):
        return
    pending = vault.read(secret, "AWSPENDING", version)
    if secret == vault.authority or pending == vault.read(secret):
        return
    if secret == vault.server:
        if not is_signed_by(pending, vault.read(vault.authority), vault.names, today()):
            raise LodeError(f"{secret}: the new certificate is not signed by the authority; renew it again")
        return
    with _client(pending) as warehouse:
        warehouse.command("SELECT 1")


def _finish(vault: Vault, secret: str, version: str) -> None:
    stages = vault.client.describe_secret(SecretId=secret)["VersionIdsToStages"]
    before = next((known for known, of in stages.items() if "AWSCURRENT" in of), None)
    vault.client.update_secret_version_stage(
        SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=version, RemoveFromVersionId=before
    )
    if secret == vault.authority:
        spread(vault, vault.read(vault.authority)["trusted"])


# --- users


def other_user(user: str) -> str:
    """Return the one of a login's two users that is not in use."""
    return user.removesuffix(_CLONE) if user.endswith(_CLONE) else f"{user}{_CLONE}"


def user_statements(user: str, password: str) -> list[str]:
    """Return what makes a user of ours and sets its password: ClickHouse takes no parameters there.

    The name is one of ours, letters only, and the password stands in the statement as its SHA-256 hash, hexadecimal
    digits only: there is nothing to quote. Raises SettingsError for another name.
    """
    role = user.removesuffix(_CLONE)
    if not _USER.fullmatch(user):
        raise SettingsError(f"user {user!r}: the warehouse's users have small letters and underscores only")
    digest = hashlib.sha256(password.encode()).hexdigest()
    identified = f"IDENTIFIED WITH sha256_hash BY '{digest}'"
    return [
        f"CREATE USER IF NOT EXISTS {user} {identified}",
        f"ALTER USER {user} {identified}",
        f"GRANT {role}_role TO {user}" + (" WITH ADMIN OPTION" if role.endswith("_admin") else ""),
    ]


def _client(known: Document) -> Connection:
    from lode.warehouse.credentials import from_secret  # noqa: PLC0415

    return Connection(from_secret("of the warehouse", json.dumps(known)))


class Connection:
    """One client of the warehouse for a few statements; its errors show neither statement nor password."""

    def __init__(self, credentials: Credentials) -> None:
        from lode.warehouse.connect import connect_to  # noqa: PLC0415  a slow import

        self._user = credentials.username
        self._client = self._guard(lambda: connect_to(credentials, founding=True))

    def command(self, statement: str) -> None:
        """Run a statement."""
        self._guard(lambda: self._client.raw_query(statement))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def _guard(self, action: Callable[[], Any]) -> Any:  # noqa: ANN401  the driver's answers
        from clickhouse_connect.driver.exceptions import ClickHouseError, Error  # noqa: PLC0415  a slow import

        try:
            return action()
        except ClickHouseError as fault:
            code = fault.code if isinstance(fault, Error) else None
            raise WarehouseError(
                f"the warehouse refused {self._user} (ClickHouse's error {code}, {type(fault).__name__}); "
                "its own log says why"
            ) from None
