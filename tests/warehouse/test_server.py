"""The owner speaks ClickHouse's protocol, so that it stands in for a server here: the client has nothing embedded."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from urllib.parse import urlencode

import clickhouse_connect
import polars as pl
import pytest
import urllib3
import zstandard
from pydantic import SecretStr

from lode.errors import QueryRefusedError, SettingsError, WarehouseError
from lode.settings import Settings, load_settings
from lode.warehouse import Warehouse, open_warehouse, start, status, stop
from lode.warehouse.owner.launcher import find_owner
from lode.warehouse.owner.state import OwnerState


@pytest.fixture
def owner(served: Settings, writer: Warehouse) -> OwnerState:
    state = find_owner(served.warehouse_folder)
    assert state is not None
    return state


@pytest.fixture
def server(owner: OwnerState, tmp_path: Path) -> Settings:
    url = SecretStr(f"http://writer:{owner.writer_token}@127.0.0.1:{owner.port}/lode")
    return load_settings(home=tmp_path, warehouse_url=url, query_limit=20.0)


def test_a_url_is_all_it_takes(server: Settings) -> None:
    rows = pl.DataFrame({"run": ["server"], "factor": ["f"], "parent": ["p"], "operation": ["o"]})
    with open_warehouse(server) as warehouse:
        warehouse.insert("lineage", rows)
        found = warehouse.query("SELECT * FROM lineage FINAL WHERE run = {run:String}", run="server")
    assert found.equals(rows)
    assert not server.warehouse_folder.exists()
    assert start(server) == status(server) == {"kind": "server", "running": None}
    assert not stop(server)


def test_a_read_only_client_of_a_server(server: Settings) -> None:
    with open_warehouse(server, access="read") as warehouse:
        assert warehouse.query("SELECT 1 AS x")["x"].to_list() == [1]
        with pytest.raises(QueryRefusedError):
            warehouse.command("INSERT INTO lineage VALUES ('a', 'b', 'c', 'd')")
        with pytest.raises(QueryRefusedError):
            warehouse.query("SELECT * FROM url('http://127.0.0.1:9/', 'CSV', 'a Int8')")


def test_another_database_is_made(server: Settings, owner: OwnerState, writer: Warehouse) -> None:
    url = SecretStr(f"http://writer:{owner.writer_token}@127.0.0.1:{owner.port}/lode_other")
    with open_warehouse(server.model_copy(update={"warehouse_url": url})) as warehouse:
        assert warehouse.query("SELECT count() AS n FROM bars")["n"].to_list() == [0]
    writer.command("DROP DATABASE lode_other")


@pytest.mark.parametrize("url", ["", "x", "ftp://u:secret@h/lode", "https://", "https://u:secret@h/a-b"])
def test_a_malformed_url_is_not_shown(server: Settings, url: str) -> None:
    with pytest.raises(SettingsError, match="LODE_WAREHOUSE_URL: expected https://") as fault:
        open_warehouse(server.model_copy(update={"warehouse_url": SecretStr(url)}))
    assert "secret" not in str(fault.value)


def test_a_wrong_password_and_a_silent_server(
    server: Settings, owner: OwnerState, caplog: pytest.LogCaptureFixture
) -> None:
    for url, message in [
        (f"http://writer:s3cret@127.0.0.1:{owner.port}/lode", "Check the user and the password"),
        ("http://writer:s3cret@127.0.0.1:9/lode", r"127\.0\.0\.1:9 does not answer.*Check LODE_WAREHOUSE_URL"),
    ]:
        with pytest.raises(WarehouseError, match=message) as fault:
            open_warehouse(server.model_copy(update={"warehouse_url": SecretStr(url)}))
        assert "s3cret" not in str(fault.value) + caplog.text


def test_the_driver_s_own_ways_work(owner: OwnerState, writer: Warehouse, table: str) -> None:
    client = clickhouse_connect.get_client(
        host="127.0.0.1", port=owner.port, username="writer", password=owner.writer_token, database="lode"
    )
    name = {"t": table}
    try:
        client.command(f"CREATE TABLE {table} (a Int64, b String) ENGINE = MergeTree ORDER BY a")
        client.insert(table, [[1, "x"], [2, "y"]], column_names=["a", "b"])  # Native, compressed
        assert client.query("SELECT * FROM {t:Identifier} ORDER BY a", name).result_rows == [(1, "x"), (2, "y")]
        long = ["v" * 5000, "w"]  # sent as a form
        assert client.query("SELECT {x:Array(String)}", parameters={"x": long}).result_rows == [(long,)]
        assert client.query("SELECT a FROM {t:Identifier} LIMIT 0", name).column_names == ("a",)
        assert client.command("SELECT count() FROM {t:Identifier}", name) == 2
        client.command("INSERT INTO {t:Identifier} VALUES (3, 'FORMAT x')", name)
        client.command("INSERT INTO {t:Identifier} SELECT 4, 'z'", name)
        assert client.query("SELECT sum(a) FROM {t:Identifier}", name).first_row == (10,)
        assert client.ping()
    finally:
        client.close()


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [
        ("identity", bytes),
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("zstd", zstandard.compress),
        ("lz4", import_module("lz4.frame").compress),
    ],
)
@pytest.mark.parametrize("statement_in", ["url", "body"])
def test_compressed_inserts(
    owner: OwnerState,
    writer: Warehouse,
    table: str,
    encoding: str,
    compress: Callable[[bytes], bytes],
    statement_in: str,
) -> None:
    writer.command(f"CREATE TABLE {table} (a Int64, b String) ENGINE = MergeTree ORDER BY a")
    statement = f"/* insert */ INSERT INTO {table} (a, b) FORMAT JSONEachRow"
    rows = b"".join(b'{"a": %d, "b": "FORMAT CSV\\n"}\n' % n for n in range(20_000))
    in_url = statement_in == "url"
    answer = urllib3.request(
        "POST",
        f"http://127.0.0.1:{owner.port}/" + f"?{urlencode({'query': statement})}" * in_url,
        body=compress(rows if in_url else f"{statement}\n".encode() + rows),
        headers={"Content-Encoding": encoding, "X-ClickHouse-User": "writer", "X-ClickHouse-Key": owner.writer_token},
    )
    assert (answer.status, answer.data) == (200, b"")
    assert writer.query("SELECT count() AS n, uniqExact(b) AS u FROM {t:Identifier}", t=table).row(0) == (20_000, 1)


@pytest.mark.parametrize("rows", [b'{"a": "zz"}', b'{"a": 1}\n' * 1000 + b"garbage"])
def test_a_bad_insert_says_so_and_leaves_the_session_usable(
    owner: OwnerState, writer: Warehouse, table: str, rows: bytes
) -> None:
    writer.command(f"CREATE TABLE {table} (a Int64) ENGINE = MergeTree ORDER BY a")
    headers = {"X-ClickHouse-User": "writer", "X-ClickHouse-Key": owner.writer_token}
    url = f"http://127.0.0.1:{owner.port}/?session_id=bad"
    answer = urllib3.request(
        "POST", url, body=f"INSERT INTO {table} FORMAT JSONEachRow\n".encode() + rows, headers=headers
    )
    assert answer.status == 500
    assert answer.headers["X-ClickHouse-Exception-Code"] in {"26", "27", "117"}
    assert urllib3.request("POST", url, body=b"SELECT 1", headers=headers).data == b"1\n"
    assert writer.query("SELECT count() AS n FROM {t:Identifier}", t=table)["n"][0] == 0
