"""A warehouse that is gone for a while: who had its answers waits, who never had them is told at once."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from pydantic import SecretStr

from lode.errors import WarehouseError
from lode.settings import Settings, load_settings
from lode.warehouse import Warehouse, client, open_warehouse
from lode.warehouse.owner.launcher import find_owner

ROW = pl.DataFrame({"run": ["gone"], "factor": ["f"], "parent": ["p"], "operation": ["o"]})


class Line:
    """A wire to a port that can be cut: connections break, and new ones are refused."""

    def __init__(self, target: int) -> None:
        self._target, self._open = target, list[socket.socket]()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.mend()

    def mend(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port), reuse_port=True)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def cut(self) -> None:
        with contextlib.suppress(OSError):  # it may be cut already
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for end in self._open:
            end.close()
        self._open.clear()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._target))
            self._open += [near, far]
            for ends in ((near, far), (far, near)):
                threading.Thread(target=_carry, args=ends, daemon=True).start()


def _carry(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        for end in (source, target):
            end.close()


@pytest.fixture
def line(served: Settings, writer: Warehouse) -> Iterator[Line]:
    owner = find_owner(served.warehouse_folder)
    assert owner is not None
    opened = Line(owner.port)
    yield opened
    opened.cut()


@pytest.fixture
def server(served: Settings, line: Line, tmp_path: Path) -> Settings:
    owner = find_owner(served.warehouse_folder)
    assert owner is not None
    url = SecretStr(f"http://writer:{owner.writer_token}@127.0.0.1:{line.port}/lode")
    return load_settings(home=tmp_path, warehouse_url=url)


def test_a_writer_waits_for_a_server_that_comes_back(server: Settings, line: Line) -> None:
    with open_warehouse(server) as warehouse:
        line.cut()
        threading.Timer(2.5, line.mend).start()
        began = time.monotonic()
        warehouse.insert("lineage", ROW)
        assert time.monotonic() - began > 2
        line.cut()
        threading.Timer(1.0, line.mend).start()
        found = warehouse.query("SELECT * FROM lineage FINAL WHERE run = {run:String}", run="gone")
    assert found.equals(ROW)


def test_its_patience_ends_with_the_reason_and_without_the_password(
    server: Settings, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.PATIENCE == 90
    monkeypatch.setattr(client, "PATIENCE", 1.5)
    url = server.warehouse_url
    assert url is not None
    token = url.get_secret_value().split("@")[0].rpartition(":")[2]
    with open_warehouse(server) as warehouse:
        line.cut()
        began = time.monotonic()
        with pytest.raises(
            WarehouseError, match=rf"127\.0\.0\.1:{line.port} does not answer \(Connection refused\)"
        ) as gone:
            warehouse.query("SELECT 1")
        assert 1.5 < time.monotonic() - began < 10
        assert token not in str(gone.value)
        line.mend()
        assert warehouse.query("SELECT 1 AS x")["x"].to_list() == [1]


def test_a_server_that_never_answered_and_a_reader_are_told_soon(server: Settings, line: Line) -> None:
    with open_warehouse(server, access="read") as reader:
        reader.query("SELECT 1")
        line.cut()
        began = time.monotonic()
        with pytest.raises(WarehouseError, match="Check LODE_WAREHOUSE_URL"):
            reader.query("SELECT 1")
        with pytest.raises(WarehouseError, match="Check LODE_WAREHOUSE_URL"):
            open_warehouse(server)
        assert time.monotonic() - began < 5
    line.mend()
