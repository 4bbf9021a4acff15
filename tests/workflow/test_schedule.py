from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lode.cli import mining
from lode.errors import DataError, LakeError, SourceUnavailableError, UsageError
from lode.lake import Lake, open_lake
from lode.log import ReaderGoneError
from lode.workflow import schedule as schedule_module
from lode.workflow import turns as turns_module
from lode.workflow.schedule import (
    Schedule,
    cloud_schedule,
    crontab,
    nothing_due,
    run_daily,
    run_due,
    schedule_of,
    scheduled,
    weekly,
)
from lode.workflow.turns import MOST_ATTEMPTS, Turn, Turns, Wait
from tests.workflow.homes import SMALL, Home, ended, kill, until

# Thanksgiving 2026 is Thursday 26 November; the Friday after it closes at 13:00 New York, 18:00 UTC.
WEDNESDAY = datetime(2026, 11, 25, 21, 30, tzinfo=UTC)  # half an hour after its close
SCHEDULE = Schedule("request")


class Time:
    """A clock that only sleeping moves; `wake` is called after each nap."""

    def __init__(self, now: datetime, end: datetime | None = None) -> None:
        self.now, self.end, self.naps = now, end, []

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += timedelta(seconds=seconds)
        if self.end and self.now >= self.end:
            raise KeyboardInterrupt


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake((tmp_path / "lake").as_uri())


def as_other(monkeypatch: pytest.MonkeyPatch, machine: str = "elsewhere") -> None:
    """Let what follows be done by another machine."""
    monkeypatch.setattr(turns_module, "machine", lambda: machine)


@pytest.mark.parametrize(
    ("now", "due", "following"),
    [
        (datetime(2026, 11, 25, 21, 29, 59, tzinfo=UTC), date(2026, 11, 24), WEDNESDAY),
        (WEDNESDAY, date(2026, 11, 25), datetime(2026, 11, 27, 18, 30, tzinfo=UTC)),  # not on the holiday; early
        (datetime(2026, 11, 27, 18, 30, tzinfo=UTC), date(2026, 11, 27), datetime(2026, 11, 30, 21, 30, tzinfo=UTC)),
        (datetime(2026, 3, 8, 12, tzinfo=UTC), date(2026, 3, 6), datetime(2026, 3, 9, 20, 30, tzinfo=UTC)),  # summer
    ],
)
def test_a_session_is_due_half_an_hour_after_its_close(now, due, following):
    assert (SCHEDULE.due(now), SCHEDULE.next(now)) == (due, following)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2026, 6, 1)))  # noqa: DTZ001  UTC is added
def test_the_next_due_time_makes_the_next_session_due_and_no_earlier_one_does(moment):
    now = moment.replace(tzinfo=UTC)
    following = SCHEDULE.next(now)
    assert following > now
    assert SCHEDULE.due(following - timedelta(microseconds=1)) == SCHEDULE.due(now) < SCHEDULE.due(following)


def test_a_process_that_outlives_its_calendar_says_so(monkeypatch):
    monkeypatch.setattr(schedule_module, "sessions", lambda *_: [])
    with pytest.raises(DataError, match="no session after 2026-11-26; start the schedule anew"):
        SCHEDULE.next(WEDNESDAY)


def test_daily_runs_once_a_session_and_sleeps_in_between(lake):
    at = Time(WEDNESDAY - timedelta(hours=1), end=datetime(2026, 12, 1, 22, tzinfo=UTC))
    ran = []
    run_daily(SCHEDULE, Turns(lake, SCHEDULE.id, at), lambda: ran.append(at.now) or {}, clock=at, sleep=at.sleep)
    assert ran == [
        WEDNESDAY - timedelta(hours=1),  # Tuesday's, which closed while nothing ran
        WEDNESDAY,
        datetime(2026, 11, 27, 18, 30, tzinfo=UTC),
        datetime(2026, 11, 30, 21, 30, tzinfo=UTC),
        datetime(2026, 12, 1, 21, 30, tzinfo=UTC),
    ]
    assert max(at.naps) <= 60


