from __future__ import annotations

from pathlib import Path

import clickhouse_connect
import pytest

from lode.errors import WarehouseError
from lode.warehouse import open_warehouse, stop
from lode.warehouse.resting import Resting


class Client:
    closed = False

    def close(self) -> None:
        self.closed = True

    def close_connections(self) -> None:
        assert not self.closed


def test_a_connection_is_taken_again_by_one_at_a_time():
    resting, made = Resting(), []

    def connect() -> Client:
        made.append(Client())
        return made[-1]

    first = resting.taken("owner", connect)
    second = resting.taken("owner", connect)
    assert first is not second
    resting.give_back("owner", first)
    assert resting.taken("owner", connect) is first
    assert resting.taken("another", connect) is made[-1] is not first
    assert len(made) == 3


def test_no_more_than_eight_rest():
    resting, clients = Resting(), [Client() for _ in range(10)]
    for client in clients:
        resting.give_back("owner", client)
    assert [client.closed for client in clients] == [False] * 8 + [True] * 2


def test_what_rests_beside_a_failed_one_is_closed():
    resting, client = Resting(), Client()
    resting.give_back("owner", client)
    resting.forget("owner")
    assert client.closed
    assert resting.taken("owner", Client) is not client


def test_a_reader_goes_on_with_the_connection_of_the_last_one(lode_settings, monkeypatch: pytest.MonkeyPatch):
    made = []
    get_client = clickhouse_connect.get_client

    def counted(**options):
        made.append(options["username"])
        return get_client(**options)

    monkeypatch.setattr(clickhouse_connect, "get_client", counted)
    for _ in range(3):
        with open_warehouse(lode_settings, access="read") as warehouse:
            assert warehouse.query("SELECT 1 AS x")["x"].to_list() == [1]
    assert made == ["writer", "reader"]  # the writer brought the tables up to date


def test_a_reader_finds_the_next_owner(lode_settings):
    for _ in range(2):
        with open_warehouse(lode_settings, access="read") as warehouse:
            assert warehouse.query("SELECT count() AS n FROM runs")["n"].to_list() == [0]
        stop(lode_settings)


def test_an_owner_that_ends_meanwhile_is_replaced(lode_settings):
    with open_warehouse(lode_settings, access="read") as warehouse:
        warehouse.query("SELECT 1 AS x")
        stop(lode_settings)
        assert warehouse.query("SELECT count() AS n FROM runs")["n"].to_list() == [0]


def test_a_statement_that_fails_leaves_the_connection_usable(lode_settings):
    with open_warehouse(lode_settings, access="read") as warehouse:
        with pytest.raises(WarehouseError):
            warehouse.query("SELECT no_such_column FROM runs")
        assert warehouse.query("SELECT 2 AS x")["x"].to_list() == [2]
    with open_warehouse(lode_settings, access="read") as warehouse:
        assert warehouse.query("SELECT 3 AS x")["x"].to_list() == [3]


def test_what_rests_of_an_ended_owner_is_closed():
    resting, client = Resting(), Client()
    resting.give_back("old", client)
    resting.forget_all()
    assert client.closed
    assert resting.taken("old", Client) is not client


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_connections_that_are_closed_leave_no_socket(lode_settings):
    with open_warehouse(lode_settings) as warehouse:
        warehouse.command("SELECT 1")
    before = open_files()
    for _ in range(10):
        with open_warehouse(lode_settings) as warehouse:
            warehouse.command("SELECT 1")
    assert open_files() <= before + 2
