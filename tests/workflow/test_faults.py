"""A run that collects from the outside dies between two writes, or hears every event twice; the same rows."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from lode.warehouse.stores.runs import list_runs
from lode.workflow.context import Context, Event
from lode.workflow.mining import mine_recorded
from lode.workflow.plan import EPOCHS
from lode.workflow.run import execute, resume
from lode.workflow.steps import take
from tests.replicas.outside import Outside
from tests.workflow.faults import REQUEST, rows_of
from tests.workflow.homes import (
    Here,
    Home,
    Killed,
    assert_same_rows,
    dying,
)

SAMPLE = 4
ORDER = ("validate", "collect", "snapshot", "plan", "mine", "select", "prove", "publish", "notify")


def _go_on(context: Context) -> Event:
    """Go on as a user would: by the run's id where there is one, else by the same command."""
    runs = list_runs(context.warehouse)["run"].to_list()
    return resume(runs[0], context, Here(context)) if runs else execute(dict(REQUEST), context, Here(context))


@pytest.mark.parametrize("case", range(SAMPLE))
def test_a_run_that_dies_between_two_writes_of_collecting_or_mining_goes_on(
    broken: Outside, undisturbed: tuple[dict[str, pl.DataFrame], int], case: int, soak_scale: float
) -> None:
    expected, writes = undisturbed
    points = np.arange(1, writes)
    sampled = points[case::SAMPLE] if soak_scale == 1 else [points[(2 * case + 1) * len(points) // (2 * SAMPLE)]]
    for point in sampled:
        home = Home(broken.home.folder.with_name(f"broken-{point}"), broken.home.environment)
        try:
            with replace(broken, home=home).context() as context:
                with dying(int(point)), pytest.raises(Killed):
                    execute(dict(REQUEST), context, Here(context))
                _go_on(context)
                assert_same_rows(rows_of(context), expected)
        finally:
            home.stop()


def _take(step: str, event: Event, context: Context) -> Event:
    if step != "mine":
        return take(step, event, context)
    for epoch in range(EPOCHS):
        mine_recorded({"run": event["run"], "epoch": epoch, "shard": 0}, context)
    return event


@pytest.mark.parametrize("seed", [1, 2])
def test_every_event_is_delivered_twice_and_late_ones_change_nothing(
    broken: Outside, undisturbed: tuple[dict[str, pl.DataFrame], int], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    event, late = dict(REQUEST), []
    with broken.context() as context:
        for step in ORDER:
            given = json.loads(json.dumps(event))
            event = _take(step, event, context)
            late.append((step, given))
            if rng.random() < 0.5:  # at once, else behind a later step
                again = _take(*late.pop(), context)
                assert _lasting(again) == _lasting(event)
            while late and rng.random() < 0.4:
                _take(*late.pop(rng.integers(len(late))), context)
        while late:
            _take(*late.pop(rng.integers(len(late))), context)
        assert_same_rows(rows_of(context), undisturbed[0])


def _lasting(event: Event) -> Event:
    return {name: value for name, value in event.items() if name not in {"records", "rows", "done"}}
