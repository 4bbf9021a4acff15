from __future__ import annotations

import streamlit as st

from lode.app import roles
from lode.app.views import sheet_making
from tests.app.conftest import Visit
from tests.app.hostile import FACTOR, write_home
from tests.app.test_factor import texts


def test_a_sheet_that_cannot_be_made_says_why(visit: Visit, lode_settings):
    st.cache_resource.clear()
    write_home(lode_settings)
    page = visit(factor=FACTOR)
    page.button[0].click().run()
    assert not page.exception
    (job,) = sheet_making._jobs().values()
    job.process.wait(120)
    page.run()
    assert page.error[-1].value == "This cannot be shown."
    assert any("plan.json" in text for text in texts(page))
    assert [button.label for button in page.button] == ["Make the sheet"]
    job.output.close()


def test_a_reader_is_offered_no_work(visit: Visit, lode_settings, monkeypatch):
    st.cache_resource.clear()
    write_home(lode_settings)
    monkeypatch.setattr(sheet_making, "may_research", lambda settings: False)
    page = visit(factor=FACTOR)
    assert not page.button
    assert any("Who may start work here" in text for text in texts(page))
    sheet_making._start(lode_settings, "run", FACTOR)
    assert not sheet_making._jobs()
    assert roles.may_research(lode_settings)
