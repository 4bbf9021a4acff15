"""A run that dies after any of its writes, in this process: every attempt gets so many writes further."""

from __future__ import annotations

from pathlib import Path

import pytest

from lode.lake import Lake
from lode.warehouse.stores.runs import list_runs, read_run, read_steps
from lode.workflow.context import Context, Event
from lode.workflow.run import execute, resume
from tests.workflow.homes import (
    RUN_TABLES,
    Here,
    Home,
    Killed,
    assert_same_rows,
    dying,
    request_for,
    table_rows,
)

CANDIDATES = 24


def _once_more(context: Context, request: Event) -> Event:
    """Go on as a user would: by the run's id where there is one, else by the same command."""
    runs = list_runs(context.warehouse)["run"].to_list()
    return resume(runs[0], context, Here(context)) if runs else execute(request, context, Here(context))


def test_a_run_that_dies_again_and_again_ends_with_the_rows_of_one_that_did_not(
    tmp_path: Path, market: Path, soak_scale: float
) -> None:
    whole, broken = Home(tmp_path / "whole"), Home(tmp_path / "broken")
    request = request_for(market, candidates=CANDIDATES)
    stride, deaths = round(1 / soak_scale), 0
    try:
        with whole.context() as context:
            expected_result = execute(request, context, Here(context))
            expected = table_rows(context.warehouse, RUN_TABLES)
        with broken.context() as context:
            while True:
                try:
                    with dying(3 + deaths * stride):
                        result = _once_more(context, request)
                    break
                except Killed:
                    deaths += 1
            ours = table_rows(context.warehouse, RUN_TABLES)
            assert_same_rows(ours, expected)
            again = _once_more(context, request)
    finally:
        whole.stop()
        broken.stop()
    assert deaths >= 5
    rate = {"trials_per_second": 0}
    assert result | rate == expected_result | rate
    assert again == result


def test_a_run_that_dies_when_its_result_is_written_is_finished_by_the_next_attempt(
    tmp_path: Path, market: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, request, claim = Home(tmp_path / "home"), request_for(market, candidates=CANDIDATES), Lake.claim

    def dying(lake: Lake, key: str, body: bytes) -> bool:
        written = claim(lake, key, body)
        if key.count("/") == 2 and key.endswith("/result.json"):
            raise Killed
        return written

    try:
        with home.context() as context:
            monkeypatch.setattr(Lake, "claim", dying)
            with pytest.raises(Killed):
                execute(request, context, Here(context))
            monkeypatch.undo()
            result = execute(request, context, Here(context))
            steps = read_steps(context.warehouse, result["run"])
            record = read_run(context.warehouse, result["run"])
    finally:
        home.stop()
    assert set(steps["state"]) == {"succeeded"}
    assert "notify" in set(steps["step"])
    assert (record.state, record.trials) == ("succeeded", result["trials"])
