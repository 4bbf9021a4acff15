"""The one clock of a place: when a scheduled request is due, and what starts it.

On one machine `lode run --every daily` stays and runs its request after each session, or cron starts `lode run --every
due`, which runs it when a session is due and ends. On AWS EventBridge starts the state machine, with the expression
that `cloud_schedule` gives. Nothing else starts a collector.

A session is due half an hour after its close (early closes counted). Sessions that closed while nothing ran are caught
up by one run, since a run collects everything up to now; so is the last closed session at the first start. Which
process may run, and how often a failure is tried again, is decided by `lode.workflow.turns`.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from lode.calendar import DEFAULT_EXCHANGE, close_time, last_closed_session, regular_close, sessions
from lode.errors import DataError, LodeError, UsageError
from lode.log import ReaderGoneError, get_logger
from lode.workflow.context import Event
from lode.workflow.turns import LOOK, Turn, Turns, Wait

DELAY = timedelta(minutes=30)
_NAP = timedelta(minutes=1)  # a suspended machine's clocks for sleeping stand still: look at the time now and then
_LONGEST_CLOSURE = timedelta(days=45)
_DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")

Clock = Callable[[], datetime]
Sleep = Callable[[float], None]


@dataclass(frozen=True)
class Schedule:
    """A request after each session of an exchange, `delay` after the close."""

    request_hash: str
    exchange: str = DEFAULT_EXCHANGE
    delay: timedelta = DELAY

    @property
    def id(self) -> str:
        """Name of the schedule: the same request on the same exchange is the same schedule."""
        return f"{self.exchange}-{self.request_hash}"

    def due(self, now: datetime) -> date:
        """Return the latest session that is due at `now` (UTC)."""
        return date.fromisoformat(str(last_closed_session(self.exchange, now - self.delay)))

    def next(self, now: datetime) -> datetime:
        """Return when the next session becomes due, after `now`, in UTC. DataError where the calendar ends."""
        after = self.due(now) + timedelta(days=1)
        ahead = sessions(self.exchange, after, after + _LONGEST_CLOSURE)
        if not len(ahead):
            raise DataError(f"the calendar of {self.exchange} has no session after {after}; start the schedule anew")
        closes: datetime = close_time(self.exchange, ahead[:1])[0].item()
        return closes.replace(tzinfo=UTC) + self.delay


def scheduled(request: Event) -> Event:
    """Return a request as a schedule runs it: real data or none. Raises UsageError for one that cannot recur."""
    if request.get("end"):
        raise UsageError(f"--end {request['end']} with --every: every run goes to its own last session; leave it out")
    if request.get("source") in {None, "auto"}:  # a schedule does not fall back to the sample
        return request | {"source": "yahoo", "universe": request.get("universe") or "dow30"}
    return request


def schedule_of(request: Event, *, exchange: str = DEFAULT_EXCHANGE) -> Schedule:
    """Return the schedule of a request."""
    return Schedule(hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()[:16], exchange)


def run_due(schedule: Schedule, turns: Turns, run: Callable[[], Event], clock: Clock) -> Event | Wait:
    """Run the request when a session is due and nobody else is at it; else tell why not. Raises what the run raises."""
    taken = turns.take(schedule.due(clock()))
    return taken if isinstance(taken, Wait) else _carry_out(taken, turns, run)


def run_daily(
    schedule: Schedule,
    turns: Turns,
    run: Callable[[], Event],
    *,
    clock: Clock,
    sleep: Sleep = time.sleep,
    show: Callable[[Event], None] = lambda _: None,
) -> None:
    """Run the request after each session until interrupted: KeyboardInterrupt while waiting ends it quietly.

    show: is given what a run came to, once its turn is over. A run that fails is logged and tried again, at most
    three times a session; a request that is wrong ends the schedule with its UsageError, and so does whatever is no
    LodeError.
    """
    said = ""
    try:
        while True:
            wait = _attempt(schedule, turns, run, clock)
            if not isinstance(wait, Wait):
                show(wait)
                continue
            next_due = schedule.next(clock())
            until = min(wait.until or next_due, next_due)
            if wait.reason != said:
                said = wait.reason
                get_logger("schedule").info("waiting", reason=said, until=until.isoformat(timespec="seconds"))
            _sleep_until(until, clock, sleep)
    except RunInterruptedError:
        raise
    except KeyboardInterrupt:
        get_logger("schedule").info("the schedule ends; no run was going")


class RunInterruptedError(KeyboardInterrupt):
    """An interruption while a run was going, which the turn has on record."""


def _attempt(schedule: Schedule, turns: Turns, run: Callable[[], Event], clock: Clock) -> Event | Wait:
    """Run what is due: what it came to, or what to wait for."""
    try:
        return run_due(schedule, turns, run, clock)
    except UsageError:
        raise
    except LodeError as error:
        get_logger("schedule").error("failed", reason=str(error), notes=getattr(error, "__notes__", []))
        return Wait("the last attempt failed", clock() + LOOK)  # then the turns tell when to try again


def _carry_out(turn: Turn, turns: Turns, run: Callable[[], Event]) -> Event:
    try:
        get_logger("schedule").info("running", session=turn.session, turn=turn.number)
        with turns.beating(turn):
            result = run()
    except KeyboardInterrupt:
        turns.end(turn, "interrupted", "asked to end")
        raise RunInterruptedError from None
    except ReaderGoneError as error:
        turns.end(turn, "interrupted", str(error))
        raise
    except UsageError as error:
        turns.end(turn, "refused", str(error))
        raise
    except Exception as error:
        turns.end(turn, "failed", str(error))
        raise
    turns.end(turn, "succeeded", str(result.get("run", "")))
    return result


def _sleep_until(moment: datetime, clock: Clock, sleep: Sleep) -> None:
    while (left := (moment - clock()).total_seconds()) > 0:
        sleep(min(left, _NAP.total_seconds()))


@dataclass(frozen=True)
class LocalTime:
    """A time of the day on some days of the week (MON …), in an IANA time zone."""

    hour: int
    minute: int
    days: tuple[str, ...]
    time_zone: str


def weekly(exchange: str = DEFAULT_EXCHANGE, delay: timedelta = DELAY) -> LocalTime:
    """Return when the sessions of an ordinary week are due, in the exchange's own time, its clock changes included."""
    closes, zone, open_days = regular_close(exchange)
    moment = datetime.combine(date(2024, 1, 1), closes) + delay  # any day: only how far beyond midnight counts
    days = tuple(_DAYS[(day + moment.day - 1) % 7] for day in open_days)
    return LocalTime(moment.hour, moment.minute, tuple(sorted(days, key=_DAYS.index)), zone)


