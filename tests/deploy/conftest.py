from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import ActionResult

from lode.deploy.account import Account
from lode.deploy.deployment import PARTS, Deployment
from lode.deploy.toolkit import Outcome, Toolkit

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test here can reach an account."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)  # it keeps the credentials that it found first


@pytest.fixture
def protection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Termination protection, which moto remembers and neither changes nor heeds."""

    def update(self: CloudFormationResponse) -> ActionResult:
        stack = self.cloudformation_backend.get_stack(self._get_param("StackName"))
        stack.enable_termination_protection = self._get_param("EnableTerminationProtection") in {True, "true"}
        return ActionResult({"StackId": stack.stack_id})

    def delete(self: CloudFormationResponse) -> ActionResult:
        stack = self.cloudformation_backend.get_stack(self._get_param("StackName"))
        if stack.enable_termination_protection:
            raise ValidationError(message=f"Stack [{stack.name}] cannot be deleted while TerminationProtection is on")
        return deleted(self)

    deleted = CloudFormationResponse.delete_stack
    monkeypatch.setattr(CloudFormationResponse, "update_termination_protection", update, raising=False)
    monkeypatch.setattr(CloudFormationResponse, "delete_stack", delete)


@pytest.fixture
def account(protection: None) -> Iterator[Account]:
    """An empty account, of moto's."""
    with mock_aws():
        yield Account("us-east-1")


@dataclass
class Recorder:
    """Starts nothing: keeps the command lines, writes what the templates' command would, tells what it was given."""

    templates: Mapping[str, Mapping[str, Any]]
    folder: Path
    artifacts: Mapping[str, Mapping[str, Any]]
    diff: str = ""
    code: int = 0
    engine: int = 0
    lines: list[list[str]] = field(default_factory=list)
    environments: list[Mapping[str, str]] = field(default_factory=list)

    def __call__(self, command: Sequence[str], environment: Mapping[str, str], _folder: Path, _quiet: bool) -> Outcome:
        self.lines.append(list(command))
        self.environments.append(environment)
        if "infra.app" in command:
            for name, template in self.templates.items():
                (self.folder / f"{name}.template.json").write_text(json.dumps(template))
            (self.folder / "manifest.json").write_text(json.dumps({"artifacts": self.artifacts}))
            (self.folder / "LodeApp.assets.json").write_text(json.dumps({"dockerImages": {"an image": {}}}))
        if command[-1] == "info":
            return Outcome(self.engine, "")
        return Outcome(self.code, self.diff if "diff" in command else "the tool's last words")

    def calls(self, command: str) -> list[list[str]]:
        """The words behind `cdk <command>`, of each call."""
        return [line[line.index(command) :] for line in self.lines if command in line]


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    folder = tmp_path / "assembly"
    folder.mkdir()
    templates: dict[str, Any] = {Deployment().stack(part): {"Resources": {}} for part in PARTS}
    templates["LodeApp"]["Parameters"] = {
        "Domain": {"Type": "String", "Description": "host name"},
        "BootstrapVersion": {"Type": "String", "Default": "/cdk"},
    }
    templates["LodeObservability"]["Parameters"] = {"AlarmEmail": {"Type": "String"}}
    artifacts: dict[str, Any] = {name: {"dependencies": ["LodeStorage"]} for name in templates}
    artifacts |= {"LodeStorage": {}, "LodeMining": {"dependencies": ["LodeNetwork", "an-asset"]}, "an-asset": {}}
    return Recorder(templates, folder, artifacts)


@pytest.fixture
def toolkit(recorder: Recorder, tmp_path: Path) -> Toolkit:
    return Toolkit(Deployment(), tmp_path / "lode.toml", tmp_path, recorder.folder, recorder)
