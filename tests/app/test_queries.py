from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from lode.app.provenance import label_of
from lode.app.queries import caching, overview
from lode.settings import load_settings


def test_a_server_is_named_without_its_password():
    settings = load_settings(warehouse_url="https://somebody:secret@host.example:8443/lode")
    assert caching.place(settings) == "host.example/lode"


def test_a_server_behind_a_secret_is_named_without_the_account():
    arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:Reader-1a2b3c"
    settings = load_settings(warehouse_url=None, warehouse_secret=arn)
    assert caching.place(settings) == "the deployed warehouse"
    assert arn in caching._identity(settings)


def test_the_embedded_warehouse_is_named_by_its_folder(lode_settings):
    assert caching.place(lode_settings) == str(lode_settings.warehouse_folder)


def test_answers_are_kept_by_home_and_by_server(tmp_path):
    places = [
        load_settings(home=tmp_path / "a", warehouse_url=None),
        load_settings(home=tmp_path / "b", warehouse_url=None),
        load_settings(home=tmp_path / "a", warehouse_url="http://one:1/lode"),
        load_settings(home=tmp_path / "a", warehouse_url="http://two:1/lode"),
    ]
    assert len({caching._identity(place) for place in places}) == len(places)


def test_a_label_is_read_from_the_snapshots_record():
    assert label_of("s", '{"panel": {"label": "simulated"}}') == "simulated"
    assert label_of("s", '{"panel": {"label": ""}}') == ""


@pytest.mark.parametrize("meta", ["", "{", "[]", "3", '{"panel": {}}', '{"panel": 3}'])
def test_a_record_that_cannot_be_read_is_said_to_be_damaged(meta: str):
    assert "record of snapshot 5a5a is damaged" in label_of("5a5a", meta)


@pytest.mark.parametrize(("last", "behind"), [("2026-11-20", 0), ("2026-11-18", 2), ("2026-11-25", 0)])
def test_sessions_behind_counts_those_that_closed_since(monkeypatch: pytest.MonkeyPatch, last: str, behind: int):
    monkeypatch.setattr(overview, "last_closed_session", lambda *_: np.datetime64("2026-11-20"))
    overview.sessions_behind.clear()
    assert overview.sessions_behind(date.fromisoformat(last)) == behind
    overview.sessions_behind.clear()
