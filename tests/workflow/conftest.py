"""An outside that faults befall, shared by the tests of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from lode.workflow.run import execute
from tests.replicas.outside import Outside, outside
from tests.workflow.faults import REQUEST, rows_of
from tests.workflow.homes import Here, Home, dying


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    with outside(tmp_path_factory.mktemp("faults")) as opened:
        yield opened


@pytest.fixture(scope="session")
def undisturbed(world: Outside) -> tuple[dict[str, pl.DataFrame], int]:
    """The rows of a run that nothing happened to, and how many writes it took."""
    with world.context() as context, dying(1_000_000) as countdown:
        execute(dict(REQUEST), context, Here(context))
        return rows_of(context), 1_000_000 - countdown.left


@pytest.fixture
def broken(world: Outside, tmp_path: Path) -> Iterator[Outside]:
    """The same outside, with an empty home."""
    other = replace(world, home=Home(tmp_path / "broken", world.home.environment))
    yield other
    other.home.stop()
