import os
import pickle
import resource
import signal
import subprocess
import sys
import textwrap
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from moto.server import ThreadedMotoServer

from lode.errors import LakeError, NotFoundError, SettingsError, UsageError
from lode.lake import Lake, open_lake
from lode.settings import Settings

KEY = "raw/yahoo/chart/symbol=BRK-B/fetched=2026-11-20T21:05:00Z/5f.json.zst"


@pytest.fixture(scope="module")
def s3():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def lake(request, tmp_path, monkeypatch):
    if request.param == "folder":
        return Lake((tmp_path / "a lake").as_uri())
    endpoint = request.getfixturevalue("s3")
    for name, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    bucket = f"lode-{time.time_ns()}"
    urllib.request.urlopen(urllib.request.Request(f"{endpoint}/{bucket}", method="PUT")).close()
    return Lake(f"s3://{bucket}/some/prefix")


def test_put_then_get(lake):
    assert lake.put(KEY, b"bytes \x00\xff") is True
    assert lake.get(KEY) == b"bytes \x00\xff"
    assert lake.exists(KEY)


def test_an_empty_object_is_an_object(lake):
    lake.put("empty", b"")
    assert (lake.get("empty"), lake.exists("empty")) == (b"", True)


def test_the_same_bytes_again_are_a_no_op(lake):
    lake.put(KEY, b"same")
    assert lake.put(KEY, b"same") is False
    assert lake.list("") == [KEY]


def test_other_bytes_under_a_key_are_refused(lake):
    lake.put(KEY, b"first")
    with pytest.raises(LakeError, match=r"symbol=BRK-B.*other bytes; objects are never changed"):
        lake.put(KEY, b"second")
    assert lake.get(KEY) == b"first"


def test_a_claim_is_won_once(lake):
    assert lake.claim("vault/opening=1", b"mine") is True
    assert lake.claim("vault/opening=1", b"mine") is False
    assert lake.claim("vault/opening=1", b"yours") is False
    assert lake.get("vault/opening=1") == b"mine"


def test_one_of_many_racing_claims_wins(lake):
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda i: lake.claim("race", f"{i}".encode()), range(24)))
    assert sum(won) == 1
    assert lake.get("race") == f"{won.index(True)}".encode()


def test_a_missing_object_is_named(lake):
    assert not lake.exists(KEY)
    with pytest.raises(NotFoundError, match="symbol=BRK-B"):
        lake.get(KEY)
    assert lake.list("raw") == []


def test_list_is_sorted_and_goes_by_folder(lake):
    for key in ("b/2", "b/10", "a/x/y", "bc/1"):
        lake.put(key, b"")
    assert lake.list("b") == lake.list("b/") == ["b/10", "b/2"]
    assert lake.list("") == ["a/x/y", "b/10", "b/2", "bc/1"]


@pytest.mark.parametrize(
    "key",
    ["", "/a", "a//b", "a/", "../a", "a/../b", "a/./b", "..", "a\\b", "a\nb", "a b", "a#1", "a%2e", "ü", "x" * 901],
)
def test_unclean_keys_are_refused(lake, key):
    for call in (
        lambda: lake.put(key, b""),
        lambda: lake.claim(key, b""),
        lambda: lake.get(key),
        lambda: lake.exists(key),
    ):
        with pytest.raises(UsageError, match="lake key"):
            call()


def test_local_path_has_the_bytes(lake, tmp_path):
    body = os.urandom(100_000)
    lake.put("snapshots/x/panel.arrow", body)
    path = lake.local_path("snapshots/x/panel.arrow", tmp_path / "cache")
    assert path.read_bytes() == body
    assert lake.local_path("snapshots/x/panel.arrow", tmp_path / "cache") == path
    assert not list(tmp_path.rglob("*.partial"))


def test_local_path_of_a_missing_object(lake, tmp_path):
    with pytest.raises(NotFoundError, match="snapshots/none"):
        lake.local_path("snapshots/none", tmp_path / "cache")
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


