"""Bad surroundings and wrong calls: one clear message on standard error, exit code 1 or 2, and nothing lost."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workflow.homes import SMALL, Home, Mined


def fails(home: Home, *command: object, code: int, saying: tuple[str, ...]) -> None:
    outcome = home.lode(*command)
    assert outcome.code == code, outcome.err
    assert outcome.out == ""
    told = " ".join(outcome.message.replace("│", " ").split())
    assert [words for words in saying if words not in told] == [], told


@pytest.fixture(scope="module")
def nowhere(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("cli") / "home")


@pytest.mark.parametrize(
    ("options", "saying"),
    [
        (("--candidates", 0), "--candidates 0: allowed is 1 to 100,000,000"),
        (("--candidates", "many"), 'Invalid value for --candidates: unable to convert "many" into int'),
        (("--shards", 0), "--shards 0: allowed is 1 to 2,000"),
        (("--candidates", 3, "--shards", 4), "--shards 4: allowed is 1 to 3"),
        (("--seed", -1), "--seed -1: allowed is 0 to"),
        (("--horizon", -1), "--horizon -1: allowed is 1 to 250"),
        (("--delay", 6), "--delay 6: allowed is 0 to 5"),
        (("--splits", "60/20"), "--splits '60/20': three positive shares that sum to 100 are allowed"),
        (("--splits", "60/30/20"), "for example 60/20/20"),
        (("--alpha", 0), "--alpha 0: allowed is 1e-06 to 0.5"),
        (("--alpha", "nan"), "--alpha nan: allowed is"),
        (("--cost-bps", -1), "--cost-bps -1: allowed is 0 to 1,000"),
        (("--min-names", 2), "--min-names 2: allowed is 3 to 100,000"),
        (("--neutralize", "beta"), 'Choose from: "none", "market", "sector"'),
        (("--executor", "cloud"), 'Choose from: "local"'),
        (("--nosuch", 1), "Unknown option: --nosuch"),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, tuple) else "",
)
def test_wrong_options_are_named_with_what_is_allowed(nowhere: Home, options: tuple[object, ...], saying: str) -> None:
    for command in ("run", "mine"):
        fails(nowhere, command, *options, code=2, saying=(saying,))
    assert not nowhere.folder.exists()


@pytest.mark.parametrize(
    ("command", "saying"),
    [
        (("frobnicate",), ('Unknown command "frobnicate"', "evaluate")),
        (("runs", "frobnicate"), ("Available commands: list, show",)),
        (("evaluate",), ("give either EXPRESSION or --values FILE",)),
        (("app", "--port", 80), ("--port 80: allowed is 1024 to 65535",)),
        (("factors", "list", "--state", "good"), ("--state 'good': allowed are candidate, proven, refused, retired",)),
        (("sql", "SELECT 1", "--format", "xml"), ('Choose from: "table", "csv", "json"',)),
        (("simulate", "x", "--plant", "rank(close)"), ("EXPRESSION@IC is allowed",)),
        (("simulate", "x", "--names", 1), ("2 to 9999 names",)),
    ],
    ids=lambda value: " ".join(map(str, value)),
)
def test_wrong_calls(nowhere: Home, command: tuple[object, ...], saying: tuple[str, ...]) -> None:
    fails(nowhere, *command, code=2, saying=saying)
    assert not nowhere.folder.exists()


@pytest.mark.parametrize(
    ("command", "code", "saying"),
    [
        (("run", "--source", "nosuch"), 2, ("--source 'nosuch': allowed are auto, yahoo, sample", "market")),
        (("run", "--source", "/nosuch.parquet"), 1, ("--source /nosuch.parquet: no such file",)),
        (("run", "--source", "market", "--start", "2019-13-01"), 2, ("--start '2019-13-01': an ISO date",)),
        (
            ("run", "--source", "market", "--start", "2019-02-01", "--end", "2019-01-01"),
            2,
            ("--start 2019-02-01 is after --end 2019-01-01",),
        ),
        (("run", "--source", "market", "--start", "2025-01-01"), 1, ("no bars of source 'market'", "from 2025-01-01")),
        (("run", "--source", "market", "--start", "2019-12-01"), 2, ("sessions are too few", "are needed")),
        (("run", "--source", "market", "--universe", "AAA,BBB"), 1, ("has no bars of AAA, BBB", "40 names")),
        (("snapshot", "--source", "market", "--universe", "a b,c"), 2, ("'A B' cannot be a symbol",)),
        (("snapshot", "--source", "market", "--universe", "./nosuch.txt"), 1, ("cannot read the universe",)),
        (("mine", "--searcher", "magic"), 2, ("--searcher 'magic': allowed are enumeration, genetic, language_model",)),
        (("mine", "--snapshot", "0123456789abcdef"), 1, ("no snapshot '0123456789abcdef'; there are: ",)),
        (("mine", "--resume", "nosuch"), 1, ("no run 'nosuch'; the newest runs: ",)),
        (("evaluate", "rank(ts_detla(close, 5))"), 2, ("`ts_detla`", "did you mean `ts_delta`", "^")),
        (("evaluate", "rank(clse)"), 2, ("unknown field `clse`", "did you mean `close`", "^")),
        (("evaluate", "rank(close"), 2, ("^",)),
        (("evaluate", "ts_mean(close, 2000)"), 1, ("ts_mean(close, 2000) has no value", "looks back 1,999 sessions")),
        (("compute", "ts_mean(close, 2000)", "--out", "x"), 1, ("has no value on the 420 sessions × 40 names",)),
        (("evaluate", ""), 2, ("error: ",)),
        (("evaluate", "ts_mean(close, -3)"), 2, ("1 to 2520", "^")),
        (("evaluate", "close", "--snapshot", "zz"), 1, ("no snapshot 'zz'; there are: ",)),
        (("evaluate", "abcdef012345"), 1, ("no factor 'abcdef012345'", "rank(close)")),
        (("evaluate", "volume", "--html", "/nosuch/sheet.html"), 1, ("cannot write /nosuch/sheet.html",)),
        (("compute", "volume", "--out", "/nosuch/values.parquet"), 1, ("cannot write /nosuch/values.parquet",)),
        (("simulate", "/nosuch/market.parquet", "--names", 12, "--sessions", 20), 1, ("cannot write /nosuch",)),
        (("factors", "show", "0123456789abcdef"), 1, ("no factor '0123456789abcdef'; `lode factors list`",)),
        (("factors", "retire", "zz"), 1, ("no factor 'zz'",)),
        (("runs", "show", "zz"), 1, ("no run 'zz'; the newest runs: ",)),
        (("factors", "list", "--run", "zz"), 1, ("no run 'zz'; the newest runs: ", "`lode runs list`")),
        (("import", "bars", "/nosuch.csv"), 1, ("no file /nosuch.csv",)),
        (("import", "bars", "/", "--source", "root"), 1, ("cannot read /: Is a directory",)),
        (("collect", "market", "--universe", "!!"), 2, ("'!!' cannot be a symbol",)),
        (("sql", "SELEC 1"), 1, ("Syntax error",)),
        (("sql", "DROP TABLE runs"), 1, ("a read-only session refuses",)),
        (("sql", "SELECT * FROM file('/etc/passwd')"), 1, ("refuses the function file",)),
        (("warehouse", "restore", "/nosuch"), 2, ("it is not a folder that `lode warehouse backup` wrote",)),
    ],
    ids=lambda value: " ".join(map(str, value))[:60] if isinstance(value, tuple) else str(value),
)
def test_what_is_not_there_or_cannot_be_read(
    mined: Mined, command: tuple[object, ...], code: int, saying: tuple[str, ...]
) -> None:
    if command[0] in {"evaluate", "compute"} and "--snapshot" not in command:  # the latest may be another test's
        command = (*command, "--snapshot", mined.result["snapshot"])
    fails(mined.home, *command, code=code, saying=saying)


def test_damaged_and_empty_files(mined: Mined, market: Path, tmp_path: Path) -> None:
    body = market.read_bytes()
    middle = len(body) // 2
    files = {
        "cut.parquet": (body[:middle], "is damaged or no Parquet file"),
        "flipped.parquet": (body[:middle] + bytes(64) + body[middle + 64 :], "is damaged"),
        "empty.csv": (b"", "is empty"),
        "header.csv": (b"symbol,date,close\n", "has columns but no rows"),
        "other.csv": (b"name,when,price\nA,2019-01-02,3\n", "has no column date, close"),
        "noise.csv": (bytes(range(256)), "other"),
    }
    for name, (content, saying) in files.items():
        path = tmp_path / name
        path.write_bytes(content)
        for command in (("import", "bars", path), ("run", "--source", path)):
            outcome = mined.home.lode(*command)
            assert outcome.code == 1, (name, outcome.err)
            assert name in outcome.message
            assert saying in outcome.message or saying == "other"


@pytest.mark.parametrize("name", ["sample.csv", "yahoo.csv", "auto.csv", "my prices.csv"])
def test_a_file_whose_name_no_source_may_have_is_refused_and_never_taken_for_another_source(
    mined: Mined, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    path.write_text("symbol,date,close\nA,2019-01-02,3\n")
    saying = (f"which no source may be; rename the file, or import it with `lode import bars {path} --source NAME`",)
    fails(mined.home, "run", "--source", path, code=2, saying=saying)
    fails(mined.home, "import", "bars", path, code=2, saying=saying)
    assert mined.home.lode("import", "bars", path, "--source", "few").code == 0


def _below_a_file(tmp_path: Path) -> Path:
    (tmp_path / "file").write_text("no folder")
    return tmp_path / "file" / "home"


@pytest.mark.parametrize("place", [_below_a_file, lambda _: Path("/proc/lode"), lambda _: Path("/sys/lode")])
def test_a_home_that_cannot_be_written(tmp_path: Path, market: Path, place) -> None:
    if not Path("/proc").is_dir():
        pytest.skip("needs /proc and /sys")
    where = place(tmp_path)
    home = Home(tmp_path / "home", (("LODE_HOME", str(where)),))
    for command in (("runs", "list"), ("import", "bars", market), ("run", "--source", market), ("warehouse", "start")):
        fails(home, *command, code=1, saying=(str(where), "Set LODE_HOME to a folder that you may write to"))
    told = home.lode("doctor", "--json").json
    broken = {check["part"] for check in told["checks"] if check["state"] == "broken"}
    assert {"home", "warehouse"} <= broken


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")
def test_a_home_without_write_permission(tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    home = Home(tmp_path / "home", (("LODE_HOME", str(locked / "home")),))
    fails(home, "runs", "list", code=1, saying=("ermission denied", "Set LODE_HOME"))


def test_a_lake_that_cannot_be_written(tmp_path: Path, market: Path) -> None:
    home = Home(tmp_path / "home", (("LODE_LAKE_URL", _below_a_file(tmp_path).as_uri()),))
    try:
        fails(home, "import", "bars", market, code=1, saying=(str(tmp_path), "LODE_LAKE_URL"))
        with home.context() as context:
            assert context.warehouse.query("SELECT count() AS n FROM bars")["n"][0] == 0
    finally:
        home.stop()


@pytest.mark.parametrize(
    ("url", "code", "saying"),
    [
        ("http://user:tell-nobody@127.0.0.1:9/lode", 1, ("127.0.0.1:9 does not answer", "Check LODE_WAREHOUSE_URL")),
        ("https://user:tell-nobody@no-such-host.invalid:8443/lode", 1, ("does not answer", "LODE_WAREHOUSE_URL")),
        ("tell-nobody", 2, ("LODE_WAREHOUSE_URL: expected https://user:password@host:8443/database",)),
    ],
)
def test_a_warehouse_that_does_not_answer(
    tmp_path: Path, market: Path, url: str, code: int, saying: tuple[str, ...]
) -> None:
    home = Home(tmp_path / "home", (("LODE_WAREHOUSE_URL", url),))
    for command in (("runs", "list"), ("run", "--source", market)):
        outcome = home.lode(*command)
        assert (outcome.code, outcome.out) == (code, "")
        assert "tell-nobody" not in outcome.err
        for words in saying:
            assert words in outcome.message


@pytest.mark.parametrize(
    ("name", "value", "saying"),
    [
        ("LODE_LAKE_URL", "ftp://host/lake", "lake URL 'ftp://host/lake': allowed are file:///folder and s3://"),
        ("LODE_YAHOO_RATE", "-1", "yahoo_rate: Input should be greater than 0, got '-1'. Looked in the environment"),
        ("LODE_LOG_LEVEL", "loud", "log_level"),
    ],
)
def test_a_setting_that_is_malformed(tmp_path: Path, market: Path, name: str, value: str, saying: str) -> None:
    home = Home(tmp_path / "home")
    try:
        fails(Home(home.folder, ((name, value),)), "import", "bars", market, code=2, saying=(saying,))
    finally:
        home.stop()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "lode", place], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("needs the right to mount a small file system")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_a_full_disk_loses_nothing_that_was_acknowledged(small_disk: Path, market: Path) -> None:
    home = Home(small_disk / "home")
    try:
        assert home.lode("import", "bars", market, "--source", "first").code == 0
        with (small_disk / "filler").open("wb") as filler:
            filler.write(b"x" * _room(small_disk))
        outcome = home.lode("run", "--source", market, *SMALL)
        assert outcome.code == 1, outcome.err
        assert "space" in outcome.message.lower()
        assert str(small_disk) in outcome.message
        (small_disk / "filler").unlink()
        with home.context() as context:
            kept = context.warehouse.query("SELECT count() AS n FROM bars FINAL WHERE source = 'first'")["n"][0]
        assert kept == 16_260
        assert home.lode("import", "bars", market).code == 0
    finally:
        home.stop()


def _room(place: Path) -> int:
    """All that is left but some kilobytes."""
    free = os.statvfs(place)
    return max(free.f_bavail * free.f_frsize - 64 * 1024, 0)


def test_no_command_shows_a_traceback_where_the_surroundings_are_a_program_of_its_own(tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "lode.cli", "evaluate", "rank(clse)"],
        env=os.environ | {"LODE_HOME": "/proc/lode"},
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr.startswith("error: ")
    assert answer.stderr.count("\n") == 1
