"""The pages of docs/reference that tools.reference writes: as committed, and whole."""

import json
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from lode.cli import COMMANDS, command_line, main
from lode.collect.own_files import ImportReport
from lode.collect.report import Report
from lode.deploy.deployment import Deployment
from lode.deploy.planning import offline_plan
from lode.settings import Settings
from lode.warehouse.tables import tables
from lode.workflow.updating import summary
from tools.reference import PAGES
from tools.reference.commands import answers, commands
from tools.reference.markdown import table

DOCS = Path(__file__).resolve().parents[2] / "docs" / "reference"


@pytest.mark.parametrize("name", PAGES)
def test_the_page_in_the_docs_is_what_the_generator_writes(name):
    page = DOCS / f"{name}.md"
    assert page.read_text() == PAGES[name](), f"run: python -m tools.reference {name} > docs/reference/{name}.md"


def test_the_module_prints_a_page_and_lists_them_where_another_is_asked_for():
    command = [sys.executable, "-m", "tools.reference"]
    printed = subprocess.run([*command, "settings"], capture_output=True, text=True, check=True)
    assert printed.stdout == PAGES["settings"]()
    refused = subprocess.run([*command, "setting"], capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "there are commands, settings, tables, python" in refused.stderr


def test_every_command_has_a_section_with_an_example_and_a_meaning_for_each_argument():
    page = PAGES["commands"]()
    found = dict(commands(command_line([name for name, _, _ in COMMANDS])))
    assert {"run", "collect market", "import undo-repairs", "deploy up", "doctor"} <= set(found)
    for name, app in found.items():
        section = page.partition(f"## `lode {name}`\n")[2].partition("\n## ")[0]
        assert f"\n    lode {name}" in section, name
        for argument in app.assemble_argument_collection(parse_docstring=True):
            assert argument.names == ("*",) or argument.parameter.help, (name, argument.names)
    assert set(answers()) <= set(found)


def keys(command):
    """Return the keys of a command's answer that the page tells of, those within others left out."""
    return {key for several in answers()[command]["keys"] for key in several.split(", ") if "." not in key}


def test_every_key_of_an_answer_is_on_the_page(mined):
    run, lode = mined.result["run"], mined.home.lode
    assert keys("mine") == set(mined.result)
    for command, more in [
        ("evaluate", ["rank(volume)"]),
        ("snapshot", ["--source", "market"]),
        ("factors list", []),
        ("factors show", [mined.result["refused"][0]["id"]]),
        ("runs list", []),
        ("runs show", [run]),
        ("warehouse status", []),
        ("doctor", []),
    ]:
        assert keys(command) == set(lode(*command.split(), *more, "--json").json), command
    assert keys("update") == set(summary([]))
    assert keys("import bars") == {field.name for field in fields(ImportReport)}
    assert keys("collect market") == {field.name for field in fields(Report)} | {"failures"}
    assert keys("deploy plan") == set(offline_plan(Deployment(), Path("lode.toml")))


def test_every_key_of_a_calibration_is_on_the_page(home, capsys):
    market = Path("market.parquet")
    for arguments in [
        ["simulate", str(market), "--names", "12", "--sessions", "520"],
        ["import", "bars", str(market)],
        ["snapshot"],
        ["calibrate", "--markets", "1", "--candidates", "10", "--json"],
    ]:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 0
        told = capsys.readouterr().out
    assert keys("calibrate") == set(json.loads(told))


@pytest.mark.parametrize(
    ("row", "of"),
    [
        ("| `--horizon` | whole number, 1 to 250 | `1` |", "lode mine"),
        ("| `--seed` | whole number, 0 to 2⁶³ − 1 | `0` |", "lode mine"),
        ("| `--quantiles` | whole number, 2 to 1,000 | `5` |", "lode evaluate"),
        ("| `--executor` | `local`, `ray`, `aws` | `local` |", "lode run"),
        ("| `QUERY` | text | required |", "lode sql"),
    ],
)
def test_a_row_has_what_is_allowed_and_what_is_taken(row, of):
    assert row in PAGES["commands"]().partition(f"## `{of}`\n")[2].partition("\n## ")[0]


def test_every_setting_is_on_the_page_secrets_marked():
    page = PAGES["settings"]()
    for name in Settings.model_fields:
        assert f"| `LODE_{name.upper()}` |" in page
    for name in Deployment.model_fields:
        assert f"| `{name}` |" in page
    assert page.count("; *secret* |") == 5
    assert "| `LODE_SIGN_IN` | `none`, `balancer`, `oidc` | `none` |" in page
    assert "| `LODE_SEC_RATE` | number, > 0, ≤ 10 | `8` |" in page


def test_every_table_is_on_the_page_with_its_columns():
    page = PAGES["tables"]()
    for each in tables():
        section = page.partition(f"## `{each.name}` ")[2].partition("\n## ")[0]
        assert "- one row per: " in section
        assert all(f"| `{column.name}` | `{column.kind}` | " in section for column in each.columns), each.name


def test_a_bar_in_a_cell_does_not_end_it():
    assert table(("a",), [("|t|",)]).splitlines()[-1] == r"| \|t\| |"