def test_sessions_that_were_missed_are_caught_up_by_one_run(lake):
    at, ran = Time(WEDNESDAY), []
    turns = Turns(lake, SCHEDULE.id, at)
    run_due(SCHEDULE, turns, lambda: {"run": "a"}, at)
    at.now += timedelta(days=30)  # nobody was there
    at.end = at.now + timedelta(hours=1)
    run_daily(SCHEDULE, turns, lambda: ran.append(at.now) or {}, clock=at, sleep=at.sleep)
    assert len(ran) == 1


def test_a_session_that_was_done_is_not_done_again(lake):
    at = Time(WEDNESDAY)
    turns = Turns(lake, SCHEDULE.id, at)
    assert run_due(SCHEDULE, turns, lambda: {"run": "a"}, at) == {"run": "a"}
    outcome = run_due(SCHEDULE, turns, pytest.fail, at)
    assert outcome == Wait("the session 2026-11-25 has been done")


def test_a_failure_is_tried_again_after_half_an_hour_and_three_times_at_most(lake):
    at = Time(WEDNESDAY, end=WEDNESDAY + timedelta(days=1))
    tried = []

    def fail():
        tried.append(at.now)
        raise SourceUnavailableError("Yahoo does not answer")

    run_daily(SCHEDULE, Turns(lake, SCHEDULE.id, at), fail, clock=at, sleep=at.sleep)
    assert tried == [WEDNESDAY + timedelta(minutes=30) * n for n in range(3)]


def test_a_wrong_request_ends_the_schedule_and_may_be_corrected_at_once(lake):
    at = Time(WEDNESDAY)
    turns = Turns(lake, SCHEDULE.id, at)

    def refuse():
        raise UsageError("no such universe")

    with pytest.raises(UsageError):
        run_daily(SCHEDULE, turns, refuse, clock=at, sleep=at.sleep)
    assert run_due(SCHEDULE, turns, lambda: {"run": "a"}, at) == {"run": "a"}


def test_an_interrupted_run_is_recorded_and_free_for_the_next(lake):
    at = Time(WEDNESDAY)
    turns = Turns(lake, SCHEDULE.id, at)

    def interrupt():
        raise KeyboardInterrupt

    for _ in range(MOST_ATTEMPTS + 1):
        with pytest.raises(KeyboardInterrupt):
            run_daily(SCHEDULE, turns, interrupt, clock=at, sleep=at.sleep)
    assert run_due(SCHEDULE, turns, lambda: {"run": "a"}, at) == {"run": "a"}
    ends = [json.loads(lake.get(key))["outcome"] for key in lake.list("schedules") if key.endswith("ended.json")]
    assert ends == ["interrupted"] * 4 + ["succeeded"]


def test_a_run_that_nobody_reads_any_more_is_stopped_and_free_for_the_next(lake):
    at = Time(WEDNESDAY)
    turns = Turns(lake, SCHEDULE.id, at)

    def log_in_vain():
        raise ReaderGoneError("nobody reads what is said any more")

    for attempt in (lambda: run_due(SCHEDULE, turns, log_in_vain, at), lambda: daily(turns, log_in_vain, at)):
        with pytest.raises(ReaderGoneError):
            attempt()
    assert run_due(SCHEDULE, turns, lambda: {"run": "a"}, at) == {"run": "a"}
    assert [end["outcome"] for end in ends_of(lake)] == ["interrupted", "interrupted", "succeeded"]
    assert ends_of(lake)[0]["told"] == "nobody reads what is said any more"


def test_what_a_run_came_to_is_shown_after_its_turn(lake):
    at, shown = Time(WEDNESDAY, end=WEDNESDAY + timedelta(hours=1)), []
    turns = Turns(lake, SCHEDULE.id, at)

    def show(result):
        shown.append((result, [end["outcome"] for end in ends_of(lake)]))
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        daily(turns, lambda: {"run": "a"}, at, show=show)
    assert shown == [({"run": "a"}, ["succeeded"])]


def daily(turns, run, at, **more):
    run_daily(SCHEDULE, turns, run, clock=at, sleep=at.sleep, **more)


