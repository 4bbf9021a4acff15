"""Every command: its help, its exit codes, and that --json is one object on standard output and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

import lode
from lode.cli import command_line
from lode.search import BUILT_IN
from tests.workflow.homes import Home, Mined

COMMANDS = [
    *(("run",), ("mine",), ("snapshot",), ("evaluate",), ("compute",), ("simulate",), ("sql",), ("app",), ("doctor",)),
    *(("collect",), ("collect", "market"), ("collect", "filings"), ("collect", "news"), ("collect", "all")),
    ("collect", "own"),
    *(("collect", "factors"), ("import",), ("import", "bars"), ("import", "facts"), ("import", "members")),
    ("import", "undo-repairs"),
    *(("update",), ("calibrate",)),
    *(("factors",), ("factors", "list"), ("factors", "show"), ("factors", "retire"), ("factors", "sheet")),
    *(("runs",), ("runs", "list"), ("runs", "show"), ("workflow",), ("workflow", "render")),
    *(("warehouse",), ("warehouse", "start"), ("warehouse", "stop"), ("warehouse", "status")),
    *(("warehouse", "backup"), ("warehouse", "restore")),
    *(("deploy",), ("deploy", "plan"), ("deploy", "up"), ("deploy", "down"), ("deploy", "status")),
]


@pytest.fixture(scope="module")
def nowhere(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home that no command here may touch."""
    return Home(tmp_path_factory.mktemp("cli") / "home")


def _snapshot(mined: Mined, command: tuple[str, ...]) -> tuple[str, ...]:
    """Name the snapshot where one is meant: the latest may be another test's."""
    return ("--snapshot", mined.result["snapshot"]) if command[0] == "evaluate" else ()


def test_every_command_is_listed_here() -> None:
    named = {name for name in command_line() if not name.startswith("-")}
    assert named == {command[0] for command in COMMANDS}
    for group in named:
        inner = {name for name in command_line()[group] if not name.startswith("-")}
        assert inner == {command[1] for command in COMMANDS if len(command) == 2 and command[0] == group}


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_has_an_example_and_touches_nothing(nowhere: Home, command: tuple[str, ...]) -> None:
    outcome = nowhere.lode(*command, "--help")
    assert outcome.code == 0
    assert f"lode {' '.join(command)}" in " ".join(outcome.out.split())
    assert "Example: lode" in " ".join(outcome.out.replace("│", " ").split())
    assert not nowhere.folder.exists()


def test_the_mining_options_stand_in_the_help_with_their_defaults(nowhere: Home) -> None:
    for command in ("run", "mine"):
        text = nowhere.lode(command, "--help").out
        for option, default in (("candidates", "2000"), ("splits", "60/20/20"), ("alpha", "0.05"), ("shards", "4")):
            assert f"--{option}" in text
            assert f"[default: {default}]" in text


def test_the_help_names_the_searchers(nowhere: Home) -> None:
    for command in ("run", "mine"):
        text = nowhere.lode(command, "--help").out
        assert all(name in text for name in BUILT_IN)


def test_version(nowhere: Home) -> None:
    assert nowhere.lode("--version").out.strip() == lode.__version__


@pytest.mark.parametrize(
    "command",
    [
        ("runs", "list", "--json"),
        ("factors", "list", "--json"),
        ("factors", "list", "--state", "proven", "--json"),
        ("warehouse", "status", "--json"),
        ("doctor", "--json"),
        ("workflow", "render"),
        ("snapshot", "--source", "market", "--json"),
        ("evaluate", "rank(volume)", "--json"),
        ("sql", "SELECT count() AS n FROM trials", "--format", "json"),
    ],
    ids=" ".join,
)
def test_json_is_one_object_on_standard_output_and_all_else_on_standard_error(
    mined: Mined, command: tuple[str, ...]
) -> None:
    outcome = mined.home.lode(*command, *_snapshot(mined, command))
    assert outcome.json
    assert all(json.loads(line) for line in outcome.err.splitlines())
    if command[0] != "sql":
        assert outcome.out.count("\n") == 1


def test_json_of_a_run_and_of_a_factor(mined: Mined) -> None:
    shown = mined.home.lode("runs", "show", mined.result["run"], "--json").json
    assert shown["state"] == "succeeded"
    assert shown["settings"]["options"]["candidates"] == 60
    assert {step["step"] for step in shown["steps"]} >= {"validate", "mine", "publish", "notify"}
    best = mined.result["proven"][0]
    factor = mined.home.lode("factors", "show", best["id"][:10], "--json").json
    assert (factor["factor"], factor["expression"]) == (best["id"], best["expression"])
    told = {(row["split"], row["metric"]): row["value"] for row in factor["runs"][0]["evidence"]}
    assert told["validation", "q"] == best["validation"]["q"]


def test_tables_for_a_reader(mined: Mined) -> None:
    best = mined.result["proven"][0]
    for command, shown in (
        (("runs", "list"), mined.result["run"]),
        (("runs", "show", mined.result["run"]), "publish"),
        (("factors", "list"), best["id"]),
        (("factors", "show", best["id"]), best["expression"]),
        (("warehouse", "status"), "embedded"),
        (("doctor",), "LODE_HOME"),
        (("snapshot", "--source", "market"), mined.result["snapshot"]),
        (("evaluate", "rank(volume)"), "rank"),
        (("sql", "SELECT count() AS n FROM runs"), "n"),
        (("mine", "--resume", mined.result["run"]), best["id"]),
    ):
        outcome = mined.home.lode(*command, *_snapshot(mined, command))
        assert outcome.code == 0
        assert shown in outcome.out


