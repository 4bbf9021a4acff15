from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from lode.app.views.overview import _with_age
from tests.app.conftest import Visit
from tests.app.finished import Finished
from tests.app.hostile import FACTOR, MARKUP, write_home


def texts(page) -> list[str]:
    return [element.value for element in (*page.text, *page.code)]


def headers(page) -> list[str]:
    return [element.value for element in page.header]


def test_an_empty_home_names_the_command_that_mines(visit: Visit):
    page = visit()
    assert not page.exception
    assert not page.error
    assert "No runs yet" in page.info[0].value
    assert "lode run" in texts(page)
    assert any("No prices yet" in info.value for info in page.info)


def test_a_finished_run_shows_its_factors_with_the_trials_behind_them(visit: Visit, finished: Finished):
    page = visit(finished.home)
    assert not page.exception
    assert not page.error
    assert headers(page) == ["Leaderboard", "Runs", "Data"]
    board, runs, sources = (element.value for element in page.dataframe)
    result = finished.result
    assert set(board["factor"]) == {row["id"] for row in (*result["proven"], *result["refused"])}
    assert set(board["trials"]) == {result["trials"]}
    assert set(board["trials_on_vault"]) == {result["trials_on_vault"]}
    best = board[board["factor"] == finished.proven["id"]].iloc[0]
    assert best["state"] == "✔ proven"
    assert best["train_rank_ic"] == pytest.approx(finished.proven["train"]["rank_ic"])
    assert best["validation_q"] == pytest.approx(finished.proven["validation"]["q"])
    assert best["vault_t"] == pytest.approx(finished.proven["vault"]["t_nw"])
    assert runs["run"].tolist() == [result["run"]]
    assert runs["trials"].tolist() == [result["trials"]]
    assert sources["source"].tolist() == ["market"]
    assert sources["names"].tolist() == [40]
    assert sources["quarantined"].tolist() == [0]
    assert sources["age_sessions"][0] > 1000


def test_refused_factors_are_kept_with_their_reason(visit: Visit, finished: Finished):
    board = visit(finished.home).dataframe[0].value
    reasons = {row["id"]: row["reason"] for row in finished.result["refused"]}
    refused = board[board["state"] == "✘ refused"]
    assert dict(zip(refused["factor"], refused["reason"], strict=True)) == reasons


def test_simulated_data_are_marked(visit: Visit, finished: Finished):
    page = visit(finished.home)
    assert "simulated" in texts(page)
    assert any("Sample or simulated data" in element.value for element in page.markdown)


def test_the_page_says_where_and_when_it_read(visit: Visit, finished: Finished):
    said = texts(visit(finished.home))[-1]
    assert str(finished.home / "warehouse") in said
    assert said.endswith("UTC.")


def test_filters_choose_states_and_runs(visit: Visit, finished: Finished):
    page = visit(finished.home)
    page.multiselect(key="state").set_value(["proven"]).run()
    assert set(page.dataframe[0].value["state"]) == {"✔ proven"}
    page.selectbox(key="judged_by").set_value(finished.result["run"]).run()
    assert set(page.dataframe[0].value["run"]) == {finished.result["run"]}


def test_filters_stand_in_the_url(visit: Visit, finished: Finished):
    page = visit(finished.home, state="proven")
    assert set(page.dataframe[0].value["state"]) == {"✔ proven"}


def test_markup_in_stored_texts_stays_text(visit: Visit, lode_settings):
    write_home(lode_settings)
    page = visit()
    assert not page.exception
    assert page.dataframe[0].value["expression"].tolist() == [MARKUP]
    assert page.dataframe[0].value["factor"].tolist() == [FACTOR]
    drawn_as_markdown = [e.value for e in (*page.markdown, *page.caption, *page.info, *page.error, *page.success)]
    assert not any("<" in text or "**" in text for text in drawn_as_markdown)
    assert "<b>label</b> **bold**" in texts(page)


def test_a_damaged_snapshot_record_is_said_and_hides_nothing(visit: Visit, lode_settings):
    write_home(lode_settings, meta="{")
    page = visit()
    assert not page.exception
    assert not page.error
    assert len(page.dataframe[0].value) == 1
    assert any("record of snapshot 5a5a is damaged" in text for text in texts(page))


def test_a_warehouse_out_of_reach_is_said_without_its_password(visit: Visit, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LODE_WAREHOUSE_URL", "http://somebody:pass%77ord@127.0.0.1:9/lode")
    page = visit()
    assert not page.exception
    assert page.error[0].value == "This cannot be shown."
    assert "127.0.0.1:9" in page.code[0].value
    assert "LODE_WAREHOUSE_URL" in page.code[0].value
    assert not any("pass" in text for text in texts(page))


def test_a_home_that_cannot_be_made_is_said(visit: Visit, tmp_path):
    (tmp_path / "file").write_text("")
    page = visit(tmp_path / "file" / "home")
    assert not page.exception
    assert "LODE_HOME" in page.code[0].value


def test_a_malformed_setting_is_said(visit: Visit, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LODE_QUERY_LIMIT", "soon")
    page = visit()
    assert not page.exception
    assert "query_limit" in page.code[0].value


def test_age_counts_sessions_and_days(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lode.app.views.overview.sessions_behind", lambda last: {date(2026, 11, 18): 2}[last])
    aged = _with_age(pl.DataFrame({"last_session": [date(2026, 11, 18)]}), date(2026, 11, 22))
    assert aged.row(0, named=True) == {"last_session": date(2026, 11, 18), "age_sessions": 2, "age_days": 4}