def test_a_used_lake_can_be_pickled(lake):
    lake.put("k", b"v")
    assert pickle.loads(pickle.dumps(lake)).get("k") == b"v"  # noqa: S301


def test_a_folder_lake_maps_the_object_itself(tmp_path):
    lake = Lake(tmp_path.as_uri())
    lake.put("a/b", b"x")
    assert lake.local_path("a/b", tmp_path / "cache") == tmp_path / "a" / "b"


@pytest.mark.parametrize("url", ["", "/folder", "http://host/x", "file://host/x", "s3:///x", "s3:bucket"])
def test_a_faulty_url_names_what_is_allowed(url):
    with pytest.raises(SettingsError, match="file:///folder and s3://bucket/prefix"):
        Lake(url)


def test_constructing_does_nothing(tmp_path):
    open_lake(Settings(home=tmp_path / "home"))
    assert not (tmp_path / "home").exists()


@contextmanager
def unprivileged():
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_without_write_permission_is_named():
    with TemporaryDirectory() as closed:
        Path(closed).chmod(0o555)
        with unprivileged(), pytest.raises(LakeError, match=r"lake cannot write.*set LODE_HOME or LODE_LAKE_URL"):
            Lake(Path(closed, "lake").as_uri()).put("a/b", b"x")
        with unprivileged(), pytest.raises(LakeError, match=rf"{closed} cannot write a/b.*may be written and has room"):
            Lake(Path(closed).as_uri()).put("a/b", b"x")
        Path(closed).chmod(0o755)


def test_a_lake_where_a_file_stands_is_named(tmp_path):
    (tmp_path / "lake").write_text("")
    with pytest.raises(LakeError, match="lake cannot write a/b"):
        Lake((tmp_path / "lake").as_uri()).put("a/b", b"x")


def test_a_disk_without_room_loses_nothing_and_is_named(tmp_path):
    lake = Lake(tmp_path.as_uri())
    lake.put("kept", b"x")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(LakeError, match=r"cannot write big.*has room"):
            lake.put("big", bytes(50_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert not lake.exists("big")
    assert lake.list("") == ["kept"]
    assert lake.put("big", bytes(50_000)) is True


def test_a_bucket_that_does_not_exist_is_named(s3):
    options = {"endpoint": s3, "access_key_id": "a", "secret_access_key": "b", "region": "us-east-1"}
    lake = Lake("s3://no-such-bucket/x", options=options)
    with pytest.raises(LakeError, match=r"no-such-bucket.*see that the bucket exists"):
        lake.put("a", b"x")


def test_a_killed_process_leaves_no_half_object(tmp_path):
    code = textwrap.dedent("""
        import sys
        from lode.lake import Lake
        lake = Lake(sys.argv[1])
        print("go", flush=True)
        for i in range(10_000):
            lake.put(f"{sys.argv[2]}/{i}", bytes([i % 251]) * 3_000_000)
    """)
    lake = Lake(tmp_path.as_uri())
    for attempt in range(4):
        child = subprocess.Popen([sys.executable, "-c", code, lake.url, f"t{attempt}"], stdout=subprocess.PIPE)
        assert child.stdout.readline() == b"go\n"
        time.sleep(0.02 + 0.017 * attempt)
        child.kill()
        child.communicate()
    for key in lake.list(""):
        assert lake.get(key) == bytes([int(Path(key).name) % 251]) * 3_000_000
        assert lake.put(key, lake.get(key)) is False


def test_only_what_processes_agree_on_may_be_discarded(lake):
    """Gone, it may be claimed again; what is data stays."""
    assert lake.claim("rate/sec/window/7", b"")
    lake.discard("rate/sec/window/7")
    lake.discard("rate/sec/window/7")
    assert lake.list("rate") == []
    assert lake.claim("rate/sec/window/7", b"")
    lake.put(KEY, b"1")
    for key in (KEY, "rates/x", "rate"):
        with pytest.raises(UsageError, match="only objects under rate/"):
            lake.discard(key)
    assert lake.exists(KEY)
