from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from lode.lake import Lake
from lode.workflow.schedule_history import LastTurn, read_last_turns
from lode.workflow.turns import Turn, Turns

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake((tmp_path / "lake").as_uri())


def _take(turns: Turns, session: date) -> Turn:
    turn = turns.take(session)
    assert isinstance(turn, Turn)
    return turn


def test_a_lake_without_schedules_has_none(lake: Lake):
    assert read_last_turns(lake) == []


def test_the_last_turn_of_each_schedule_is_told(lake: Lake):
    first, second = (Turns(lake, f"XNYS-{name}", lambda: NOW) for name in ("aa", "bb"))
    first.end(_take(first, date(2026, 11, 25)), "succeeded", "run1")
    first.end(_take(first, date(2026, 11, 27)), "failed", "429")
    _take(second, date(2026, 11, 27))
    assert read_last_turns(lake) == [
        LastTurn("XNYS-aa", "XNYS", 2, date(2026, 11, 27), NOW, "failed", "429", NOW),
        LastTurn("XNYS-bb", "XNYS", 1, date(2026, 11, 27), NOW, "", "", None),
    ]
