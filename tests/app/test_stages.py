from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from lode.app.charts import state_machine, trials_by_shard
from lode.app.stages import ORDER, Asked, better, progress_of, rate_of, shards_of, stages

NOW = datetime(2026, 11, 20, 22, tzinfo=UTC)
ASKED = Asked(candidates=303, shards=2)
SIGNS = {"succeeded": "✔", "running": "…", "waiting": "◦", "stopped": "■", "failed": "✘", "not reached": "–"}


def step(name: str, state: str, *, shard: int = -1, began: int = 60, took: int | None = 10, rows: int = 0, error=""):
    started = NOW - timedelta(seconds=began)
    return {
        "step": name,
        "shard": shard,
        "state": state,
        "attempts": 1,
        "started": started,
        "ended": None if took is None else started + timedelta(seconds=took),
        "rows": rows,
        "error": error,
    }


def taken(*rows) -> pl.DataFrame:
    types = {"shard": pl.Int32, "attempts": pl.UInt32, "rows": pl.UInt64} | dict.fromkeys(
        ("started", "ended"), pl.Datetime("us", "UTC")
    )
    return pl.DataFrame(list(rows), schema=types if not rows else None, schema_overrides=types).pipe(
        lambda frame: frame if rows else frame.with_columns(step=pl.lit(""), state=pl.lit(""), error=pl.lit(""))
    )


def generations(*rows) -> pl.DataFrame:
    schema = {
        **dict.fromkeys(("epoch", "generation", "shard", "trials"), pl.Int64),
        "best_t": pl.Float64,
        "expression": pl.String,
    }
    return pl.DataFrame(list(rows), schema=schema, orient="row")


BEFORE = [step(name, "succeeded") for name in ORDER[:4]]
MINED = [
    *BEFORE,
    step("mine", "succeeded", shard=0, began=50, took=20, rows=70),
    step("mine", "running", shard=1, began=45, took=None),
]
SEEN = generations((0, 0, 0, 50, 2.0, "a"), (0, 0, 1, 48, None, ""), (0, 1, 0, 20, 3.5, "b"), (0, 1, 1, 25, 3.0, "c"))


def test_a_run_that_is_mined_has_what_is_done_what_runs_and_what_waits():
    shards = shards_of(taken(*MINED), SEEN, ASKED, NOW)
    assert shards["state"].to_list() == ["succeeded", "running", "waiting", "waiting"]
    assert shards.select("epoch", "shard").rows() == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert shards["trials"].to_list() == [70, 73, 0, 0]
    assert shards["seconds"].to_list() == [20.0, 45.0, None, None]
    found = stages(taken(*MINED), shards, NOW)
    assert found["step"].to_list() == list(ORDER)
    assert found["state"].to_list() == ["succeeded"] * 4 + ["running"] + ["waiting"] * 4
    assert found["seconds"][4] == 50.0


def test_without_a_process_what_ran_is_stopped_and_the_rest_was_not_reached():
    shards = shards_of(taken(*MINED), SEEN, ASKED, None)
    assert shards["state"].to_list() == ["succeeded", "stopped", "not reached", "not reached"]
    found = stages(taken(*MINED), shards, None)
    assert found["state"].to_list() == ["succeeded"] * 4 + ["stopped"] + ["not reached"] * 4
    assert found["seconds"][4] == 20.0


def test_a_shard_that_failed_fails_the_step_with_its_reason():
    steps = taken(*BEFORE, step("mine", "failed", shard=1, error="out of memory"))
    found = stages(steps, shards_of(steps, generations(), ASKED, None), None)
    assert found.row(4) == ("mine", "failed", 10.0, 1, "out of memory")


def test_between_two_epochs_the_step_still_runs():
    steps = taken(*BEFORE, *(step("mine", "succeeded", shard=shard) for shard in (0, 1)))
    assert stages(steps, shards_of(steps, generations(), ASKED, NOW), NOW)["state"][4] == "running"


