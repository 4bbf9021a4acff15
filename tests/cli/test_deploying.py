"""`lode deploy` as it is called: what it asks, what it prints, and that it does nothing that was not confirmed."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import NoReturn

import pytest

from lode.cli import deploying, main
from lode.deploy import toolkit
from lode.errors import UsageError


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No account, no lode.toml, no checkout."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "LODE_"))]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)  # it keeps the credentials that it found first
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(toolkit.lode, "__file__", str(tmp_path / "a" / "b" / "lode" / "__init__.py"))


def called(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["deploy", *words])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_an_installed_package_plans_costs_and_says_what_it_lacks(capsys: pytest.CaptureFixture[str]) -> None:
    assert called("plan", "--json") == 0
    made = json.loads(capsys.readouterr().out)
    assert made["costs"]["day"] > 1
    assert "clone the repository" in made["unknown"]
    assert called("plan") == 0
    told = capsys.readouterr().out
    assert "interface endpoints" in told
    assert "a day" in told
    assert "as of" in told


def test_an_installed_package_cannot_deploy(capsys: pytest.CaptureFixture[str]) -> None:
    assert called("up", "--yes") == 2
    assert "clone the repository" in capsys.readouterr().err


def test_a_stack_that_is_none_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert called("up", "--stacks", "storge") == 2
    assert "allowed are storage, network" in capsys.readouterr().err


@pytest.mark.parametrize("command", [("status",), ("down", "--yes"), ("down", "--delete-data", "lode", "--yes")])
def test_without_credentials_the_next_step_is_named(
    command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert called(*command) == 1
    assert "no credentials for AWS" in capsys.readouterr().err


def test_data_are_deleted_by_the_deployments_own_name_only(capsys: pytest.CaptureFixture[str]) -> None:
    Path("lode.toml").write_text('[deploy]\nname = "acme"\n')
    assert called("down", "--delete-data", "lode", "--yes") == 2
    assert "allowed is the deployment's name, acme" in capsys.readouterr().err


def test_a_faulty_setting_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    Path("lode.toml").write_text('[deploy]\nsize = "huge"\n')
    assert called("plan") == 2
    assert "huge" in capsys.readouterr().err


def test_it_is_asked_at_a_terminal_and_refused_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    made = deploying.Deployment()
    monkeypatch.setattr("sys.stdin", Terminal("lode\n"))
    deploying._confirm("deploy", made, yes=False)
    monkeypatch.setattr("sys.stdin", Terminal("yes\n"))
    with pytest.raises(UsageError, match="nothing was changed"):
        deploying._confirm("deploy", made, yes=False)
    monkeypatch.setattr("sys.stdin", io.StringIO("lode\n"))
    with pytest.raises(UsageError, match="give --yes"):
        deploying._confirm("deploy", made, yes=False)


def test_help_loads_nothing_of_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> NoReturn:
        raise AssertionError

    monkeypatch.setattr("lode.deploy.account._boto", refuse)
    assert called("--help") == 0
