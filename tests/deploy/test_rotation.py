"""Passwords and certificates are renewed: in moto's Secrets Manager, over real TLS, against the embedded engine."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import boto3
import pytest
from moto import mock_aws
from moto.secretsmanager.models import secretsmanager_backends

from lode.deploy import rotation
from lode.deploy.certificates import expires, is_signed_by, made_authority, made_server
from lode.deploy.rotation import Vault, make_whole, other_user, rotate, user_statements
from lode.errors import LodeError, SettingsError

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
NAMES = ("warehouse-1.lode.internal", "localhost")
LOGIN = {"host": "localhost", "port": 8443, "username": "lode", "password": "first", "database": "lode", "ca": ""}


class Users:
    """The users of a warehouse, as the statements of ours leave them: name to what identifies it."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}
        self.opened: list[str] = []

    def open(self, known: Mapping[str, Any]) -> Users:
        self.opened.append(known["username"])
        if known["username"] in self.known:
            assert user_statements(known["username"], known["password"])[1].endswith(self.known[known["username"]])
        return self

    def command(self, statement: str) -> None:
        words = statement.split()
        if words[:2] == ["ALTER", "USER"]:
            self.known[words[2]] = words[-1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> Iterator[Vault]:
    """Secrets as a deployment's template makes them: logins with passwords, certificates of nothing."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        client = boto3.client("secretsmanager", region_name="eu-central-1")

        def secret(name: str, known: Mapping[str, Any]) -> str:
            return str(client.create_secret(Name=name, SecretString=json.dumps(known))["ARN"])

        yield Vault(
            client,
            secret("admin", LOGIN | {"username": "lode_admin"}),
            (secret("writer", LOGIN), secret("reader", LOGIN | {"username": "lode_reader"})),
            secret("authority", {}),
            secret("server", {}),
            NAMES,
        )


@pytest.fixture
def users(monkeypatch: pytest.MonkeyPatch) -> Users:
    made = Users()
    monkeypatch.setattr(rotation, "_client", made.open)
    return made


def renew(vault: Vault, secret: str, *, times: int = 1) -> str:
    """What Secrets Manager does, each step as often as it likes."""
    version = str(uuid.uuid4())
    enable(vault, secret)
    for step in ("createSecret", "setSecret", "testSecret", "finishSecret"):
        for _ in range(times):
            rotate(vault, secret, version, step)
    return version


def enable(vault: Vault, secret: str) -> None:
    """A schedule; moto would call its function at once."""
    known: Any = secretsmanager_backends[secret.split(":")[4]]["eu-central-1"].secrets[secret]
    known.rotation_requested = known.rotation_enabled = True


def test_the_first_deployment_makes_certificates_and_the_next_ones_leave_them(vault: Vault) -> None:
    make_whole(vault)
    authority, server = vault.read(vault.authority), vault.read(vault.server)
    assert is_signed_by(server, authority, NAMES, rotation.today())
    for login in (vault.admin, *vault.logins):
        assert vault.read(login)["ca"] == authority["trusted"]
        assert vault.read(login)["password"] == "first"
    make_whole(vault)
    assert (vault.read(vault.authority), vault.read(vault.server)) == (authority, server)
    more = Vault(vault.client, vault.admin, vault.logins, vault.authority, vault.server, (*NAMES, "warehouse-2"))
    make_whole(more)
    assert vault.read(vault.server)["names"] == json.dumps([*NAMES, "warehouse-2"])
    assert vault.read(vault.authority) == authority


def test_a_login_s_two_users_take_turns(vault: Vault, users: Users) -> None:
    make_whole(vault)
    (writer, _), seen = vault.logins, []
    for _ in range(3):
        renew(vault, writer, times=2)
        seen.append(vault.read(writer))
    assert [known["username"] for known in seen] == ["lode_clone", "lode", "lode_clone"]
    assert len({known["password"] for known in seen}) == 3
    assert all(known["host"] == "localhost" and known["ca"] for known in seen)
    assert set(users.opened) == {"lode_admin", "lode", "lode_clone"}
    assert vault.read(writer, "AWSPREVIOUS")["username"] == "lode"  # and its password still opens


def test_the_test_of_a_new_schedule_needs_no_server(vault: Vault, users: Users) -> None:
    """Secrets Manager tries a new schedule with a version that holds what the current one does, or nothing."""
    (writer, _) = vault.logins
    enable(vault, writer)
    version = str(uuid.uuid4())
    vault.write(writer, vault.read(writer), version)
    rotate(vault, writer, version, "testSecret")
    assert not users.opened


def test_the_administrator_renews_itself(vault: Vault, users: Users) -> None:
    make_whole(vault)
    for _ in range(2):
        renew(vault, vault.admin)
    assert vault.read(vault.admin)["username"] == "lode_admin"
    assert set(users.known) == {"lode_admin", "lode_admin_clone"}


def test_certificates_overlap(vault: Vault, users: Users) -> None:
    make_whole(vault)
    old = vault.read(vault.server)
    renew(vault, vault.authority)
    authority = vault.read(vault.authority)
    assert is_signed_by(old, authority, NAMES, rotation.today())  # still trusted, everywhere
    assert all(vault.read(s)["ca"] == authority["trusted"] for s in (vault.server, vault.admin, *vault.logins))
    renew(vault, vault.server)
    assert vault.read(vault.server)["certificate"] != old["certificate"]
    renew(vault, vault.authority)
    authority = vault.read(vault.authority)
    assert not is_signed_by(old, authority, NAMES, rotation.today())
    assert is_signed_by(vault.read(vault.server), authority, NAMES, rotation.today())
    assert not users.opened


def test_a_version_that_nobody_asked_for_is_refused(vault: Vault, users: Users) -> None:
    make_whole(vault)
    (writer, _) = vault.logins
    with pytest.raises(LodeError, match="not pending"):
        rotate(vault, writer, str(uuid.uuid4()), "setSecret")
    with pytest.raises(LodeError, match="not pending"):  # a secret without a schedule
        rotate(vault, writer, str(uuid.uuid4()), "createSecret")
    enable(vault, writer)
    version = str(uuid.uuid4())
    rotate(vault, writer, version, "createSecret")
    with pytest.raises(LodeError, match="createSecret, setSecret"):
        rotate(vault, writer, version, "dropSecret")
    assert not users.known


def test_nothing_in_a_password_or_a_name_reaches_a_statement() -> None:
    evil = "'; DROP DATABASE lode; --"
    for statement in user_statements("lode_clone", evil):
        assert "DROP" not in statement
    assert user_statements("lode_clone", "x")[-1] == "GRANT lode_role TO lode_clone"
    with pytest.raises(SettingsError, match="small letters"):
        user_statements("lode; DROP", "x")
    assert (other_user("lode"), other_user("lode_clone")) == ("lode_clone", "lode")


def test_validity() -> None:
    authority = made_authority(NOW)
    server = made_server(authority, NAMES, NOW)
    assert expires(server["certificate"]) == NOW + timedelta(days=180)
    assert expires(authority["certificate"]) == NOW + timedelta(days=3650)
    assert is_signed_by(server, authority, NAMES, NOW)
    assert not is_signed_by(server, authority, NAMES, NOW + timedelta(days=180))
    assert not is_signed_by(server, authority, NAMES[:1], NOW)
    assert not is_signed_by(server, made_authority(NOW), NAMES, NOW)
