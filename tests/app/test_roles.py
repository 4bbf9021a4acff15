from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import streamlit as st

from lode.app import roles
from lode.app.visitor import Visitor
from lode.errors import SettingsError
from lode.settings import load_settings

ANN = Visitor("248289761001", "ann", "Ann@Example.com", ("quants", "desk"))


@pytest.mark.parametrize(
    ("named", "role"),
    [
        ("", "reader"),
        ("ann@example.com", "researcher"),
        (" bob@example.com , ANN@example.COM ", "researcher"),
        ("bob@example.com", "reader"),
        ("group:quants", "researcher"),
        ("group:Quants", "reader"),
        ("subject:248289761001", "researcher"),
        ("subject:24828976100", "reader"),
        ("subject:Ann@Example.com", "reader"),
    ],
)
def test_who_is_named_is_a_researcher_and_nobody_else(home, named, role):
    assert roles.role_of(ANN, load_settings(researchers=named)) == role


def test_an_address_that_is_not_verified_gives_no_role(home):
    settings = load_settings(researchers="ann@example.com")
    assert roles.role_of(Visitor("s", "ann@example.com", None), settings) == "reader"
    assert roles.role_of(Visitor("ann@example.com", "ann@example.com"), settings) == "reader"


@pytest.mark.parametrize("entry", ["ann", "group:", "subject: ", "role:admin", "@", "*"])
def test_an_entry_that_names_nobody_is_an_error(home, entry):
    with pytest.raises(SettingsError, match=r"LODE_RESEARCHERS: .*; expected e-mail addresses, group:NAME"):
        roles.role_of(ANN, load_settings(researchers=f"ok@example.com,{entry}"))


def test_a_role_ends_by_itself(home, monkeypatch):
    monkeypatch.setattr(st, "session_state", {})
    settings = load_settings(sign_in="oidc")
    assert not roles.may_research(settings)
    now = datetime.now(UTC)
    roles.grant("reader", now + timedelta(hours=1))
    assert not roles.may_research(settings)
    roles.grant("researcher", now + timedelta(hours=1))
    assert roles.may_research(settings)
    roles.grant("researcher", now - timedelta(seconds=1))
    assert not roles.may_research(settings)
    roles.grant("researcher", now + timedelta(hours=1))
    roles.revoke()
    assert not roles.may_research(settings)


def test_who_sits_at_the_machine_is_a_researcher(home):
    assert roles.may_research(load_settings())
