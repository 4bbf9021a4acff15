from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from lode.settings import load_settings
from lode.warehouse import stop
from tests.app.finished import Finished, environment, finished_run
from tests.app.hostile import write_home

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 60_000  # milliseconds: a machine that does other things too


class Watched:
    """A browser window and everything that went wrong in it."""

    def __init__(self, page: Page, base: str) -> None:
        self.page, self.base, self.faults = page, base, []
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("console", self._heard)
        page.on("request", self._asked)
        page.on("requestfailed", lambda request: self.faults.append(f"failed: {request.url} {request.failure}"))
        page.on("response", self._answered)
        page.on("dialog", self._interrupted)

    def open(self, path: str = "/") -> Page:
        self.page.goto(self.base + path)
        return self.settled()

    def settled(self) -> Page:
        """Wait until the page is drawn to its last line."""
        self.page.get_by_text("Read from", exact=False).wait_for()
        return self.page

    def _heard(self, message) -> None:
        if message.type in {"error", "warning"}:
            self.faults.append(f"{message.type}: {message.text}")

    def _asked(self, request) -> None:
        if not request.url.startswith((self.base, self.base.replace("http", "ws"), "data:", "blob:")):
            self.faults.append(f"foreign: {request.url}")

    def _answered(self, response) -> None:
        if response.status >= 400:
            self.faults.append(f"{response.status}: {response.url}")

    def _interrupted(self, dialog) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()


Window = Callable[..., Watched]


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finished]:
    made = finished_run(tmp_path_factory)
    yield made
    stop(made.settings)


@pytest.fixture(scope="session")
def dashboard(finished: Finished) -> Iterator[str]:
    """Address of `lode app` over the home with a finished run."""
    with served(finished.home) as base:
        yield base


@pytest.fixture(scope="session")
def hostile_dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of `lode app` over a home whose stored texts are Markdown and HTML."""
    settings = load_settings(home=tmp_path_factory.mktemp("hostile"), warehouse_url=None, lake_url=None)
    write_home(settings)
    with served(settings.folder) as base:
        yield base
    stop(settings)


@pytest.fixture(scope="session")
def browser(chromium: Path) -> Iterator[Browser]:
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=chromium, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def window(browser: Browser, dashboard: str) -> Iterator[Window]:
    """Return what opens a window on the dashboard; at the end nothing may have gone wrong in any of them."""
    opened: list[tuple[BrowserContext, Watched]] = []

    def open_window(
        width: int = 1280,
        height: int = 900,
        base: str = dashboard,
        zone: str = "UTC",
        scheme: Literal["light", "dark"] = "light",
    ) -> Watched:
        context = browser.new_context(
            viewport={"width": width, "height": height}, timezone_id=zone, color_scheme=scheme
        )
        opened.append((context, Watched(context.new_page(), base)))
        return opened[-1][1]

    yield open_window
    faults = [fault for _, watched in opened for fault in watched.faults]
    for context, _ in opened:
        context.close()
    assert faults == []


def free_port() -> int:
    """Return a port of this machine that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextmanager
def served(
    home: Path, *, at: int | None = None, unseen: tuple[str, ...] = ("Traceback",), **settings: str
) -> Iterator[str]:
    """Run `lode app`, and end it with its children; its log holds nothing of what is `unseen`: no failure."""
    port = at or free_port()
    log = home.parent / f"{home.name}.{port}.app.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "lode.cli", "app", "--port", str(port)],
            cwd=home.parent,
            env=environment(home, **settings),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        base = "/".join(part for part in (f"http://localhost:{port}", settings.get("LODE_APP_PATH")) if part)
        _await(process, f"{base}/_stcore/health", log)
        yield base
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)
    assert not [text for text in unseen if text in log.read_text()]


def _await(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.2)
    pytest.fail(f"the dashboard does not answer:\n{log.read_text()}")