def cloud_schedule(exchange: str = DEFAULT_EXCHANGE, delay: timedelta = DELAY) -> tuple[str, str]:
    """Return EventBridge Scheduler's expression and time zone, `("cron(30 16 ? * MON,… *)", "America/New_York")`.

    It fires on holidays too, when no session is due: `nothing_due` then says so to the run.
    """
    at = weekly(exchange, delay)
    return f"cron({at.minute} {at.hour} ? * {','.join(at.days)} *)", at.time_zone


def nothing_due(given: Event, exchange: str = DEFAULT_EXCHANGE) -> str | None:
    """Return why an execution that a cloud's schedule started has nothing to do, None where it has.

    given: its input, whose `scheduled` is the moment that it was due, in UTC; an execution without one was started by
    somebody who wants it. Raises UsageError for no moment.
    """
    if (told := given.get("scheduled")) is None:
        return None
    try:
        moment = datetime.fromisoformat(told).astimezone(UTC)
    except ValueError:
        raise UsageError(f"the input's scheduled is {told!r}: a moment is allowed, 2024-11-29T21:30:00Z") from None
    schedule = Schedule("", exchange)
    last = schedule.due(moment)
    if schedule.due(moment - timedelta(days=1)) < last:
        return None
    return f"no session of {exchange} became due in the day before {told}; the last one is {last}"


def crontab(command: str, exchange: str = DEFAULT_EXCHANGE, delay: timedelta = DELAY) -> str:
    """Return the lines of a crontab that start `command` (for a shell) when a session of an ordinary week is due."""
    at = weekly(exchange, delay)
    days = ",".join(str(_DAYS.index(day) + 1) for day in at.days)  # lists of names are not for every cron
    escaped = command.replace("%", r"\%")  # cron takes a bare one for the end of the line
    return f"CRON_TZ={at.time_zone}\n{at.minute} {at.hour} * * {days} {escaped}"
