from __future__ import annotations

import struct
from pathlib import Path

from lode.app.server import MAIN, command
from lode.settings import load_settings
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


def test_on_loopback_there_is_no_certificate_and_no_domain(home):
    given = " ".join(command(8501, load_settings(home=home)))
    assert "ssl" not in given
    assert "allowedHosts" not in given
