"""Where an OpenAI-compatible endpoint is, and the key that it is asked with: checked before anything is sent."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from lode.errors import SettingsError
from lode.settings import Settings

OPENAI = "api.openai.com"


def check_address(settings: Settings) -> None:
    """Raise SettingsError for an address that is none, or that a key may not be sent to; no message holds the key."""
    parts = _parts(settings.proposer_url)
    if parts.username is not None or parts.password is not None:
        raise SettingsError("LODE_PROPOSER_URL has a user or password in it: the key belongs in LODE_PROPOSER_KEY")
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise _no_address(settings.proposer_url)
    if settings.proposer_key is None:
        if parts.hostname == OPENAI:
            raise SettingsError(f"LODE_PROPOSER is {settings.proposer!r}, and {OPENAI} needs LODE_PROPOSER_KEY")
        return
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise SettingsError(
            f"LODE_PROPOSER_URL {settings.proposer_url!r} would send LODE_PROPOSER_KEY in clear: https is allowed, and "
            "http to this machine alone; take https, or leave the key out"
        )
    key_of(settings)


def key_of(settings: Settings) -> str:
    """Return the key in clear, "" where there is none; SettingsError where no header can carry it."""
    if settings.proposer_key is None:
        return ""
    key = settings.proposer_key.get_secret_value().strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise SettingsError("LODE_PROPOSER_KEY is no key: printable ASCII characters without blanks are allowed")
    return key


def _parts(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        raise _no_address(url) from None


def _no_address(url: str) -> SettingsError:
    return SettingsError(
        f"LODE_PROPOSER_URL {url!r}: an address such as https://host/v1 is allowed, to which /chat/completions is added"
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
