"""`lode collect` and `lode import` as a person types them, against replicas."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.replicas.outside import DAYS, SYMBOLS, TODAY, Outside, outside
from tests.replicas.server import Answer

UNIVERSE = ("--universe", ",".join(SYMBOLS))
RANGE = ("--since", DAYS[0].isoformat(), "--until", TODAY.isoformat())


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    with outside(tmp_path_factory.mktemp("cli")) as opened:
        yield opened


@pytest.fixture
def closed() -> str:
    """The address of a host at which nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_all_three_are_reported_and_a_second_time_nothing_is_new(world: Outside) -> None:
    told = world.home.lode("collect", "all", *UNIVERSE, *RANGE, "--json").json
    assert {name: (report["subjects"], report["failures"]) for name, report in told.items()} == {
        "market": (3, 0),
        "filings": (3, 0),
        "news": (3, 0),
    }
    assert told["market"]["rows"] == 3 * len(DAYS)
    again = world.home.lode("collect", "market", *UNIVERSE, *RANGE, "--json").json
    assert (again["rows"], sorted(again["unchanged"])) == (0, list(SYMBOLS))
    parsed = world.home.lode("collect", "market", "--reparse", "--json").json
    assert (parsed["rows"], parsed["failures"]) == (0, 0)


def test_a_symbol_that_fails_is_listed_and_the_exit_code_is_1(world: Outside) -> None:
    outcome = world.home.lode("collect", "market", "--universe", "AAA,NOSUCH", *RANGE)
    assert outcome.code == 1
    assert "UnknownSymbolError: Yahoo knows no such symbol" in outcome.out
    assert "1 failed, see above; run the same command again" in outcome.message


def test_a_host_where_nothing_listens_ends_the_collection_with_one_error(world: Outside, closed: str) -> None:
    home = replace(world.home, environment=(*world.home.environment, ("LODE_YAHOO_URL", closed)))
    host, symbols = closed.removeprefix("http://"), ",".join(f"X{number}" for number in range(40))
    outcome = home.lode("collect", "market", "--universe", symbols, *RANGE)
    assert outcome.code == 1
    (error,) = outcome.err.splitlines()  # no line of the log, no traceback
    assert error == (
        f"error: market: {host} refuses connections: nothing listens there; see whether LODE_YAHOO_URL is right and "
        "its service runs. 0 of 40 subjects came before that and are stored; the same command goes on with the rest"
    )
    assert "X1" not in outcome.out
    told = json.loads(home.lode("collect", "market", "--universe", "X1,X2", *RANGE, "--json").out)
    assert (told["failures"], told["stopped"]) == (2, error.partition("market: ")[2].replace("0 of 40", "0 of 2"))
    run = home.lode("run", "--source", "yahoo", "--universe", symbols, "--start", DAYS[0], "--end", TODAY)
    assert run.code == 1
    assert run.message.count(host) == 1


def test_live_tries_the_first_symbol_and_keeps_nothing(world: Outside) -> None:
    world.news.faults.append(Answer(401, b"{}"))
    before = world.home.lode("sql", "SELECT count() AS n FROM collections", "--format", "csv").out
    outcome = world.home.lode("collect", "news", "--universe", "ZZZ", "--live", "--json")
    assert outcome.code == 1
    assert "LODE_TAVILY_KEY" in json.loads(outcome.out)["failed"]["ZZZ"]
    assert world.home.lode("sql", "SELECT count() AS n FROM collections", "--format", "csv").out == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("market",), "--universe is missing: dow30"),
        (("filings", "--reparse", "--universe", "AAA"), "leave --universe and --live out"),
        (("market", "--universe", "AAA", "--since", "2030-01-01"), "--since 2030-01-01 is after"),
        (("market", "--universe", "?"), "'?' cannot be a symbol"),
        (("own", "house"), "give either --reparse"),
        (("own", "house", "--universe", "AAA", "--reparse"), "give either --reparse"),
        (("own", "house", "--universe", "AAA"), "collector 'house' is not known"),
    ],
)
def test_wrong_usage_is_explained(world: Outside, arguments: tuple[str, ...], message: str) -> None:
    outcome = world.home.lode("collect", *arguments)
    assert outcome.code == 2
    assert message in outcome.message


def test_own_facts_and_members_are_imported_and_counted(world: Outside, tmp_path: Path) -> None:
    facts, members = tmp_path / "mine.csv", tmp_path / "club.csv"
    facts.write_text(
        "symbol,period_end,filed,revenue,net_income\nAAA,2022-12-31,2023-02-15,1000,100\nAAA,2024-12-31,2023-02-15,1,1\n"
    )
    members.write_text(
        "symbol,first_session,last_session\nAAA,2023-06-01,\nBBB,2023-06-01,2023-12-29\nCCC,2024-05-01,2024-01-02\n"
    )
    told = world.home.lode("import", "facts", facts, "--json").json
    assert (told["rows"], told["kept"], told["source"]) == (2, 1, "mine")
    assert sum(told["quarantined"].values()) == 1
    spells = world.home.lode("import", "members", members, "--json").json
    assert (spells["rows"], spells["kept"], spells["universes"]) == (3, 2, {"club": 2})
    shown = world.home.lode("import", "members", members)
    assert "quarantined" in shown.out


def test_a_repair_rule_that_there_is_not_is_named(world: Outside, market: Path) -> None:
    outcome = world.home.lode("import", "bars", market, "--repair", "magic")
    assert outcome.code == 2
    assert "no repair rule 'magic'; there are: minor_unit, decimal_slip" in outcome.message
    assert world.home.lode("import", "bars", market, "--repair", "minor_unit", "--json").json["repaired"] == {
        "minor_unit": 0
    }
    assert world.home.lode("import", "undo-repairs", "market", "--json").json == {"source": "market", "undone": 0}


def test_an_import_says_what_it_did_not_use_and_where_the_refused_rows_are(world: Outside, tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("symbol,date,close,score\nA,2019-01-02,3,1\nA,2019-01-03,-4,2\n")
    shown = world.home.lode("import", "bars", path).out
    assert re.search(r"ignored +│ score", shown)
    query = re.search(r'lode sql "(SELECT reason, row_json FROM quarantine .*)"', shown)
    assert query
    assert "a price of 0 or less" in world.home.lode("sql", query[1]).out


def test_an_import_that_kept_nothing_fails(world: Outside, tmp_path: Path) -> None:
    path = tmp_path / "days.csv"
    path.write_text("symbol,date,close\nA,12/31/2019,3\n")
    outcome = world.home.lode("import", "bars", path)
    assert outcome.code == 1
    assert "unreadable date" in outcome.out
    assert f"no row of {path} was kept" in outcome.message
