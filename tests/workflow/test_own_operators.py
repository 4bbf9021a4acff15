from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lode.errors import SettingsError, UsageError
from lode.language import own_operators
from lode.warehouse.stores.ledger import read_trials
from lode.workflow import own_operators as loading
from lode.workflow.own_operators import load_operators, loaded_operators, require_operators
from lode.workflow.plan import load_plan
from tests.workflow.homes import SMALL, Home
from tools.pages.reading import blocks

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "own-operators.md"
EXAMPLE = next(block.text for block in blocks(GUIDE) if block.title == "operators.py")


@pytest.fixture(autouse=True)
def _none_stays(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(loading, "_LOADED", {})
    yield
    for name in own_operators():
        loading.forget(name)


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The guide's example as a file."""
    path = tmp_path / "operators.py"
    path.write_text(EXAMPLE)
    return path


def test_the_guides_example_is_searched_with_by_worker_processes(example: Path, tmp_path: Path, market: Path) -> None:
    home = Home(tmp_path / "home", (("LODE_OPERATORS", str(example)),))
    try:
        run = home.lode("run", "--source", market, *SMALL, "--searcher", "random", "--json").json["run"]
        with home.context() as context:
            trials = read_trials(context.warehouse, run)
            assert trials["expression"].str.contains("ts_midrange").any()
            plan = load_plan(context, run)
            assert plan.operators == loaded_operators() != ()
        assert home.lode("evaluate", "rank(ts_midrange(close, 10) / close)", "--json").json["leak_check"] == "passed"
        example.write_text(EXAMPLE.replace("/ 2", "/ 3"))
        assert "uses operators of your own, ts_midrange@" in home.lode("run", "--resume", run).message
    finally:
        home.stop()


def test_a_file_is_loaded_once_and_again_when_it_changes(example: Path) -> None:
    load_operators(f" {example}, ")
    (first,) = loaded_operators()
    load_operators(str(example))
    assert loaded_operators() == (first,)
    example.write_text(EXAMPLE.replace("ts_midrange", "ts_middle"))
    load_operators(str(example))
    assert own_operators() == ("ts_middle",)
    with pytest.raises(UsageError, match=r"run x uses .*ts_midrange@\w{12}.* not loaded here \(there are: ts_middle@"):
        require_operators("run x", (first,))


def test_an_entry_point_is_loaded_when_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "house_factors.py").write_text(EXAMPLE)
    info = tmp_path / "house_factors-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: house-factors\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[lode.operators]\nhouse = house_factors\n")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    load_operators(None)
    assert own_operators() == ()
    load_operators("house")
    assert own_operators() == ("ts_midrange",)
    with pytest.raises(SettingsError, match=r"names 'other': allowed are .py files and .*installed: house"):
        load_operators("other")


def test_what_cannot_be_loaded_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no such file as"):
        load_operators(str(tmp_path / "none.py"))
    broken = tmp_path / "broken.py"
    broken.write_text("import nothing_of_the_kind")
    with pytest.raises(SettingsError, match="ModuleNotFoundError in it"):
        load_operators(str(broken))
