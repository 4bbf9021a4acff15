from __future__ import annotations

import json
import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    """Every synthesized template, by stack: made once, since node takes seconds to start."""
    from infra.app import build

    output = tmp_path_factory.mktemp("cdk.out")
    build(output).synth()
    return {
        path.name.removesuffix(".template.json"): json.loads(path.read_text())
        for path in output.glob("*.template.json")
    }


@pytest.fixture(autouse=True)
def no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test here can reach an account."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(Path(os.devnull)))
