"""How the dashboard's server is started: on loopback, reporting to nobody."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

MAIN = Path(__file__).with_name("main.py")

_OPTIONS: Mapping[str, str] = {
    "server.address": "127.0.0.1",
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "server.runOnSave": "false",
    "server.showEmailPrompt": "false",
    "browser.serverAddress": "localhost",
    "browser.gatherUsageStats": "false",
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "client.showErrorLinks": "false",
    "runner.magicEnabled": "false",
    "theme.baseRadius": "small",
    "theme.metricValueFontSize": "1.6rem",
    "theme.headingFontSizes": '["1.9rem", "1.35rem", "1.1rem"]',
    "theme.paddingTop": "2rem",
    "theme.light.primaryColor": "#0b5f8a",
    "theme.dark.primaryColor": "#6cb8e6",
}


def command(port: int) -> list[str]:
    """Return the arguments of the process that serves the dashboard on 127.0.0.1 at this TCP port.

    `-P` keeps modules of the folder it is started in (a `click.py`, say) from standing in for those of the server.
    """
    options = {"server.port": str(port), **_OPTIONS}
    flags = [f"--{name}={value}" for name, value in options.items()]
    return [sys.executable, "-P", "-m", "streamlit", "run", str(MAIN), *flags]
