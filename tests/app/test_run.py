from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from streamlit.util import calc_hash

from lode.app.charts import processor_time, run_time
from lode.warehouse import open_warehouse
from lode.warehouse.stores.runs import RunRecord, StepRecord, record_run, record_step
from tests.app.conftest import Visit
from tests.app.finished import Finished
from tests.app.hostile import MARKUP, RUN, write_home

START = datetime(2026, 11, 20, 22, tzinfo=UTC)


@pytest.fixture
def at_run(visit: Visit):
    """The page of a run of a home."""

    def opened(*home, **query):
        page = visit(*home)
        page._page_hash = calc_hash("run")  # AppTest.switch_page knows pages that are files
        page.query_params.update(query)
        return page.run()

    return opened


def texts(page) -> list[str]:
    return [element.value for element in (*page.text, *page.code)]


def metrics(page) -> dict[str, str]:
    return {element.label: element.value for element in page.metric}


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
    assert [element.value for element in page.header] == ["Steps", "Shards", "Search"]
    steps, operations, operators = (element.value for element in page.dataframe)
    assert operations["trials"].sum() == finished.result["trials"]
    assert {"operator", "trials", "finalists", "lift"} == set(operators.columns)
    assert len(page.get("vega_lite_chart")) == 1
    assert {"validate", "collect", "snapshot", "plan", "mine", "select", "prove", "publish"} <= set(steps["step"])
    assert sorted(steps[steps["step"] == "mine"]["shard"].dropna().unique()) == list(
        range(len(steps[steps["step"] == "mine"]))
    )
    assert set(steps["state"]) == {"✔ succeeded"}
    assert (steps["seconds"] >= 0).all()
    assert metrics(page)["State"] == "✔ succeeded"
    assert metrics(page)["Begun again"] == "0"
    assert "No other finished run" in page.info[0].value


def test_runs_that_differ_in_their_shards_are_a_picture(at_run, lode_settings):
    write(lode_settings, 1, 2, 4)
    page = at_run(run="run-2")
    assert not page.exception
    assert not page.error
    assert metrics(page) == {
        "State": "✔ succeeded",
        "Run time": "35 s",
        "Processor time": "65 s",
        "Peak memory": "400 MB",
        "Cost": "$1.0000",
        "Begun again": "0",
    }
    times = page.dataframe[1].value
    assert times["shards"].to_list() == [1, 2, 4]
    assert times["seconds"].to_list() == [65, 35, 20]
    assert times["cpu_seconds"].to_list() == [65, 65, 65]
    assert len(page.get("vega_lite_chart")) == 2
    assert page.selectbox[0].value == "run-2"


def test_another_run_can_be_chosen(at_run, lode_settings):
    write(lode_settings, 1, 2)
    page = at_run(run="run-2")
    page.selectbox[0].select("run-1").run()
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
    page = at_run()
    assert not page.exception
    assert "failed" in page.error[0].value
    assert MARKUP in texts(page)
    assert page.dataframe[0].value["error"].to_list() == [MARKUP, ""]


def test_what_users_and_sources_gave_stays_text(at_run, lode_settings):
    write_home(lode_settings)
    page = at_run(run=RUN)
    assert not page.exception
    assert MARKUP in texts(page)
    assert all(MARKUP not in element.value for element in (*page.markdown, *page.caption, *page.info, *page.warning))


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
