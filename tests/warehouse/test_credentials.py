"""A secret opens a server, over real TLS of a private authority, and is read anew when it was changed under way."""

from __future__ import annotations

import contextlib
import json
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from lode.deploy.certificates import made_authority, made_server
from lode.errors import SettingsError, WarehouseError
from lode.settings import Settings, load_settings
from lode.warehouse import Warehouse, client, open_warehouse
from lode.warehouse.archive import s3_url
from lode.warehouse.credentials import from_secret
from lode.warehouse.migrate import with_replicas
from lode.warehouse.migrations import load_migrations
from lode.warehouse.owner.launcher import find_owner
from lode.warehouse.owner.state import OwnerState

NOW = datetime.now(UTC)
NAME = "warehouse"


@pytest.fixture(scope="module")
def owner(served: Settings, writer: Warehouse) -> OwnerState:
    state = find_owner(served.warehouse_folder)
    assert state is not None
    return state


@pytest.fixture(scope="module")
def authority() -> dict[str, str]:
    return made_authority(NOW)


@pytest.fixture(scope="module")
def port(owner: OwnerState, authority: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """TLS in front of the embedded warehouse, with a certificate of the authority's for "localhost"."""
    made, folder = made_server(authority, ["localhost"], NOW), tmp_path_factory.mktemp("tls")
    (folder / "both.pem").write_text(made["certificate"] + made["key"])
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "both.pem")
    relay = Relay(context, owner.port)
    thread = threading.Thread(target=relay.serve_forever, args=(0.05,))
    thread.start()
    yield int(relay.server_address[1])
    relay.end()
    thread.join()


class Relay(socketserver.ThreadingTCPServer):
    """Pass what comes over TLS on to a port of this machine."""

    daemon_threads = False
    block_on_close = True

    def __init__(self, context: ssl.SSLContext, target: int) -> None:
        super().__init__(("127.0.0.1", 0), Passing)
        self.context, self.target = context, target
        self.open: list[socket.socket] = []

    def end(self) -> None:
        """Break every connection off, so that no thread waits for one."""
        self.shutdown()
        for one in list(self.open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self.server_close()


class Passing(socketserver.BaseRequestHandler):
    server: Relay

    def handle(self) -> None:
        self.server.open.append(self.request)
        try:
            outer = self.server.context.wrap_socket(self.request, server_side=True)
        except OSError:  # a client that does not trust the certificate
            return
        with outer, socket.create_connection(("127.0.0.1", self.server.target)) as inner:
            self.server.open += [outer, inner]
            back = threading.Thread(target=copy, args=(inner, outer))
            back.start()
            copy(outer, inner)
            back.join()


def copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(1 << 16):
            target.sendall(piece)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def settings(
    owner: OwnerState, port: int, authority: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Settings]:
    for name, value in (
        ("ACCESS_KEY_ID", "testing"),
        ("SECRET_ACCESS_KEY", "testing"),
        ("DEFAULT_REGION", "eu-central-1"),
    ):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setattr(client, "PATIENCE", 0.0)
    with mock_aws():
        boto3.client("secretsmanager").create_secret(Name=NAME, SecretString="{}")
        store(owner, port, ca=authority["trusted"])
        yield load_settings(home=tmp_path, warehouse_secret=NAME, query_limit=20.0)


def store(owner: OwnerState, port: int, **more: object) -> None:
    known = {
        "host": "localhost",
        "port": port,
        "username": "writer",
        "password": owner.writer_token,
        "database": "lode",
    }
    boto3.client("secretsmanager").put_secret_value(SecretId=NAME, SecretString=json.dumps(known | more))


def test_a_secret_is_all_it_takes(settings: Settings) -> None:
    with open_warehouse(settings) as warehouse:
        assert warehouse.query("SELECT 1 AS x")["x"].to_list() == [1]
    assert not settings.warehouse_folder.exists()


def test_another_authority_and_another_name_are_refused(settings: Settings, owner: OwnerState, port: int) -> None:
    wrong: list[dict[str, object]] = [{"ca": made_authority(NOW)["trusted"]}, {"ca": ""}, {"host": "127.0.0.1"}]
    for more in wrong:
        known: dict[str, object] = {"ca": from_store()["ca"], **more}
        store(owner, port, **known)
        with pytest.raises(WarehouseError, match="does not answer") as fault:
            open_warehouse(settings)
        assert owner.writer_token not in str(fault.value)
        store(owner, port, ca=from_store()["ca"] or "")


def from_store() -> dict[str, str]:
    return dict(json.loads(boto3.client("secretsmanager").get_secret_value(SecretId=NAME)["SecretString"]))


def test_the_next_server_is_tried(settings: Settings, owner: OwnerState, port: int) -> None:
    store(owner, port, ca=from_store()["ca"], hosts=["nowhere.invalid", "localhost"])
    with open_warehouse(settings) as warehouse:
        assert warehouse.query("SELECT 1 AS x")["x"].to_list() == [1]


def test_a_password_that_was_changed_is_read_anew(settings: Settings, owner: OwnerState, port: int) -> None:
    ca = from_store()["ca"]
    with open_warehouse(settings) as warehouse:
        warehouse.close()  # as after a connection's end
        store(owner, port, ca=ca, password="before")
        with pytest.raises(WarehouseError, match="Check the user and the password") as fault:
            warehouse.query("SELECT 1 AS x")
        assert "before" not in str(fault.value)
        store(owner, port, ca=ca)
        assert warehouse.query("SELECT 1 AS x")["x"].to_list() == [1]


@pytest.mark.parametrize(
    "text", ["", "[]", "null", '{"host": "h", "username": "u"}', '{"host": "h", "password": "s3"}']
)
def test_a_secret_that_is_none_says_what_it_lacks_and_shows_nothing(text: str) -> None:
    with pytest.raises(SettingsError, match="lacks") as fault:
        from_secret(NAME, text)
    assert "s3" not in str(fault.value)


def test_a_missing_secret_names_the_setting(settings: Settings) -> None:
    with pytest.raises(WarehouseError, match="Check LODE_WAREHOUSE_SECRET"):
        open_warehouse(settings.model_copy(update={"warehouse_secret": "elsewhere"}))


def test_every_table_is_replicated_where_there_are_replicas(writer: Warehouse) -> None:
    """ClickHouse's own parser reads each statement; the tables themselves need several servers."""
    for migration in load_migrations():
        for statement in migration.statements:
            changed = with_replicas(statement)
            assert changed.count("ENGINE = ReplicatedReplacingMergeTree") == statement.count(
                "ENGINE = ReplacingMergeTree"
            )
            tree = writer.query(f"EXPLAIN AST {changed}")["explain"].to_list()
            assert any("ReplicatedReplacingMergeTree" in line for line in tree) == ("ENGINE" in statement)
            assert with_replicas(changed) == changed


def test_roles_are_read_by_clickhouse_s_own_parser(writer: Warehouse) -> None:
    roles = Path(__file__).parents[2] / "docker" / "warehouse" / "roles.sql"
    for statement in roles.read_text().split(";\n"):
        if statement.strip():
            assert writer.query(f"EXPLAIN AST {statement}").height


def test_an_address_in_s3(monkeypatch: pytest.MonkeyPatch) -> None:
    from lode.errors import UsageError

    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert s3_url("s3://keep/warehouse/1") == "https://keep.s3.eu-west-1.amazonaws.com/warehouse/1"
    for wrong in ("s3://keep", "s3://k/x?y", "s3://KEEP/x", "http://keep/x"):
        with pytest.raises(UsageError, match="expected s3://bucket/prefix"):
            s3_url(wrong)
