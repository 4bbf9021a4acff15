from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial

import polars as pl
import pytest
import streamlit as st

from lode.app import admission, live
from lode.app.charts import processor_time, run_time
from lode.app.jobs import read
from lode.app.views import run, run_fields
from lode.errors import SignInError
from lode.warehouse import open_warehouse
from lode.warehouse.stores.ledger import Trial, record_trials, trials_frame
from lode.warehouse.stores.runs import RunRecord, StepRecord, record_run, record_step
from tests.app.conftest import Visit
from tests.app.finished import Finished
from tests.app.hostile import MARKUP, RUN, write_home
from tests.workflow.homes import until

START = datetime(2026, 11, 20, 22, tzinfo=UTC)


@pytest.fixture
def at_run(visit_page: Visit):
    """The page of a run of a home."""
    return partial(visit_page, "run")


def texts(page) -> list[str]:
    return [element.value for element in (*page.text, *page.code)]


def metrics(page) -> dict[str, str]:
    return {element.label: element.value for element in page.metric}


def buttons(page) -> list[str]:
    return [element.label for element in page.button]


def chooser(page):
    return next(box for box in page.selectbox if box.label == "Run")


def press(page, label: str):
    return next(button for button in page.button if button.label == label).click().run()


def running(settings, *states: str) -> None:
    """A run of four shards that began a moment ago; `states` are those of its shards so far."""
    now, told = datetime.now(UTC), json.dumps({"options": {"candidates": 400, "shards": 4}})
    with open_warehouse(settings) as warehouse:
        record_run(warehouse, RunRecord("going", "", "mine", "", told, "1", 0, "running", now))
        for shard, state in enumerate(states):
            ended = None if state == "running" else now
            record_step(warehouse, StepRecord("going", "mine", shard, state, 1, now - timedelta(seconds=9), ended, 50))
        trial = Trial("a", "rank(close)", 2, rank_ic=0.01, t_nw=-3.21, coverage=1.0)
        record_trials(warehouse, trials_frame([trial], run="going", epoch=0, shard=1, horizon=1, delay=1))


def write(settings, *shards, state="succeeded", message="", attempts=1, snapshot=""):
    """Runs that mine for 60 s over their number of shards, and judge for 5 s."""
    with open_warehouse(settings) as warehouse:
        for count in shards:
            run, told = f"run-{count}", json.dumps({"options": {"seed": 0, "shards": count}})
            ended = START + timedelta(seconds=60 / count + 5)
            record_run(
                warehouse,
                RunRecord(run, snapshot, "mine", "", told, "1", 0, state, START, ended, message=message),
            )
            for shard in range(count):
                mined = START + timedelta(seconds=60 / count)
                record_step(
                    warehouse,
                    StepRecord(
                        run, "mine", shard, state, attempts, START, mined, 50, 60 / count, 250_000_000, 0.5, message
                    ),
                )
            record_step(warehouse, StepRecord(run, "prove", -1, state, 1, mined, ended, 3, 5.0, 400_000_000))


def test_an_empty_home_names_the_command_that_mines(at_run):
    page = at_run()
    assert not page.exception
    assert "No runs yet" in page.info[0].value


def test_a_real_run_shows_its_steps_and_that_there_is_nothing_to_compare(at_run, finished: Finished):
    page = at_run(finished.home)
    assert not page.exception
    assert not page.error
    assert [element.value for element in page.header] == ["Runs", "Steps", "Shards", "Search"]
    runs, steps, operations, operators = (element.value for element in page.dataframe)
    assert runs["run"].tolist() == [finished.result["run"]]
    assert runs["state"].tolist() == ["✔ succeeded"]
    assert operations["trials"].sum() == finished.result["trials"]
    assert {"operator", "trials", "finalists", "lift"} == set(operators.columns)
    assert len(page.get("vega_lite_chart")) == 3
    assert {"validate", "collect", "snapshot", "plan", "mine", "select", "prove", "publish"} <= set(steps["step"])
    assert sorted(steps[steps["step"] == "mine"]["shard"].dropna().unique()) == list(
        range(len(steps[steps["step"] == "mine"]))
    )
    assert set(steps["state"]) == {"✔ succeeded"}
    assert (steps["seconds"] >= 0).all()
    assert metrics(page)["State"] == "✔ succeeded"
    assert metrics(page)["Begun again"] == "0"
    assert metrics(page)["Trials"] == f"{finished.result['trials']:,}"
    assert "No other finished run" in page.info[0].value
    assert buttons(page) == ["Start the run"]
    assert any(text.startswith("Source market, as of") for text in texts(page))


