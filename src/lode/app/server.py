"""How the dashboard's server is started: on loopback, reporting to nobody.

Beyond loopback it starts only where visitors sign in, and speaks TLS.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from lode.app import oidc, roles
from lode.app.admission import is_loopback, trusted_balancer, unguarded
from lode.app.certificate import make_certificate
from lode.errors import SettingsError
from lode.settings import Settings

MAIN = Path(__file__).with_name("main.py")
SERVED = Path(__file__).with_name("served.py")

_OPTIONS: Mapping[str, str] = {
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "server.runOnSave": "false",
    "server.showEmailPrompt": "false",
    "server.trustedUserHeaders": "{}",
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
    "theme.light.textColor": "#14161a",  # dark enough that captions, drawn at 60 % of it, keep 4.5 to 1
    "theme.dark.primaryColor": "#2a7db0",  # chips and buttons write white on it: 4.5 to 1, so nothing is written in it
    "theme.dark.linkColor": "#6cb8e6",
}


def command(port: int, settings: Settings) -> list[str]:
    """Return the arguments of the process that serves the dashboard at this TCP port of the settings' address.

    `-P` keeps modules of the folder it is started in (a `click.py`, say) from standing in for those of the server.
    Raises SettingsError where it would serve everybody who reaches this machine.
    """
    list(roles.researchers(settings.researchers))
    script = SERVED if settings.sign_in == "oidc" else MAIN
    where = {"server.address": settings.app_address, "server.port": str(port), "server.baseUrlPath": settings.app_path}
    options = {**where, **_reached(settings), **_OPTIONS}
    flags = [f"--{name}={value}" for name, value in options.items()]
    return [sys.executable, "-P", "-m", "lode.app", "run", str(script), *flags]


def environment(settings: Settings) -> dict[str, str]:
    """Return the variables that this process needs besides its own: secrets are no arguments, which others can list."""
    if settings.sign_in != "oidc":
        return {}
    return {"STREAMLIT_SERVER_COOKIE_SECRET": oidc.provider(settings).cookie_secret.get_secret_value()}


def _reached(settings: Settings) -> dict[str, str]:
    """Options of where browsers reach the server; beyond loopback those of its TLS."""
    found = {"browser.serverAddress": settings.app_domain or "localhost"}
    if settings.app_domain:
        found |= {"browser.serverPort": "443", "server.allowedHosts": settings.app_domain}
    if settings.sign_in == "oidc":
        _require_provider(settings)
    if is_loopback(settings.app_address):
        return found
    if settings.sign_in == "none":
        raise unguarded(settings.app_address)
    if settings.sign_in == "balancer":
        trusted_balancer(settings)
    certificate, key = make_certificate(settings.folder)
    return found | {"server.sslCertFile": str(certificate), "server.sslKeyFile": str(key)}


def _require_provider(settings: Settings) -> None:
    """Refuse what would fail at the first sign-in, or lead visitors from elsewhere back to this machine's loopback."""
    if find_spec("authlib") is None:
        raise SettingsError("LODE_SIGN_IN=oidc needs Authlib, which is not installed: pip install 'lode-factors[app]'")
    redirect = oidc.provider(settings).redirect_url
    if not is_loopback(settings.app_address) and is_loopback(urlsplit(redirect).hostname):
        raise SettingsError(
            f"the dashboard would listen on {settings.app_address} and lead visitors back to {redirect}: "
            "set LODE_APP_DOMAIN, or LODE_SIGN_IN_REDIRECT_URL to the address that browsers use"
        )
