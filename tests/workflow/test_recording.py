from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import polars as pl
import pytest

from lode.errors import StepError, WarehouseError
from lode.warehouse.stores.runs import read_steps
from lode.workflow.context import Context
from lode.workflow.recording import describe, peak_memory, recorded
from tests.workflow.homes import Home


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    home = Home(tmp_path_factory.mktemp("recording") / "home")
    with home.context() as context:
        yield context
    home.stop()


def _step(context: Context, run: str) -> dict[str, object]:
    return read_steps(context.warehouse, run).row(by_predicate=pl.col("step") == "mine", named=True)


def test_a_step_is_running_until_it_succeeds(context: Context) -> None:
    run = uuid4().hex
    with recorded(context, run, "mine", shard=3) as meter:
        during = _step(context, run)
        assert (during["state"], during["ended"], during["shard"]) == ("running", None, 3)
        meter.rows = 7
    after = _step(context, run)
    assert (after["state"], after["rows"], after["attempts"], after["error"]) == ("succeeded", 7, 1, "")
    assert after["ended"] >= after["started"]  # type: ignore[operator]
    with recorded(context, run, "mine", shard=3):
        assert _step(context, run)["attempts"] == 2


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (StepError("no luck"), "no luck"),
        (ZeroDivisionError("by 0"), "ZeroDivisionError: by 0"),
        (KeyError(), "KeyError"),
    ],
)
def test_a_step_that_fails_is_recorded_with_its_reason(context: Context, error: Exception, told: str) -> None:
    run = uuid4().hex
    with pytest.raises(type(error)), recorded(context, run, "mine"):
        raise error
    step = _step(context, run)
    assert (step["state"], step["error"]) == ("failed", told)
    assert describe(error) == told


def test_a_failure_that_cannot_be_recorded_is_raised_with_a_note(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> int:
        msg = "the warehouse is gone"
        raise WarehouseError(msg)

    def fail() -> None:
        with recorded(context, uuid4().hex, "mine"):
            monkeypatch.setattr(context.warehouse, "insert", gone)
            msg = "no luck"
            raise StepError(msg)

    with pytest.raises(StepError, match="no luck") as failure:
        fail()
    assert failure.value.__notes__ == ["That the step mine failed could not be recorded: the warehouse is gone"]


def test_peak_memory_is_in_bytes() -> None:
    assert 10_000_000 < peak_memory() < 100_000_000_000