def test_import_counts_what_it_refused(mined: Mined, tmp_path: Path) -> None:
    path = tmp_path / "few.csv"
    path.write_text("symbol,date,close,low\nA,2019-01-02,3,2\nA,2019-01-02,4,2\nB,2019-01-02,3,4\nC,2019-01-06,1,1\n")
    told = mined.home.lode("import", "bars", path, "--source", "few", "--json").json
    assert (told["rows"], told["kept"]) == (4, 1)
    assert sum(told["quarantined"].values()) == 3
    assert mined.home.lode("import", "bars", path, "--source", "few").code == 0


def test_compute_writes_values_of_a_formula_and_of_a_factor(mined: Mined, tmp_path: Path) -> None:
    best = mined.result["proven"][0]
    for number, text in enumerate((best["expression"], best["id"])):
        outcome = mined.home.lode(
            "compute", text, "--snapshot", mined.result["snapshot"], "--out", tmp_path / f"{number}"
        )
        assert outcome.code == 0
    first, second = (pl.read_parquet(tmp_path / str(number)) for number in (0, 1))
    assert first.columns == ["session", "symbol", "value"]
    assert first.equals(second)
    assert first["value"].is_finite().all()


def test_evaluate_writes_a_page(mined: Mined, tmp_path: Path) -> None:
    assert (
        mined.home.lode(
            "evaluate", "rank(volume)", "--snapshot", mined.result["snapshot"], "--html", tmp_path / "sheet.html"
        ).code
        == 0
    )
    assert "<table" in (tmp_path / "sheet.html").read_text()


def test_evaluate_shows_what_it_is_asked_for(mined: Mined) -> None:
    asked = ("--delay", 0, "--neutralize", "market", "--quantiles", 3, "--horizon", 3, "--cost-bps", 0)
    snapshot = mined.result["snapshot"]
    told = mined.home.lode("evaluate", "rank(volume)", "--snapshot", snapshot, *asked, "--json").json
    assert (told["source"], told["snapshot"]) == ("market", snapshot)
    assert told["options"]["delay"] == 0
    assert list(told["horizons"]) == ["1", "2", "3", "5", "10", "20", "60"]
    assert len(told["quantiles"]["mean_return"]) == told["quantiles"]["count"] == 3
    assert told["quantiles"]["net_spread"] == told["quantiles"]["spread"]
    assert told["leak_check"] == "failed"  # delay 0 trades at the close that the value is known at
    assert {each["name"] for each in told["pool"]} == {factor["id"] for factor in mined.result["proven"]}
    assert told["library"]
    assert told["verdicts"]["trials"] > mined.result["trials"]
    assert told["last_session"] < mined.result["vault"].get("first_session", "9999")


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("--weighting", "cap"), "market_cap"),
        (("--neutralize", "country"), "allowed are none, market, sector, size, beta"),
        (("--quantiles", 1), "allowed is 2"),
        (("--delay", 9), "allowed is 0 to 5"),
    ],
)
def test_evaluate_says_what_it_cannot_show(mined: Mined, asked: tuple[object, ...], told: str) -> None:
    outcome = mined.home.lode("evaluate", "rank(volume)", "--snapshot", mined.result["snapshot"], *asked)
    assert outcome.code == 2
    assert told in outcome.err


def test_simulate_writes_the_same_bytes_for_the_same_seed(nowhere: Home, tmp_path: Path) -> None:
    options = ("--names", 12, "--sessions", 30, "--seed", 7, "--plant", "rank(volume)@0.05")
    for name in ("a", "b"):
        assert nowhere.lode("simulate", tmp_path / name, *options).code == 0
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert not nowhere.folder.exists()


def test_retire_marks_a_factor_and_keeps_its_evidence(tmp_path: Path, mined: Mined) -> None:
    retired = mined.result["refused"][-1]
    assert mined.home.lode("factors", "retire", retired["id"]).code == 0
    listed = mined.home.lode("factors", "list", "--state", "retired", "--json").json["factors"]
    assert [(factor["factor"], factor["reason"]) for factor in listed] == [(retired["id"], "retired by hand")]
    assert listed[0]["train_rank_ic"] is not None


def test_the_owner_stops_and_starts_again_on_demand(mined: Mined) -> None:
    assert mined.home.lode("warehouse", "stop").code == 0
    assert mined.home.lode("warehouse", "status", "--json").json["running"] is False
    assert mined.home.lode("runs", "list").code == 0
    assert mined.home.lode("warehouse", "start").code == 0
    assert mined.home.lode("warehouse", "status", "--json").json["running"] is True


def test_a_reader_that_goes_away_is_no_failure(mined: Mined) -> None:
    process = mined.home.spawn("sql", "SELECT * FROM factor_series", "--format", "csv")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=120) == 0
    assert process.stderr.read() == ""
    process.stderr.close()


def test_an_address_without_the_executor_that_it_is_for_is_refused(nowhere: Home) -> None:
    outcome = nowhere.lode("run", "--address", "head:6379")
    assert outcome.code == 2
    assert "give --executor ray with it" in outcome.message
