"""How the dashboard's server is started: on loopback, reporting to nobody.

Beyond loopback it starts only where a load balancer signs in, and speaks TLS.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from lode.app.admission import is_loopback, trusted_balancer, unguarded
from lode.app.certificate import make_certificate
from lode.settings import Settings

MAIN = Path(__file__).with_name("main.py")

_OPTIONS: Mapping[str, str] = {
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "server.runOnSave": "false",
    "server.showEmailPrompt": "false",
    "browser.gatherUsageStats": "false",
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "client.showErrorLinks": "false",
    "runner.magicEnabled": "false",
    "runner.postScriptGC": "false",  # a tenth of a second after every click, in which no other visitor is served
    "server.maxCacheDataSize": "256mb",
    "theme.baseRadius": "small",
    "theme.metricValueFontSize": "1.6rem",
    "theme.headingFontSizes": '["1.9rem", "1.35rem", "1.1rem"]',
    "theme.paddingTop": "2rem",
    "theme.light.primaryColor": "#0b5f8a",
    "theme.dark.primaryColor": "#6cb8e6",
}


def command(port: int, settings: Settings) -> list[str]:
    """Return the arguments of the process that serves the dashboard at this TCP port of the settings' address.

    `-P` keeps modules of the folder it is started in (a `click.py`, say) from standing in for those of the server.
    Raises SettingsError where it would serve everybody who reaches this machine.
    """
    where = {"server.address": settings.app_address, "server.port": str(port), "server.baseUrlPath": settings.app_path}
    options = {**where, **_reached(settings), **_OPTIONS}
    flags = [f"--{name}={value}" for name, value in options.items()]
    return [sys.executable, "-P", "-m", "lode.app", "run", str(MAIN), *flags]


def _reached(settings: Settings) -> dict[str, str]:
    """Options of where browsers reach the server; beyond loopback those of its TLS."""
    found = {"browser.serverAddress": settings.app_domain or "localhost"}
    if settings.app_domain:
        found |= {"browser.serverPort": "443", "server.allowedHosts": settings.app_domain}
    if is_loopback(settings.app_address):
        return found
    if settings.sign_in == "none":
        raise unguarded(settings.app_address)
    trusted_balancer(settings)
    certificate, key = make_certificate(settings.folder)
    return found | {"server.sslCertFile": str(certificate), "server.sslKeyFile": str(key)}
