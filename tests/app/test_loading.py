from __future__ import annotations

import sys

import pytest

from lode.app import __main__ as served


def test_every_page_is_loaded_before_the_server_listens():
    served.load()
    for page in ("overview", "factor", "run", "data"):
        assert f"lode.app.views.{page}" in sys.modules


def test_the_arguments_are_streamlits(monkeypatch: pytest.MonkeyPatch):
    asked = []
    monkeypatch.setattr("streamlit.web.cli.main", lambda **options: asked.append(options))
    for left_out in ("load", "hasten"):
        monkeypatch.setattr(served, left_out, lambda: None)
    monkeypatch.setattr("gc.freeze", lambda: None)
    served.main()
    assert asked == [{"prog_name": "streamlit"}]
