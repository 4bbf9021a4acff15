from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lode.app.series import SPARK_POINTS
from lode.settings import Settings
from lode.warehouse import open_warehouse
from lode.warehouse.stores.collections import Collection, record_collections
from lode.warehouse.stores.factors import read_series
from lode.warehouse.stores.runs import RunRecord, record_run
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


def test_a_finished_run_shows_what_it_proved(visit: Visit, finished: Finished):
    page = visit(finished.home)
    assert not page.exception
    assert not page.error
    assert headers(page) == ["Newest proven", "Last runs", "Freshness"]
    assert any("No alarms" in element.value for element in page.caption)
    proven, runs, sources = (element.value for element in page.dataframe)
    result = finished.result
    assert set(proven["factor"]) == {row["id"] for row in result["proven"]}
    assert set(proven["trials"]) == {result["trials"]}
    best = proven[proven["factor"] == finished.proven["id"]].iloc[0]
    assert best["validation_q"] == pytest.approx(finished.proven["validation"]["q"])
    assert best["vault_t"] == pytest.approx(finished.proven["vault"]["t_nw"])
    assert runs["run"].tolist() == [result["run"]]
    assert runs["trials"].tolist() == [result["trials"]]
    assert sources["source"].tolist() == ["market"]
    assert sources["freshness"].tolist() == [["– not scheduled"]]
    assert sources["quarantined"].tolist() == [0]
    assert sources["behind"][0] > 1000
    counted = {element.label: element.value for element in page.metric}
    assert counted["Proven"] == str(len(result["proven"]))
    assert counted["Trials, all runs"] == f"{result['trials']:,}"


def test_the_line_of_a_proven_factor_ends_with_the_sum_of_its_rank_ic(visit: Visit, finished: Finished):
    with open_warehouse(finished.settings, access="read") as warehouse:
        daily = read_series(warehouse, finished.proven["id"], finished.result["run"])["rank_ic"]
    proven = visit(finished.home).dataframe[0].value
    line = proven[proven["factor"] == finished.proven["id"]]["cumulative"].iloc[0]
    assert line[-1] == pytest.approx(finished.proven["direction"] * daily.sum())
    assert 10 < len(line) <= SPARK_POINTS


def test_simulated_data_are_marked(visit: Visit, finished: Finished):
    page = visit(finished.home)
    assert "simulated" in texts(page)
    assert any("Sample or simulated data" in element.value for element in page.markdown)


def test_the_page_says_where_and_when_it_read(visit: Visit, finished: Finished):
    said = texts(visit(finished.home))[-1]
    assert str(finished.home / "warehouse") in said
    assert said.endswith("UTC.")


def write_trouble(settings: Settings) -> None:
    """Store a run that failed, a source that is late, one that failed, and a proven factor."""
    write_home(settings, state="proven")
    long_ago = datetime.now(UTC) - timedelta(days=30)
    with open_warehouse(settings) as warehouse:
        now = datetime.now(UTC)
        record_run(warehouse, RunRecord("bad", "", "yahoo", "x", "{}", "0", 0, "failed", now, now, message=MARKUP))
        record_collections(
            warehouse,
            [
                Collection("news", "ABC", long_ago, "collected"),
                Collection("sec", "320193", now, "failed", message=MARKUP),
            ],
        )


def test_what_is_wrong_gives_alarm_in_words(visit: Visit, lode_settings):
    write_trouble(lode_settings)
    page = visit()
    assert not page.exception
    assert headers(page)[0] == "Alarms"
    badges = [element.value for element in page.markdown if "badge[" in element.value]
    assert [text[text.index("[") + 1 : text.index("]")] for text in badges[-3:]] == [
        *("✘ Run failed", "✘ Source very late", "✘ Source failed"),
    ]
    assert any(text.startswith("bad, started") and MARKUP in text for text in texts(page))
    sources = page.dataframe[-1].value
    assert dict(zip(sources["source"], [state[0] for state in sources["freshness"]], strict=True)) == {
        "news": "✘ very late",
        "sec": "✘ failed",
    }


def test_an_alarm_leads_to_where_it_can_be_looked_at(visit: Visit, lode_settings):
    write_trouble(lode_settings)
    page = visit()
    page.button(key="look_0").click().run()
    assert not page.exception
    assert page.title[0].value == "Run"


def test_markup_in_stored_texts_stays_text(visit: Visit, lode_settings):
    write_home(lode_settings, state="proven")
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
