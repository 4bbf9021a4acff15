from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from lode.errors import SettingsError
from lode.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def _clean(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LODE_HOME", "LODE_WAREHOUSE_IDLE"):
        monkeypatch.delenv(name)


def test_defaults() -> None:
    settings = load_settings()
    assert settings.folder == Path("~/.lode").expanduser()
    assert settings.lake == (settings.folder / "lake").as_uri()
    assert settings.warehouse_folder == settings.folder / "warehouse"
    assert settings.cache == settings.folder / "cache"
    assert settings.warehouse_url is None


def test_the_first_source_that_has_a_value_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("lode.toml").write_text('yahoo_rate = 1.0\nhttp_timeout = 1.0\nhome = "/toml"\nquery_limit = 1.0\n')
    Path(".env").write_text("LODE_YAHOO_RATE=2\nLODE_HTTP_TIMEOUT=2\nLODE_HOME=/env-file\n")
    monkeypatch.setenv("LODE_YAHOO_RATE", "3")
    monkeypatch.setenv("LODE_HTTP_TIMEOUT", "3")
    monkeypatch.setenv("LODE_QUERY_LIMIT", "")
    settings = load_settings(yahoo_rate=4.0)
    assert (settings.yahoo_rate, settings.http_timeout, settings.home) == (4.0, 3.0, Path("/env-file"))
    assert settings.query_limit == 1.0


def test_a_relative_home_becomes_absolute() -> None:
    assert load_settings(home="here").folder == Path.cwd() / "here"


@pytest.mark.parametrize(
    ("name", "value"), [("yahoo_rate", -1), ("yahoo_concurrency", 0), ("http_timeout", "soon"), ("log_level", "loud")]
)
def test_a_malformed_setting_is_named_with_every_place_where_it_was_looked_for(name: str, value: object) -> None:
    with pytest.raises(SettingsError) as failure:
        load_settings(**{name: value})
    for words in (f"{name}: ", f"got {value!r}", "environment (LODE_…)", str(Path(".env").absolute()), "lode.toml"):
        assert words in str(failure.value)


def test_a_setting_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        load_settings().home = Path("/other")  # type: ignore[misc]


def test_secrets_are_shown_to_our_own_worker_and_to_nobody_else() -> None:
    settings = load_settings(warehouse_url="https://user:tell-nobody@host:8443/lode")
    assert "tell-nobody" not in repr(settings) + str(settings) + settings.model_dump_json()
    disclosed = json.loads(json.dumps(settings.disclosed()))
    assert Settings(**disclosed) == settings
