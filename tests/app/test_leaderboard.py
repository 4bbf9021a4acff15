from __future__ import annotations

import csv
import io
import math
from functools import partial

import polars as pl
import pytest

from lode.app.export import as_csv
from lode.app.queries.leaderboard import read_all
from lode.app.views import leaderboard
from lode.warehouse.stores.leaderboard import Filter
from tests.app.conftest import Visit
from tests.app.finished import Finished
from tests.app.hostile import FACTOR, MARKUP, RUN, write_home


@pytest.fixture
def at_board(visit_page: Visit):
    """The leaderboard of a home, the test's own empty one by default, at a query string."""
    return partial(visit_page, "leaderboard")


@pytest.fixture
def board(at_board, finished: Finished):
    """The leaderboard of the finished run at a query string."""
    return lambda **query: at_board(finished.home, **query)


def texts(page) -> list[str]:
    return [element.value for element in (*page.text, *page.code)]


def rows(page):
    return page.dataframe[0].value


def test_every_judged_factor_is_there_with_its_figures(board, finished: Finished):
    page, result = board(), finished.result
    assert not page.exception
    assert not page.error
    shown = rows(page)
    assert set(shown["factor"]) == {row["id"] for row in (*result["proven"], *result["refused"])}
    assert set(shown["trials"]) == {result["trials"]}
    assert set(shown["trials_on_vault"]) == {result["trials_on_vault"]}
    best = shown[shown["factor"] == finished.proven["id"]].iloc[0]
    assert best["state"] == "✔ proven"
    assert best["train_rank_ic"] == pytest.approx(finished.proven["train"]["rank_ic"])
    assert best["validation_q"] == pytest.approx(finished.proven["validation"]["q"])
    assert best["vault_t"] == pytest.approx(finished.proven["vault"]["t_nw"])
    assert 0 <= best["dsr"] <= 1
    assert 0 < best["turnover"] <= 1
    assert -1 <= best["pool_correlation"] <= 1
    assert math.isfinite(best["net_sharpe"])
    assert best["age"] >= 0
    assert best["origin"] == "mined by genetic"


def test_refused_factors_are_kept_with_their_reason(board, finished: Finished):
    reasons = {row["id"]: row["reason"] for row in finished.result["refused"]}
    shown = rows(board())
    refused = shown[shown["state"] == "✘ refused"]
    assert dict(zip(refused["factor"], refused["reason"], strict=True)) == reasons


def test_simulated_data_are_marked_and_the_page_says_where_it_read(board, finished: Finished):
    page = board()
    assert "simulated" in texts(page)
    assert any("Sample or simulated data" in element.value for element in page.markdown)
    assert str(finished.home / "warehouse") in texts(page)[-1]


def test_filters_choose(board, finished: Finished):
    page = board()
    page.multiselect(key="state").set_value(["proven"]).run()
    assert set(rows(page)["state"]) == {"✔ proven"}
    page.selectbox(key="judged_by").set_value(finished.result["run"]).run()
    assert set(rows(page)["run"]) == {finished.result["run"]}
    page.text_input(key="formula").set_value("no such operator").run()
    assert "No factor is like that" in page.info[0].value
    assert not page.dataframe


def test_the_spanning_set_can_be_seen_alone(board, finished: Finished):
    page = board(state="proven", sort="|t added| train")
    page.checkbox(key="spanning").check().run()
    shown = rows(page)
    expected = {factor["id"] for factor in finished.result["proven"] if factor["spanning"]}
    assert set(shown["factor"]) == expected
    assert len(expected) < len(finished.result["proven"])
    assert shown["spanning"].all()
    assert shown["added_t"].abs().min() > 3


def test_filter_and_order_stand_in_the_url(board):
    page = board(state="refused", sort="|t| validation", order="Smallest first", least_t="0.5", formula="RETURNS")
    assert not page.exception
    shown = rows(page)
    assert set(shown["state"]) == {"✘ refused"}
    sizes = shown["validation_t"].abs()
    assert sizes.is_monotonic_increasing
    assert sizes.min() >= 0.5
    assert shown["expression"].str.contains("returns").all()


def test_without_a_tick_nothing_is_opened_or_compared(board):
    page = board()
    assert page.button(key="open").disabled


def test_one_tick_opens_and_several_compare():
    ticked = pl.DataFrame({"factor": ["a", "b"], "run": ["r", "r"]})
    assert leaderboard.comparison(ticked) == {"factors": "a,b", "run": "r"}
    of_two = ticked.with_columns(run=pl.Series(["r", "s"]))
    assert leaderboard.comparison(of_two) == {"factors": "a@r,b@s", "run": ""}


def test_a_home_without_factors_names_the_command_that_mines(at_board):
    page = at_board()
    assert not page.exception
    assert "No factor was judged yet" in page.info[0].value
    assert any("lode run" in text for text in texts(page))


def test_what_an_old_run_did_not_store_is_missing_and_not_zero(at_board, lode_settings):
    write_home(lode_settings)
    shown = rows(at_board())
    assert shown[["dsr", "turnover", "net_sharpe", "pool_correlation", "validation_rank_ic"]].isna().all(axis=None)


def test_markup_in_stored_texts_stays_text(at_board, lode_settings):
    write_home(lode_settings)
    page = at_board()
    assert not page.exception
    assert rows(page)["expression"].tolist() == [MARKUP]
    drawn_as_markdown = [e.value for e in (*page.markdown, *page.caption, *page.info, *page.error)]
    assert not any("<" in text or "**" in text for text in drawn_as_markdown)


def test_a_file_has_every_row_of_the_filter_and_no_formula_of_a_spreadsheet(lode_settings):
    write_home(lode_settings, text="=1+1")
    found = read_all(lode_settings, Filter(run=RUN))
    (row,) = csv.DictReader(io.StringIO(as_csv(found.rows).decode()))
    assert (row["factor"], row["expression"], row["origin"]) == (FACTOR, "'=1+1", "'=1+1")
    assert float(row["train_rank_ic"]) == 0.0213


def test_a_warehouse_out_of_reach_is_said(at_board, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LODE_WAREHOUSE_URL", "http://somebody:pass%77ord@127.0.0.1:9/lode")
    page = at_board()
    assert page.error[0].value == "This cannot be shown."
    assert "127.0.0.1:9" in page.code[0].value
