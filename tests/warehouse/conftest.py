from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lode.settings import Settings, load_settings
from lode.warehouse import Warehouse, open_warehouse, stop


def make_settings(home: Path) -> Settings:
    return load_settings(home=home, warehouse_url=None, warehouse_idle=600.0, query_limit=20.0)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """One owner for all tests that do not kill it."""
    settings = make_settings(tmp_path_factory.mktemp("warehouse"))
    yield settings
    stop(settings)


@pytest.fixture(scope="session")
def writer(served: Settings) -> Iterator[Warehouse]:
    with open_warehouse(served) as warehouse:
        yield warehouse


@pytest.fixture(scope="session")
def reader(served: Settings) -> Iterator[Warehouse]:
    with open_warehouse(served, access="read") as warehouse:
        yield warehouse


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Settings]:
    """An owner of the test's own, to be killed."""
    settings = make_settings(tmp_path)
    yield settings
    stop(settings)


@pytest.fixture
def table(writer: Warehouse, request: pytest.FixtureRequest) -> Iterator[str]:
    """A name of a table that is dropped afterwards."""
    name = f"t_{abs(hash(request.node.nodeid)):x}"
    yield name
    writer.command(f"DROP TABLE IF EXISTS {name} SYNC")
