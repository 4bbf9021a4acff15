from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from lode.app import alarms
from lode.app.alarms import Alarm

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)


def _runs(**more) -> pl.DataFrame:
    row = {"run": "ab", "state": "failed", "started": NOW - timedelta(days=1), "message": "no prices for <b>ABC</b>"}
    return pl.DataFrame([row | more])


def test_a_failed_run_names_the_command_that_goes_on_with_it():
    (alarm,) = alarms.of_runs(_runs(), NOW)
    assert (alarm.level, alarm.name, alarm.page, alarm.query) == ("red", "Run failed", "run", {"run": "ab"})
    assert "no prices for <b>ABC</b>" in alarm.detail
    assert alarm.step == "To go on with it: lode run --resume ab"


@pytest.mark.parametrize("more", [{"state": "succeeded"}, {"state": "running"}, {"started": NOW - timedelta(days=15)}])
def test_runs_that_did_not_fail_or_long_ago_give_none(more):
    assert list(alarms.of_runs(_runs(**more), NOW)) == []


def _source(**more) -> pl.DataFrame:
    row = {"source": "yahoo", "state": "late", "behind": 2, "subjects": 30, "failed": 0, "message": ""}
    return pl.DataFrame([row | more])


@pytest.mark.parametrize(
    ("more", "level", "detail"),
    [
        ({}, "orange", "yahoo: sessions behind: 2"),
        ({"state": "very late", "behind": 1700}, "red", "yahoo: sessions behind: 1,700"),
        (
            {"state": "failed", "failed": 20, "message": "429"},
            "red",
            "yahoo: sessions behind: 2; 20 of 30 failed, the last: 429",
        ),
        ({"state": "failed", "behind": None}, "red", "yahoo: nothing came"),
    ],
)
def test_a_source_that_is_late_or_failed_says_how_far(more, level, detail):
    (alarm,) = alarms.of_sources(_source(**more))
    assert (alarm.level, alarm.detail) == (level, detail)


@pytest.mark.parametrize("state", ["in time", "not scheduled"])
def test_a_source_that_is_as_it_should_be_gives_none(state):
    assert list(alarms.of_sources(_source(state=state))) == []


def test_a_schedule_that_failed_says_why():
    row = {
        "schedule": "XNYS-ab", "state": "failed", "session": date(2026, 11, 25), "outcome": "failed", "told": "429",
        "behind": 1,
    }  # fmt: skip
    (alarm,) = alarms.of_schedules(pl.DataFrame([row]))
    assert alarm.detail == "XNYS-ab: its turn for 2026-11-25 failed: 429; sessions that became due since: 1"
    assert list(alarms.of_schedules(pl.DataFrame([row | {"state": "ended"}]))) == []


@pytest.mark.parametrize(
    ("message", "k", "told"),
    [
        ("no news; vault spent: it was opened 10 times", None, "sp500 of yahoo: vault spent: it was opened 10 times"),
        ("", 10, "sp500 of yahoo: it was opened 10 times"),
        ("", 9, None),
        ("", None, None),
    ],
)
def test_a_vault_is_spent_with_its_tenth_opening(message, k, told):
    newest = pl.DataFrame(
        {"run": ["ab"], "source": ["yahoo"], "universe": ["sp500"], "message": [message], "k": [k]},
        schema_overrides={"k": pl.UInt32},
    )
    assert [alarm.detail for alarm in alarms.of_vaults(newest)] == ([told] if told else [])


def _since(live_mean: float | None = 0.0, sessions: int = 100, direction: int = 1, factor: str = "f", **more) -> dict:
    row = {"factor": factor, "run": "r", "expression": "-close", "direction": direction, "horizon": 1}
    vault = {"vault_mean": direction * 0.03, "vault_variance": 0.01, "vault_sessions": 400}
    live = {"live_mean": live_mean, "live_variance": 0.01, "live_sessions": sessions}
    return row | vault | live | more


def test_the_p_of_a_fall_is_that_of_two_means():
    # The means differ by .03, and their standard error is √(.01/400 + .01/100) = .01118: z = 2.683.
    assert alarms.p_of_decay(_since()) == pytest.approx(0.00365, abs=2e-5)
    assert alarms.p_of_decay(_since(direction=-1)) == pytest.approx(0.00365, abs=2e-5)
    assert alarms.p_of_decay(_since(horizon=4)) == pytest.approx(0.0899, abs=2e-4)  # z / √4
    assert alarms.p_of_decay(_since(live_mean=0.03)) == pytest.approx(0.5)


@pytest.mark.parametrize("missing", ["vault_mean", "live_variance"])
def test_what_is_missing_has_no_p(missing):
    assert math.isnan(alarms.p_of_decay(_since() | {missing: None}))


def test_what_does_not_vary_has_no_p():
    assert math.isnan(alarms.p_of_decay(_since(vault_variance=0.0, live_variance=0.0)))


def test_decay_is_told_of_those_that_are_surely_worse_and_the_surest_first():
    rows = [_since(0.029, factor="held"), _since(-0.01, factor="fell"), _since(-0.03, factor="crashed")]
    found = list(alarms.of_decay(pl.DataFrame(rows)))
    assert [alarm.query["factor"] for alarm in found] == ["crashed", "fell"]
    assert found[0].detail == "-close: rank IC -0.0300 in 100 sessions since its vault, 0.0300 on it"


def test_one_of_many_that_falls_a_little_is_chance():
    assert list(alarms.of_decay(pl.DataFrame([_since()])))
    many = [_since(0.03, factor=str(number)) for number in range(40)]
    assert not list(alarms.of_decay(pl.DataFrame([_since(), *many])))


def test_too_few_sessions_decide_nothing():
    assert not list(alarms.of_decay(pl.DataFrame([_since(-0.2, sessions=59)])))
    assert not list(alarms.of_decay(pl.DataFrame([_since()]).clear()))


def test_three_of_a_kind_are_shown_the_gravest_first():
    raised = [Alarm("orange", "Late", str(n)) for n in range(5)] + [Alarm("red", "Failed", "x")]
    assert [alarm.detail for alarm in alarms.shown(raised)] == ["x", "0", "1", "2"]
