from __future__ import annotations

import struct

from lode.app.server import MAIN, command
from lode.settings import load_settings


def test_the_server_listens_on_loopback_and_reports_to_nobody():
    arguments = command(8765, load_settings())
    assert arguments[1:6] == ["-P", "-m", "streamlit", "run", str(MAIN)]
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
