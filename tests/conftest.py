"""What every test may ask for."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from lode.settings import Settings, load_settings
from tools import chromium as browser

if TYPE_CHECKING:
    from tests.workflow.homes import Mined

ROOT = Path(__file__).resolve().parents[1]
SOAK = os.environ.get("LODE_SOAK") == "1"

# A tenth of the examples, the same ones each time; the soak looks for new ones.
settings.register_profile("tenth", max_examples=25, deadline=None, derandomize=True, database=None)
settings.register_profile("soak", max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("soak" if SOAK else "tenth")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what asks for `soak_scale`, so that `make soak` can choose it."""
    for item in items:
        if "soak_scale" in getattr(item, "fixturenames", ()):
            item.add_marker("soak")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the real data sets beside the checkout."""
    folder = (ROOT / "../shared/data").resolve()
    if not folder.is_dir():
        pytest.skip("needs the real data sets in ../shared/data, which are not here")
    return folder


@pytest.fixture(scope="session")
def soak_scale() -> float:
    """How much of a long test to run: all of it under `make soak`, a tenth otherwise."""
    return 1.0 if SOAK else 0.1


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty LODE_HOME in an empty working folder, with no other setting of this machine in reach.

    The embedded warehouse that a test started in it is stopped.
    """
    for name in list(os.environ):
        if name.startswith("LODE_") and name not in {"LODE_SOAK", "LODE_SIMD"}:
            monkeypatch.delenv(name)
    folder = tmp_path / "home"
    monkeypatch.setenv("LODE_HOME", str(folder))
    monkeypatch.setenv("LODE_WAREHOUSE_IDLE", "60")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    yield folder
    if folder.exists():
        _stop_warehouse(load_settings(home=folder))
        shutil.rmtree(folder, ignore_errors=True)  # a test may have taken its permissions away


@pytest.fixture
def lode_settings(home: Path) -> Settings:
    """Settings of an empty LODE_HOME."""
    return load_settings(home=home)


def _stop_warehouse(home_settings: Settings) -> None:
    if home_settings.warehouse_folder.exists():
        from lode.warehouse import stop

        stop(home_settings)


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of bars of 40 names × 420 sessions, with a factor planted so strongly that few candidates find it."""
    from lode.simulate import simulate, write_market

    path = tmp_path_factory.mktemp("market") / "market.parquet"
    write_market(simulate(40, 420, plant=[("rank(-ts_delta(close, 5))", 0.25)], seed=3), path)
    return path


@pytest.fixture(scope="session")
def mined(tmp_path_factory: pytest.TempPathFactory, market: Path) -> Iterator[Mined]:
    """A home with a run of `market`, by `lode run --json`; tests may add to it but not change what is there."""
    from tests.workflow.homes import SMALL, Home, Mined

    home = Home(tmp_path_factory.mktemp("mined") / "home")
    outcome = home.lode("run", "--source", market, *SMALL, "--json")
    yield Mined(home, outcome, outcome.json)
    home.stop()


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The browser's executable; its absence is a failure that names the command, never a skip."""
    return browser.ensure()
