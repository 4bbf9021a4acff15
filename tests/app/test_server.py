from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest

from lode.app.server import MAIN, SERVED, command, environment
from lode.errors import SettingsError
from lode.settings import Settings, load_settings
from lode.workflow.diagnosis import diagnose
from tests.app.balancer import ARN


def test_the_server_listens_on_loopback_and_reports_to_nobody():
    arguments = command(8765, load_settings())
    assert arguments[1:6] == ["-P", "-m", "lode.app", "run", str(MAIN)]
    for flag in (
        "--server.port=8765",
        "--server.address=127.0.0.1",
        "--server.headless=true",
        "--server.fileWatcherType=none",
        "--browser.gatherUsageStats=false",
        "--client.toolbarMode=minimal",
        "--client.showErrorDetails=none",
    ):
        assert flag in arguments


def test_the_icon_is_a_square_picture_in_the_package():
    body = MAIN.with_name("icon.png").read_bytes()
    assert body[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", body[16:24]) == (64, 64)
    assert len(body) < 4096


def test_beyond_loopback_the_server_speaks_tls_and_answers_for_its_domain_alone(home):
    arguments = command(
        8501,
        load_settings(
            home=home,
            app_address="0.0.0.0",  # noqa: S104  behind a balancer
            app_domain="lode.example.com",
            app_path="lode",
            sign_in="balancer",
            balancer_arn=ARN,
            sign_in_client="c",
            sign_in_issuer="i",
        ),
    )
    given = dict(argument.removeprefix("--").split("=", 1) for argument in arguments if argument.startswith("--"))
    assert given["server.address"] == "0.0.0.0"  # noqa: S104
    assert given["server.allowedHosts"] == given["browser.serverAddress"] == "lode.example.com"
    assert given["server.baseUrlPath"] == "lode"
    assert Path(given["server.sslCertFile"]).is_file()
    assert Path(given["server.sslKeyFile"]).is_file()


def oidc_settings(home: Path, **changed: Any) -> Settings:
    given = {
        "home": home,
        "sign_in": "oidc",
        "sign_in_issuer": "https://issuer.example",
        "sign_in_client": "lode",
        "sign_in_client_secret": "the client's secret",
        "sign_in_cookie_secret": "c" * 40,
    }
    return load_settings(**(given | changed))


def test_secrets_of_a_sign_in_are_no_arguments_and_in_no_file(home):
    settings = oidc_settings(home)
    arguments = command(8501, settings)
    assert arguments[5] == str(SERVED)
    assert "--server.trustedUserHeaders={}" in arguments
    assert not [argument for argument in arguments if "secret" in argument or "c" * 40 in argument]
    assert environment(settings) == {"STREAMLIT_SERVER_COOKIE_SECRET": "c" * 40}
    assert environment(load_settings(home=home)) == {}
    assert not home.exists()


def test_beyond_loopback_the_provider_leads_back_to_where_browsers_reach_the_server(home):
    everywhere = "0.0.0.0"  # noqa: S104  behind a proxy
    with pytest.raises(SettingsError, match="set LODE_APP_DOMAIN, or LODE_SIGN_IN_REDIRECT_URL"):
        command(8501, oidc_settings(home, app_address=everywhere))
    given = " ".join(command(8501, oidc_settings(home, app_address=everywhere, app_domain="lode.example.com")))
    assert "--server.sslCertFile=" in given


@pytest.mark.parametrize("changed", [{"researchers": "everybody"}, {"sign_in_cookie_secret": "short"}])
def test_a_sign_in_that_is_not_whole_does_not_start(home, changed):
    with pytest.raises(SettingsError, match=r"LODE_RESEARCHERS|LODE_SIGN_IN_COOKIE_SECRET"):
        command(8501, oidc_settings(home, **changed))


def test_a_missing_package_is_said_before_anybody_signs_in(home, monkeypatch):
    monkeypatch.setattr("lode.app.server.find_spec", lambda _: None)
    with pytest.raises(SettingsError, match=r"needs Authlib.*pip install 'lode-factors\[app\]'"):
        command(8501, oidc_settings(home))


def test_the_doctor_shows_no_secret_of_a_sign_in(home):
    shown = json.dumps(diagnose(oidc_settings(home)))
    assert "https://issuer.example" in shown
    assert not [secret for secret in ("the client's secret", "c" * 40) if secret in shown]


def test_on_loopback_there_is_no_certificate_and_no_domain(home):
    given = " ".join(command(8501, load_settings(home=home)))
    assert "ssl" not in given
    assert "allowedHosts" not in given