def test_a_request_that_failed_has_no_record_of_what_came_before():
    steps = taken(step("snapshot", "failed", error="no bars"))
    found = stages(steps, shards_of(steps, generations(), Asked(), None), None)
    assert found["state"].to_list() == ["no record"] * 2 + ["failed"] + ["not reached"] * 6


def test_without_any_step_nothing_breaks():
    shards = shards_of(taken(), generations(), Asked(), NOW)
    assert set(stages(taken(), shards, NOW)["state"]) == {"waiting"}
    assert progress_of(shards, generations(), Asked()).share == 0.0


def test_progress_counts_whole_budgets_and_generations():
    shards = shards_of(taken(*MINED), SEEN, ASKED, NOW)
    progress = progress_of(shards, SEEN, ASKED)
    assert progress.done == 76 + 76  # 303 over 4 parts; two generations of 50 are more than a budget of 76
    assert (progress.candidates, progress.trials, progress.best_t, progress.expression) == (303, 143, 3.5, "b")
    assert progress.share == pytest.approx(152 / 303)


def test_only_generations_that_were_better_are_steps():
    assert better(SEEN).rows() == [(50, 2.0, "a"), (118, 3.5, "b")]


@pytest.mark.parametrize(
    ("samples", "rate"),
    [
        ([], None),
        ([(0.0, 0)], None),
        ([(0.0, 0), (1.9, 50)], None),
        ([(0.0, 0), (4.0, 200)], 50.0),
        ([(0.0, 0), (20.0, 100), (50.0, 400)], 10.0),
    ],
)
def test_the_rate_is_that_of_the_last_half_minute(samples, rate):
    assert rate_of(samples) == rate


@pytest.mark.parametrize("settings", ["", "{}", "[]", "null", '{"options": 3}', '{"options": {"shards": "many"}}'])
def test_settings_that_cannot_be_read_ask_for_nothing(settings):
    assert Asked.of(settings) == Asked()


def test_settings_of_a_run_are_read():
    assert Asked.of(json.dumps({"options": {"candidates": 303, "shards": 2}})) == ASKED


def test_the_graph_has_a_box_per_step_and_a_cell_per_shard():
    steps = taken(*MINED)
    shards = shards_of(steps, SEEN, ASKED, NOW)
    chart = state_machine(stages(steps, shards, NOW), shards, SIGNS)
    frames = [layer.data for layer in chart.layer if "state" in layer.data.columns]
    boxes = next(frame for frame in frames if "step" in frame.columns)
    assert [label.split()[:2] for label in boxes["label"]] == [
        [SIGNS[state], name] for name, state in boxes["step", "state"].iter_rows()
    ]
    assert boxes["took"][0] == "10.0 s"
    cells = next(frame for frame in frames if "step" not in frame.columns)
    assert cells["sign"].to_list() == ["✔", "…", "◦", "◦"]


def test_many_shards_are_one_bar_by_state():
    asked = Asked(candidates=10_000, shards=100)
    steps = taken(*(step("mine", "succeeded", shard=shard, rows=5) for shard in range(60)))
    shards = shards_of(steps, generations(), asked, NOW)
    chart = state_machine(stages(steps, shards, NOW), shards, SIGNS)
    cells = next(layer.data for layer in chart.layer if "shards" in layer.data.columns)
    assert cells.select("epoch", "state", "sign").rows() == [
        (0, "waiting", "◦ 40"),
        (0, "succeeded", "✔ 60"),
        (1, "waiting", "◦ 100"),
    ]


def test_trials_by_shard_are_stacked_by_epoch():
    chart = trials_by_shard(shards_of(taken(*MINED), SEEN, ASKED, NOW))
    assert chart.data.select("epoch", "shard", "trials").rows() == [(1, 0, 70), (1, 1, 73), (2, 0, 0), (2, 1, 0)]
