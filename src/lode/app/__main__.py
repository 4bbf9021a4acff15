"""Streamlit's own command, once everything is loaded that the pages need: `lode app` runs this.

Streamlit runs the entry point at the first visit, and what it imports then is what that visitor waits for: two
seconds of a processor's time. Here the server listens as soon as all of it is there.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pkgutil import iter_modules

from lode.app import views
from lode.app.charts.haste import hasten
from lode.calendar import DEFAULT_EXCHANGE, last_closed_session

# What Streamlit, polars and the warehouse's client load at their first use.
_LATE = (
    "altair",
    "clickhouse_connect",
    "clickhouse_connect.driver.httputil",
    "jsonschema",
    "lode.app.admission",
    "lode.warehouse.arrow",
    "lode.warehouse.faults",
    "lode.warehouse.owner.launcher",
    "narwhals",
    "pandas",
    "pyarrow.pandas_compat",
    "streamlit.elements.arrow",
    "streamlit.elements.vega_charts",
    "streamlit.runtime.scriptrunner",
)


def load() -> None:
    """Import the pages and what they would import at their first use."""
    for name in (*(f"{views.__name__}.{each.name}" for each in iter_modules(views.__path__)), *_LATE):
        import_module(name)
    last_closed_session(DEFAULT_EXCHANGE, datetime.now(UTC))  # makes the exchange's calendar


def main() -> None:
    """Load, then serve: the arguments are those of `streamlit`."""
    with _caches_without_a_runtime():
        load()
    hasten()
    gc.freeze()  # what was loaded stays: collections need not look at it
    from streamlit.web.cli import main as streamlit  # noqa: PLC0415  it reads the command line when it is imported

    streamlit(prog_name="streamlit")


@contextmanager
def _caches_without_a_runtime() -> Iterator[None]:
    """Let caches be declared before the runtime is there, of which Streamlit warns once for each."""
    warned = logging.getLogger("streamlit.runtime.caching.cache_data_api")
    warned.disabled = True
    try:
        yield
    finally:
        warned.disabled = False


if __name__ == "__main__":
    main()
