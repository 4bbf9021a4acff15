from __future__ import annotations

import subprocess
import sys

import pytest

from lode.app import __main__ as served


def test_every_page_is_loaded_before_the_server_listens():
    served.load()
    for page in ("overview", "factor", "run", "data"):
        assert f"lode.app.views.{page}" in sys.modules


def test_what_is_loaded_before_the_runtime_is_there_warns_of_nothing():
    """In a process of its own: caches are declared when their modules are imported first."""
    code = "from lode.app import __main__ as served\nwith served._caches_without_a_runtime(): served.load()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_the_arguments_are_streamlits(monkeypatch: pytest.MonkeyPatch):
    asked = []
    monkeypatch.setattr("streamlit.web.cli.main", lambda **options: asked.append(options))
    for left_out in ("load", "hasten"):
        monkeypatch.setattr(served, left_out, lambda: None)
    monkeypatch.setattr("gc.freeze", lambda: None)
    served.main()
    assert asked == [{"prog_name": "streamlit"}]