def ends_of(lake):
    return [json.loads(lake.get(key)) for key in sorted(lake.list("schedules")) if key.endswith("ended.json")]


@pytest.mark.parametrize("gone", ["stdout", "stderr"])
def test_a_reader_that_goes_away_ends_the_command_quietly_and_leaves_no_turn_open(tmp_path, market, gone):
    """Standard output says what a run came to, when that is on record; standard error what goes on meanwhile."""
    home = Home(tmp_path / "home")
    assert home.lode("import", "bars", market, "--source", "mine").code == 0
    process = home.spawn("run", "--source", "mine", *SMALL, "--every", "due")
    getattr(process, gone).close()
    other = process.stderr if gone == "stdout" else process.stdout
    with other:
        said = other.read()
    assert process.wait(timeout=300) == 0
    assert "Traceback" not in said
    assert "error" not in said
    (end,) = ends_of(open_lake(home.settings))
    runs = home.lode("runs", "list", "--json").json["runs"]
    if gone == "stdout":
        assert (end["outcome"], end["told"]) == ("succeeded", runs[0]["run"])
    else:
        assert (end["outcome"], said) == ("interrupted", "")
        assert {run["state"] for run in runs} <= {"stopped"}
        assert home.lode("run", "--source", "mine", *SMALL, "--every", "due").code == 0
        assert ends_of(open_lake(home.settings))[-1]["outcome"] == "succeeded"
    home.stop()


def test_a_lake_that_is_gone_for_a_while_delays_the_run(lake):
    class Gone(Turns):
        def take(self, session):
            if at.now < WEDNESDAY + timedelta(minutes=5):
                raise LakeError("no bucket")
            return super().take(session)

    at, ran = Time(WEDNESDAY, end=WEDNESDAY + timedelta(hours=1)), []
    run_daily(SCHEDULE, Gone(lake, SCHEDULE.id, at), lambda: ran.append(at.now) or {}, clock=at, sleep=at.sleep)
    assert ran == [WEDNESDAY + timedelta(minutes=5)]
    assert len(at.naps) < 70


def test_a_turn_that_another_machine_holds_is_waited_for_while_it_beats(lake, monkeypatch):
    at = Time(WEDNESDAY)
    with monkeypatch.context() as patch:
        as_other(patch)
        theirs = Turns(lake, SCHEDULE.id, at)
        taken = theirs.take(date(2026, 11, 25))
    assert isinstance(taken, Turn)
    ours = Turns(lake, SCHEDULE.id, at)
    at.now += timedelta(minutes=9)
    theirs._beat(taken, "")
    at.now += timedelta(days=5, minutes=9)  # the next session is due as well: the request is still going
    theirs._beat(taken, "")
    at.now += timedelta(minutes=9)
    held = ours.take(date(2026, 11, 30))
    assert isinstance(held, Wait)
    assert "turn 1 is still going (process" in held.reason
    assert held.until == at.now + timedelta(minutes=1)
    at.now += timedelta(minutes=1)
    retaken = ours.take(date(2026, 11, 30))
    assert isinstance(retaken, Turn)
    assert retaken.number == 2


def test_beats_are_written_while_a_turn_goes_on_and_only_the_last_one_is_kept(lake):
    turns = Turns(lake, SCHEDULE.id, lambda: datetime.now(UTC))
    taken = turns.take(date(2026, 11, 25))
    seen = set()
    with turns.beating(taken, timedelta(seconds=0.05)):
        until(lambda: seen.update(lake.list("rate")) or len(seen) > 1, seconds=20)
        assert len(lake.list("rate")) <= 2
    assert lake.list("rate") == []


@pytest.mark.parametrize("number", [1, 2, 5])
def test_of_many_who_ask_at_once_one_gets_the_turn(lake, number, monkeypatch):
    at, taken = Time(WEDNESDAY), []
    for asker in range(number):
        with monkeypatch.context() as patch:
            as_other(patch, f"machine {asker}")
            taken.append(Turns(lake, SCHEDULE.id, at).take(date(2026, 11, 25)))
    assert [isinstance(turn, Turn) for turn in taken] == [True] + [False] * (number - 1)


