"""An empty lake and an embedded warehouse that a test file's tests share, each under a source of its own."""

from __future__ import annotations

import itertools

import pytest
import stamina

from lode.lake import Lake, open_lake
from lode.settings import load_settings
from lode.warehouse import open_warehouse, stop
from tests.replicas.server import Replica
from tests.replicas.world import DAYS, World
from tests.replicas.yahoo import Market

_NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def collect_settings(tmp_path_factory):
    settings = load_settings(home=tmp_path_factory.mktemp("home"), warehouse_idle=60)
    yield settings
    stop(settings)


@pytest.fixture(scope="module")
def warehouse(collect_settings):
    with open_warehouse(collect_settings) as opened:
        yield opened


@pytest.fixture
def lake(collect_settings):
    return open_lake(collect_settings)


@pytest.fixture
def source():
    return f"test-{next(_NUMBERS)}"


@pytest.fixture
def world(warehouse, collect_settings, tmp_path):
    """An empty market behind a replica of Yahoo, an empty lake, and the warehouse, emptied."""
    stage = Market({}, DAYS[-1])
    with Replica(stage) as replica, stamina.set_testing(True, attempts=3):
        settings = collect_settings.model_copy(update={"yahoo_url": replica.url, "yahoo_rate": 500.0})
        yield World(stage, replica, settings, warehouse, Lake((tmp_path / "world").as_uri()))
