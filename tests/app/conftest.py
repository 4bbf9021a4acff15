from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from lode.app.server import MAIN
from lode.warehouse import stop
from tests.app.finished import Finished, finished_run

Visit = Callable[..., AppTest]


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finished]:
    """A home with a finished run on a market with a planted factor."""
    made = finished_run(tmp_path_factory)
    yield made
    stop(made.settings)  # whoever else uses it starts it again


@pytest.fixture
def visit(home: Path, monkeypatch: pytest.MonkeyPatch) -> Visit:
    """Return what opens the dashboard of a home, the test's own empty one by default, at a query string."""
    st.cache_data.clear()

    def opened(at_home: Path = home, **query: str) -> AppTest:
        monkeypatch.setenv("LODE_HOME", str(at_home))
        page = AppTest.from_file(str(MAIN), default_timeout=120)
        page.query_params.update(query)
        return page.run()

    return opened
