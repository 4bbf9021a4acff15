"""One real run, small and quick, that the tests of the pages and of the browser share, across their processes too."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lode.settings import Settings, load_settings
from lode.simulate import simulate, write_market

PLANT = [("-returns", 0.12)]
OPTIONS = ("--candidates", "60", "--shards", "2", "--seed", "1")


@dataclass(frozen=True)
class Finished:
    """A home with a finished run; `result` is what `lode run --json` printed."""

    home: Path
    result: dict[str, Any]

    @property
    def settings(self) -> Settings:
        return load_settings(home=self.home, warehouse_url=None, lake_url=None)

    @property
    def proven(self) -> dict[str, Any]:
        return self.result["proven"][0]

    @property
    def refused(self) -> dict[str, Any]:
        return self.result["refused"][-1]


def finished_run(factory: pytest.TempPathFactory) -> Finished:
    """Return the run, made by the first that asks, be it in another of pytest's workers."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "finished_run"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = folder / "result.json"
        if not result.exists():
            result.write_text(_mined(folder))
    return Finished(folder / "home", json.loads(result.read_text()))


def environment(home: Path, **settings: str) -> dict[str, str]:
    """Environment of a process that knows of this home and of nothing else on this machine."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LODE_", "STREAMLIT_"))}
    return kept | {"LODE_HOME": str(home), "LODE_WAREHOUSE_IDLE": "60", **settings}


def _mined(folder: Path) -> str:
    market = folder / "market.parquet"
    write_market(simulate(40, 600, plant=PLANT, seed=3), market)
    command = [sys.executable, "-m", "lode.cli", "run", "--source", str(market), *OPTIONS, "--json"]
    done = subprocess.run(
        command, cwd=folder, env=environment(folder / "home"), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