def test_runs_that_differ_in_their_shards_are_a_picture(at_run, lode_settings):
    write(lode_settings, 1, 2, 4)
    page = at_run(run="run-2")
    assert not page.exception
    assert not page.error
    assert metrics(page) == {
        "State": "✔ succeeded",
        "Run time": "35 s",
        "Trials": "100",
        "Processor time": "65 s",
        "Peak memory": "400 MB",
        "Cost": "$1.0000",
        "Begun again": "0",
    }
    times = page.dataframe[1].value
    assert times["shards"].to_list() == [1, 2, 4]
    assert times["seconds"].to_list() == [65, 35, 20]
    assert times["cpu_seconds"].to_list() == [65, 65, 65]
    assert len(page.get("vega_lite_chart")) == 4
    assert chooser(page).value == "run-2"


def test_another_run_can_be_chosen(at_run, lode_settings):
    write(lode_settings, 1, 2)
    page = at_run(run="run-2")
    chooser(page).select("run-1").run()
    assert not page.exception
    assert page.query_params["run"] in ("run-1", ["run-1"])


def test_runs_that_were_interrupted_are_left_out_and_counted(at_run, lode_settings):
    write(lode_settings, 1, 2)
    write(lode_settings, 4, attempts=3)
    page = at_run(run="run-4")
    assert metrics(page)["Begun again"] == "8"
    assert page.dataframe[1].value["shards"].to_list() == [1, 2]
    assert any("1 of them was begun more than once" in caption.value for caption in page.caption)


def test_a_failed_run_says_why_and_a_warning_is_shown_as_text(at_run, lode_settings):
    write(lode_settings, 1, state="failed", message=MARKUP)
    page = at_run(run="run-1")
    assert not page.exception
    assert "failed" in page.error[0].value
    assert MARKUP in texts(page)
    assert "Resume the run" in buttons(page)
    assert page.dataframe[0].value["error"].to_list() == [MARKUP, ""]


def test_what_users_and_sources_gave_stays_text(at_run, lode_settings):
    write_home(lode_settings)
    page = at_run(run=RUN)
    assert not page.exception
    assert MARKUP in texts(page)
    assert all(MARKUP not in element.value for element in (*page.markdown, *page.caption, *page.info, *page.warning))


def test_a_run_that_goes_on_shows_how_far_it_is_and_can_be_stopped(at_run, lode_settings):
    running(lode_settings, "succeeded", "running")
    page = at_run(run="going")
    assert not page.exception
    assert [element.value for element in page.header] == ["Progress", "Steps"]
    assert metrics(page)["State"] == "… running"
    assert metrics(page)["Best |t|, train"] == "3.21"
    assert metrics(page)["Trials"] == "51"
    assert "rank(close)" in texts(page)
    assert buttons(page) == ["Start the run", "Stop the run"]
    assert any("reads again every other second" in caption.value for caption in page.caption)
    press(page, "Stop the run")
    assert any("no process has run going in hand" in text for text in texts(page))


def test_a_run_that_was_stopped_says_so_and_can_be_resumed(at_run, lode_settings):
    write(lode_settings, 1, state="stopped", message="asked to stop")
    page = at_run(run="run-1")
    assert not page.exception
    assert metrics(page)["State"] == "■ stopped"
    assert "was stopped" in page.warning[0].value
    assert "asked to stop" in texts(page)
    assert buttons(page) == ["Start the run", "Resume the run"]


def test_tries_by_hand_have_no_steps(at_run, lode_settings):
    write(lode_settings, 1, state="manual")
    page = at_run(run="run-1")
    assert not page.exception
    assert "Tries by hand" in page.info[0].value


def test_a_reader_sees_runs_and_can_neither_start_stop_nor_resume_one(at_run, lode_settings, monkeypatch):
    running(lode_settings, "running")
    write(lode_settings, 1, state="failed")
    monkeypatch.setattr(run, "may_research", lambda _settings: False)
    for wanted in ("going", "run-1"):
        page = at_run(run=wanted)
        assert not page.exception
        assert buttons(page) == []


