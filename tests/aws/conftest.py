from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def synthesized(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Callable[[str], Path]:
    """Return the folder of a variant's assembly, with cdk-nag's findings in `findings.json`.

    Made once for all workers of a session, since node takes seconds to start.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent

    def folder(name: str) -> Path:
        made = shared / f"cdk-{name}"
        with (shared / f"cdk-{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (made / "findings.json").exists():
                from infra import audit
                from infra.app import build

                found = audit.synthesize(build(made, audit.variant(name)))
                (made / "findings.json").write_text(json.dumps([asdict(finding) for finding in found]))
        return made

    return folder


@pytest.fixture(scope="session")
def assembly(synthesized: Callable[[str], Path]) -> Callable[[str], dict[str, Any]]:
    """Return the templates of a variant ("hobby", "desk", "outside"), by stack."""
    return lambda name: {
        path.name.removesuffix(".template.json"): json.loads(path.read_text())
        for path in sorted(synthesized(name).glob("*.template.json"))
    }


@pytest.fixture(scope="session")
def templates(assembly: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """Every synthesized template of the smallest deployment, by stack."""
    return assembly("hobby")


@pytest.fixture(autouse=True)
def no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test here can reach an account."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(Path(os.devnull)))
