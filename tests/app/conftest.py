from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from lode.app.server import MAIN
from lode.settings import load_settings
from lode.warehouse import stop
from tests.app.finished import Finished, finished_run
from tests.app.papers import MARKUP, write_papers

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


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with one name: prices, a split, facts, filings with documents, articles."""
    yield from _papers(tmp_path_factory, "")


@pytest.fixture(scope="session")
def hostile_papers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The same with titles, a name and a text that are Markdown and HTML."""
    yield from _papers(tmp_path_factory, MARKUP)


def _papers(factory: pytest.TempPathFactory, text: str) -> Iterator[Path]:
    settings = load_settings(home=factory.mktemp("papers"), warehouse_url=None, lake_url=None, warehouse_idle=60)
    write_papers(settings, text=text)
    yield settings.folder
    stop(settings)


@pytest.fixture
def visit_page(home: Path, monkeypatch: pytest.MonkeyPatch) -> Visit:
    """Return what opens a page by its path: of a home, the test's own empty one by default, at a query string."""
    st.cache_data.clear()

    def opened(path: str, at_home: Path = home, **query: str) -> AppTest:
        monkeypatch.setenv("LODE_HOME", str(at_home))
        page = AppTest.from_file(str(MAIN), default_timeout=120)
        page._page_hash = calc_hash(path)  # AppTest.switch_page knows pages that are files
        page.query_params.update(query)
        return page.run()

    return opened