def test_the_one_that_lost_the_race_for_a_number_waits(lake, monkeypatch):
    ours, theirs = Turns(lake, SCHEDULE.id, Time(WEDNESDAY)), Turns(lake, SCHEDULE.id, Time(WEDNESDAY))
    past = ours._past
    monkeypatch.setattr(ours, "_past", lambda: (past(), theirs.take(date(2026, 11, 25)))[0])
    assert ours.take(date(2026, 11, 25)) == Wait("another process has just taken it", WEDNESDAY + timedelta(minutes=1))


def test_a_killed_process_of_this_machine_frees_its_turn_at_once_and_a_living_one_does_not(lake):
    code = (
        "import sys, time; from datetime import UTC, date, datetime; from lode.lake import Lake; "
        "from lode.workflow.turns import Turns; now = lambda: datetime(2026, 11, 25, 21, 30, tzinfo=UTC); "
        "print(Turns(Lake(sys.argv[1]), sys.argv[2], now).take(date(2026, 11, 25)), flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, lake.url, SCHEDULE.id], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline().startswith("Turn(number=1")
        turns = Turns(lake, SCHEDULE.id, Time(WEDNESDAY + timedelta(days=3)))  # however long it takes
        assert "still going" in turns.take(date(2026, 11, 27)).reason
    finally:
        process.kill()
    until(lambda: isinstance(turns.take(date(2026, 11, 25)), Turn), seconds=10)  # a zombie counts as gone
    process.communicate()


def test_a_process_id_that_was_given_to_another_process_frees_the_turn(lake, monkeypatch):
    at = Time(WEDNESDAY)
    parent = os.getppid()
    with monkeypatch.context() as patch:
        patch.setattr(turns_module.os, "getpid", lambda: parent)
        patch.setattr(turns_module, "born_at", lambda _pid: 1000.0)
        Turns(lake, SCHEDULE.id, at).take(date(2026, 11, 25))
    assert isinstance(Turns(lake, SCHEDULE.id, at).take(date(2026, 11, 25)), Turn)


def test_killed_turns_are_tried_three_times_a_session(lake, monkeypatch):
    at = Time(WEDNESDAY)
    for asker in range(MOST_ATTEMPTS):
        with monkeypatch.context() as patch:
            as_other(patch, f"machine {asker}")
            assert isinstance(Turns(lake, SCHEDULE.id, at).take(date(2026, 11, 25)), Turn)
        at.now += timedelta(minutes=11)
    turns = Turns(lake, SCHEDULE.id, at)
    assert turns.take(date(2026, 11, 25)) == Wait("3 turns for the session 2026-11-25 came to nothing")
    assert isinstance(turns.take(date(2026, 11, 27)), Turn)


def test_a_turn_whose_end_could_not_be_recorded_does_not_block_its_own_process(lake, monkeypatch):
    turns = Turns(lake, SCHEDULE.id, Time(WEDNESDAY))
    turns.take(date(2026, 11, 25))
    assert turns.take(date(2026, 11, 25)).number == 2


def test_a_schedule_falls_back_to_nothing_and_has_no_end():
    assert scheduled({"source": "auto", "universe": None}) == {"source": "yahoo", "universe": "dow30"}
    assert scheduled({"source": "mine", "universe": "A"}) == {"source": "mine", "universe": "A"}
    with pytest.raises(UsageError, match="2024-01-31 with --every"):
        scheduled({"source": "yahoo", "end": "2024-01-31"})


def test_schedules_differ_by_request_and_exchange():
    ids = {schedule_of({"a": 1}).id, schedule_of({"a": 2}).id, schedule_of({"a": 1}, exchange="XTKS").id}
    assert len(ids) == 3
    assert schedule_of({"a": 1, "b": 2}) == schedule_of({"b": 2, "a": 1})


@pytest.mark.parametrize(
    ("exchange", "delay", "expression", "line"),
    [
        ("XNYS", 30, ("cron(30 16 ? * MON,TUE,WED,THU,FRI *)", "America/New_York"), "30 16 * * 1,2,3,4,5 x"),
        ("XSAU", 30, ("cron(30 15 ? * MON,TUE,WED,THU,SUN *)", "Asia/Riyadh"), "30 15 * * 1,2,3,4,7 x"),
        ("XNYS", 8 * 60, ("cron(0 0 ? * TUE,WED,THU,FRI,SAT *)", "America/New_York"), "0 0 * * 2,3,4,5,6 x"),
    ],
)
def test_cron_fires_in_the_time_zone_of_the_exchange(exchange, delay, expression, line):
    assert cloud_schedule(exchange, timedelta(minutes=delay)) == expression
    assert crontab("x", exchange, timedelta(minutes=delay)) == f"CRON_TZ={expression[1]}\n{line}"
    assert weekly(exchange).time_zone == expression[1]


def test_a_per_cent_sign_is_escaped_for_cron():
    assert crontab("date +%F").endswith(r"date +\%F")


def test_the_printed_line_is_the_whole_command_and_no_secret(tmp_path):
    secret = (("LODE_TAVILY_KEY", "hush"),)
    home = Home(tmp_path / "ho me", secret)
    done = home.lode("run", "--every", "cron", "--universe", "A,B", "--seed", 7, "--delay", 0, "--json")
    assert done.code == 0, done.err
    comments, (zone, line) = done.out.splitlines()[:-2], done.out.splitlines()[-2:]
    assert all(comment.startswith("#") for comment in comments)
    assert "LODE_TAVILY_KEY" in done.out
    assert "hush" not in done.out
    assert zone == "CRON_TZ=America/New_York"
    assert line.startswith(f"30 16 * * 1,2,3,4,5 cd '{tmp_path}/ho me-cwd' && LODE_HOME='{tmp_path}/ho me' ")
    assert line.endswith("run --source yahoo --universe A,B --seed 7 --delay 0 --json --every due")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--every", "daily", "--resume", "x"), "give one of them"),
        (("--every", "due", "--end", "2024-01-31"), "--end 2024-01-31 with --every"),
    ],
)
def test_what_cannot_recur_is_refused(tmp_path, words, message):
    done = Home(tmp_path / "home").lode("run", *words)
    assert done.code == 2
    assert message in done.message


