from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
import urllib3

from lode.errors import WarehouseError
from lode.settings import Settings
from lode.warehouse import Warehouse, open_warehouse, start, status, stop
from lode.warehouse.owner.launcher import ensure_owner, find_owner
from lode.warehouse.owner.state import OwnerState, is_held, read_state, write_state


def until(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def kill_owner(settings: Settings) -> None:
    state = find_owner(settings.warehouse_folder)
    assert state is not None
    os.kill(state.pid, signal.SIGKILL)
    assert until(lambda: not is_held(settings.warehouse_folder / "owner.lock"))


def lineage(run: str, count: int = 1) -> pl.DataFrame:
    names = pl.Series([f"{n:06d}" for n in range(count)], dtype=pl.String)
    return pl.DataFrame({"factor": names}).with_columns(run=pl.lit(run), parent=pl.lit("p"), operation=pl.lit("o"))


def test_start_status_stop(own: Settings) -> None:
    folder = own.warehouse_folder
    assert status(own) == {"kind": "embedded", "folder": str(folder), "running": False}
    assert not stop(own)
    report = start(own)
    assert report["running"] is True
    assert start(own)["pid"] == report["pid"]
    state = read_state(folder)
    assert state is not None
    assert state.writer_token not in json.dumps(report) + repr(state)
    assert stat.S_IMODE((folder / "owner.json").stat().st_mode) == 0o600
    assert stop(own)
    assert not (folder / "owner.json").exists()
    assert status(own)["running"] is False


def test_a_killed_owner_loses_nothing_that_was_acknowledged(own: Settings) -> None:
    with open_warehouse(own) as warehouse:
        for round_ in range(2):
            warehouse.insert("lineage", lineage(f"run{round_}", 5000))
            kill_owner(own)
            counts = warehouse.query("SELECT run, count() AS n FROM lineage FINAL GROUP BY run ORDER BY run")
            assert counts["n"].to_list() == [5000] * (round_ + 1)


def test_an_insert_into_a_killed_owner_is_repeated(own: Settings) -> None:
    with open_warehouse(own) as warehouse:
        kill_owner(own)
        assert warehouse.insert("lineage", lineage("again", 10)) == 10
        kill_owner(own)
        warehouse.command("CREATE TABLE other (a Int8) ENGINE = Memory")  # refused before it was sent: repeated too
        assert warehouse.query("SELECT count() AS n FROM lineage FINAL")["n"][0] == 10


def test_an_owner_killed_during_inserts_keeps_the_acknowledged_ones(own: Settings) -> None:
    acknowledged: list[str] = []

    def insert() -> None:
        with open_warehouse(own) as warehouse:
            for number in range(30):
                warehouse.insert("lineage", lineage(f"run{number:02d}", 2000))
                acknowledged.append(f"run{number:02d}")

    thread = threading.Thread(target=insert)
    thread.start()
    for goal in (3, 12):
        assert until(lambda goal=goal: len(acknowledged) >= goal)  # type: ignore[misc]
        kill_owner(own)
    thread.join()
    with open_warehouse(own) as warehouse:
        counts = warehouse.query("SELECT run, count() AS n FROM lineage FINAL GROUP BY run ORDER BY run")
    assert counts["run"].to_list() == acknowledged
    assert set(counts["n"]) == {2000}


def test_stale_files_are_not_believed(own: Settings) -> None:
    folder = own.warehouse_folder
    folder.mkdir(parents=True)
    write_state(folder, OwnerState(os.getpid(), 9, 0.0, 60.0, "writer", "reader"))
    for name in ("owner.lock", "start.lock"):
        (folder / name).touch()
    assert find_owner(folder) is None
    assert not stop(own)
    with open_warehouse(own) as warehouse:
        assert warehouse.query("SELECT 1 AS x")["x"].to_list() == [1]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}'])