def test_what_is_wrong_in_the_form_is_said_below_its_field_and_starts_nothing(at_run, lode_settings):
    page = at_run()
    page.number_input(key="run_candidates").set_value(-5)
    page.text_input(key="run_splits").set_value("**half**")
    press(page, "Start the run")
    assert not page.exception
    assert "Nothing was started. To be changed: candidates, splits." in page.error[0].value
    assert "--candidates -5: allowed is 1 to 100,000,000" in texts(page)
    assert any(text.startswith("--splits '**half**'") for text in texts(page))
    assert not (lode_settings.folder / "jobs").exists()


def test_a_run_is_started_once_followed_stopped_and_resumed(at_run, lode_settings, market, monkeypatch):
    monkeypatch.setattr(run_fields, "read_source_names", lambda _settings: [str(market)])
    page = at_run()
    page.selectbox(key="run_source").set_value(str(market))  # AppTest knows listed options only
    page.number_input(key="run_candidates").set_value(600)
    page.number_input(key="run_shards").set_value(2)
    press(page, "Start the run")
    assert not page.exception
    jobs = lode_settings.folder / "jobs"
    (started,) = (read(lode_settings, folder.name) for folder in jobs.iterdir())
    assert started.request["options"]["shards"] == 2

    def shows(state: str) -> bool:
        st.cache_data.clear()
        page.run()
        assert not page.exception
        assert not page.error
        return metrics(page).get("State") == state

    name = until(lambda: read(lode_settings, started.key).run)
    assert shows("… running")
    press(page, "Stop the run")
    until(lambda: not read(lode_settings, started.key).is_going)
    assert shows("■ stopped")
    press(page, "Resume the run")
    (resumed,) = {folder.name for folder in jobs.iterdir()} - {started.key}
    until(lambda: not read(lode_settings, resumed).is_going)
    assert shows("✔ succeeded")
    assert page.query_params["run"] == name == read(lode_settings, resumed).run


def test_a_run_that_cannot_begin_says_why_as_text(at_run, lode_settings, monkeypatch):
    monkeypatch.setattr(run_fields, "read_source_names", lambda _settings: ["**nowhere**"])
    page = at_run()
    page.selectbox(key="run_source").set_value("**nowhere**")
    press(page, "Start the run")
    until(lambda: page.run().error)
    assert "ended before it had an id" in page.error[0].value
    assert any("--source '**nowhere**'" in text for text in texts(page))
    press(page, "All runs")
    assert any("No runs yet" in info.value for info in page.info) or metrics(page)["State"] == "✘ failed"


def test_who_may_see_nothing_any_more_sees_nothing_in_a_part_that_redraws_itself(lode_settings, monkeypatch):
    seen = []

    def refuse(_settings):
        raise SignInError("the visit is older than 1 s")

    def anew(*, scope):
        seen.append(f"{scope} anew")
        raise StopIteration  # as a rerun ends the drawing

    monkeypatch.setattr(live.st, "fragment", lambda **_: lambda part: part)
    monkeypatch.setattr(live.notices, "explained", lambda: suppress(StopIteration))
    live.redrawn(lambda: seen.append("drawn"), lode_settings, every=1)
    monkeypatch.setattr(admission, "admit", refuse)
    monkeypatch.setattr(admission.st, "rerun", anew)
    live.redrawn(lambda: seen.append("drawn"), lode_settings, every=1)
    assert seen == ["drawn", "app anew"]


def test_an_unknown_run_is_explained(at_run, lode_settings):
    write(lode_settings, 1)
    page = at_run(run="nothing")
    assert not page.exception
    assert any("no run 'nothing'" in text for text in texts(page))


def test_twice_the_shards_in_half_the_time_is_the_dashed_line():
    runs = pl.DataFrame(
        {
            "run": ["b", "a"],
            "shards": [4, 2],
            "seconds": [20.0, 30.0],
            "mine_seconds": [16.0, 26.0],
            "cpu_seconds": [60.0, 55.0],
            "mine_cpu_seconds": [58.0, 52.0],
        }
    )
    measured, ideal = run_time(runs).layer
    assert ideal.data.sort("shards")["seconds"].to_list() == [26.0, 13.0]
    assert sorted(measured.data["seconds"]) == [16.0, 20.0, 26.0, 30.0]
    assert sorted(processor_time(runs).data["seconds"]) == [52.0, 55.0, 58.0, 60.0]