def test_due_runs_once_and_daily_waits_until_it_is_asked_to_end(tmp_path, monkeypatch):
    home, asked = Home(tmp_path / "home"), []
    words = ("run", "--source", "mine", "--json", "--every")
    monkeypatch.setattr(mining, "_carry_out", lambda request, *_, **__: asked.append(request) or {"run": "a"})
    assert home.lode(*words, "due").json == {"run": "a"}
    reason = f"the session {SCHEDULE.due(datetime.now(UTC))} has been done"
    assert home.lode(*words, "due").json == {"run": None, "reason": reason, "until": None}
    assert [request["source"] for request in asked] == ["mine"]
    process = home.spawn(*words, "daily")
    said = process.stderr.readline()
    kill(process.pid, signal.SIGTERM)
    done = ended(process, timeout=30)
    assert reason in said
    assert (done.code, done.out) == (0, "")
    assert "no run was going" in done.err


@pytest.mark.parametrize(
    ("moment", "due"),
    [
        ("2024-11-27T21:30:00Z", True),
        ("2024-11-28T21:30:00Z", False),  # Thanksgiving
        ("2024-11-29T21:30:00Z", True),  # closed at one o'clock
        ("2024-11-30T21:30:00Z", False),
        ("2024-12-02T21:30:00Z", True),
        ("2024-03-11T20:30:00Z", True),  # the Monday after the clocks changed
        ("2024-11-04T21:30:00+00:00", True),
    ],
)
def test_a_cloud_s_schedule_has_nothing_to_do_on_a_day_without_a_session(moment, due):
    assert (nothing_due({"scheduled": moment}) is None) == due


def test_an_execution_that_a_person_started_has_always_something_to_do():
    assert nothing_due({"source": "sample"}) is None