def test_a_damaged_state_file_is_not_believed(tmp_path: Path, text: str) -> None:
    (tmp_path / "owner.json").write_text(text)
    assert read_state(tmp_path) is None


SCRIPT = """
import sys
from pathlib import Path
from lode.settings import Settings
from lode.warehouse import open_warehouse, status
settings = Settings(_env_file=None, home=Path(sys.argv[1]), warehouse_idle=60.0)
with open_warehouse(settings) as warehouse:
    assert len(warehouse.query_arrow("SELECT number FROM migrations FINAL")) >= 2
    print(status(settings)["pid"])
"""


def test_processes_that_start_at_once_share_one_owner(own: Settings) -> None:
    command = [sys.executable, "-c", SCRIPT, str(own.home)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    ended = [process.communicate(timeout=120) for process in started]
    assert [process.returncode for process in started] == [0, 0], ended
    assert len({out for out, _ in ended}) == 1
    assert status(own)["running"] is True  # it survived those that started it


def test_threads_that_start_at_once_share_one_owner(own: Settings) -> None:
    found: list[int] = []
    threads = [
        threading.Thread(
            target=lambda: found.append(ensure_owner(own.warehouse_folder, idle=60.0, query_limit=1.0).pid)
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1


def test_an_idle_owner_ends_and_a_client_starts_the_next(own: Settings) -> None:
    hasty = own.model_copy(update={"warehouse_idle": 0.4})
    with open_warehouse(hasty) as warehouse:
        warehouse.insert("lineage", lineage("idle"))
        first = status(hasty)
        assert until(lambda: not is_held(hasty.warehouse_folder / "owner.lock"))
        assert warehouse.query("SELECT run FROM lineage FINAL")["run"].to_list() == ["idle"]
        assert status(hasty)["pid"] != first["pid"]


def test_an_owner_whose_folder_was_deleted_ends(own: Settings) -> None:
    state = ensure_owner(own.warehouse_folder, idle=60.0, query_limit=1.0)
    (own.warehouse_folder / "owner.lock").unlink()
    assert until(lambda: not Path(f"/proc/{state.pid}").exists())


def test_a_log_without_secrets_of_bounded_size(own: Settings) -> None:
    state = ensure_owner(own.warehouse_folder, idle=60.0, query_limit=1.0)
    with open_warehouse(own) as warehouse, pytest.raises(WarehouseError):
        warehouse.query("SELECT * FROM nothing_there")
    stop(own)
    written = "".join(path.read_text() for path in own.warehouse_folder.glob("owner.*"))
    assert "serving on port" in written
    assert state.writer_token not in written
    assert state.reader_token not in written


@pytest.mark.parametrize("place", ["home", "warehouse"])
def test_a_file_where_the_folder_should_be(tmp_path: Path, own: Settings, place: str) -> None:
    home = tmp_path / "blocked"
    settings = own.model_copy(update={"home": home})
    blocked = home if place == "home" else settings.warehouse_folder
    blocked.parent.mkdir(parents=True, exist_ok=True)
    blocked.write_text("")
    with pytest.raises(WarehouseError, match=r"blocked.*cannot be opened: .* Set LODE_HOME to a folder"):
        open_warehouse(settings)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_write_permission(own: Settings) -> None:
    own.warehouse_folder.mkdir(parents=True)
    own.warehouse_folder.chmod(0o500)
    with pytest.raises(WarehouseError, match=r"Permission denied.*Set LODE_HOME"):
        open_warehouse(own)


def test_a_damaged_folder_is_named(own: Settings) -> None:
    with open_warehouse(own) as warehouse:
        warehouse.insert("lineage", lineage("damaged"))
    stop(own)
    for description in (own.warehouse_folder / "chdb" / "metadata").glob("*.sql"):
        description.write_text("garbage")
    with pytest.raises(WarehouseError, match=r"warehouse cannot be opened: .*Its files are damaged: .*restore"):
        open_warehouse(own)


def test_an_insert_that_cannot_be_stored_is_an_error(own: Settings) -> None:
    with open_warehouse(own) as warehouse:
        warehouse.insert("lineage", lineage("before"))
        found = warehouse.query("SELECT data_paths AS paths FROM system.tables WHERE name = 'pool_weights'")
        (place,) = found["paths"][0]
        shutil.rmtree(place)
        Path(place).parent.joinpath(Path(place).name).write_text("a file where the folder was")
        row = {"pool": "p", "fitted_on": date(2026, 1, 2), "factor": "f", "weight": 1.0}
        with pytest.raises(WarehouseError):
            warehouse.insert("pool_weights", pl.DataFrame([row | {"updated_at": datetime(2026, 1, 2, tzinfo=UTC)}]))
        assert warehouse.query("SELECT run FROM lineage FINAL")["run"].to_list() == ["before"]
    assert list((own.warehouse_folder / "incoming").iterdir()) == []


def test_rows_of_an_insert_that_broke_off_are_not_inserted(served: Settings, writer: Warehouse) -> None:
    state = find_owner(served.warehouse_folder)
    assert state is not None
    login = b64encode(f"writer:{state.writer_token}".encode()).decode()
    head = (
        f"POST /?query=INSERT+INTO+lineage+FORMAT+JSONEachRow HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {login}\r\n"
    )
    row = b'{"run": "broken", "factor": "f", "parent": "p", "operation": "o"}\n'
    with socket.create_connection(("127.0.0.1", state.port)) as connection:
        connection.sendall(head.encode() + b"Content-Length: 999999\r\n\r\n" + row * 1000)
        incoming = served.warehouse_folder / "incoming"
        assert until(lambda: any(incoming.iterdir()))
    assert until(lambda: not any(incoming.iterdir()))
    assert writer.query("SELECT count() AS n FROM lineage WHERE run = 'broken'")["n"].to_list() == [0]


def _ask(settings: Settings, **headers: str) -> urllib3.BaseHTTPResponse:
    state = find_owner(settings.warehouse_folder)
    assert state is not None
    return urllib3.request("POST", f"http://127.0.0.1:{state.port}/", body=b"SELECT 41 + 1", headers=headers)


def test_a_token_is_needed(served: Settings, writer: object) -> None:
    state = find_owner(served.warehouse_folder)
    assert state is not None
    right = {"X-ClickHouse-User": "reader", "X-ClickHouse-Key": state.reader_token}
    assert _ask(served, **right).data == b"42\n"
    wrong: list[dict[str, str]] = [
        {},
        {"X-ClickHouse-User": "reader"},
        {"X-ClickHouse-User": "reader", "X-ClickHouse-Key": state.writer_token},
        {"X-ClickHouse-User": "default", "X-ClickHouse-Key": ""},
        {"X-ClickHouse-User": "", "X-ClickHouse-Key": ""},
        {"Authorization": "Basic ###"},
        {"Authorization": "Bearer x"},
    ]
    for headers in wrong:
        answer = _ask(served, **headers)
        assert answer.status in {403, 500}
        assert b"42" not in answer.data


def test_a_connection_that_breaks_ends_its_query(served: Settings, writer: object) -> None:
    state = find_owner(served.warehouse_folder)
    assert state is not None
    headers = {"X-ClickHouse-User": "writer", "X-ClickHouse-Key": state.writer_token}
    slow = b"SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number)) AND 'breaking' != ''"
    with pytest.raises(urllib3.exceptions.HTTPError):
        urllib3.request(
            "POST", f"http://127.0.0.1:{state.port}/", body=slow, headers=headers, timeout=0.5, retries=False
        )
    with open_warehouse(served) as warehouse:
        running = "SELECT count() AS n FROM system.processes WHERE query LIKE '%breaking%' AND query NOT LIKE '%LIKE%'"
        assert until(lambda: warehouse.query(running)["n"][0] == 0)
