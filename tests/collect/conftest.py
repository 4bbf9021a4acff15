"""An empty lake and an embedded warehouse that a test file's tests share, each under a source of its own."""

from __future__ import annotations

import itertools

import pytest

from lode.lake import open_lake
from lode.settings import load_settings
from lode.warehouse import open_warehouse, stop

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
