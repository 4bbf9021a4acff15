"""The step `collect` where the source is outside: market, filings and news, each in batches of symbols.

A batch is a JSON event that can be collected anywhere: by a thread of this machine, by a Lambda function that has ten
minutes. What comes of the batches is gathered by one rule: the run fails where the market lacks anything that was asked
for, since no complete panel can be made; filings and news that fail are the run's warnings, since their fields stand at
what is known and tell their age.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from lode.collect.membership import INDICES, members_on
from lode.collect.report import Report
from lode.collect.universe import symbols_between
from lode.errors import CollectError, SourceUnavailableError, UsageError
from lode.log import get_logger
from lode.settings import Settings
from lode.workflow.collectors import MARKET_START, collect_from, require_ready
from lode.workflow.context import Context, Event, open_context
from lode.workflow.recording import Early

BATCH = {"market": 100, "filings": 10, "news": 50}  # symbols of a first collection that take a few minutes
_CHUNK = 5
_YEAR = timedelta(days=400)  # within which a company has filed its annual report
_SHOWN = 10
_ENOUGH_SECONDS = 120.0  # for the chunk that is begun last


def batches(event: Event, context: Context, *, size: Mapping[str, int] = BATCH) -> Event:
    """Divide what the settings want collected: {collector: [batch, …]}, the symbols of a batch by lake key.

    Raises UsageError for a collector that is not ready to run, the SEC's without a contact say.
    """
    wanted = chosen(context.settings)
    since, until = event.get("start") or MARKET_START.isoformat(), event.get("end")
    symbols = symbols_between(event["universe"], date.fromisoformat(since), _day(until))
    divided: Event = {}
    for name in BATCH:
        parts = [symbols[at : at + size[name]] for at in range(0, len(symbols), size[name])] if name in wanted else []
        divided[name] = [
            {
                "collector": name,
                "place": place,
                "symbols": keep_symbols(context, part),
                "since": _since(name, event.get("start")),
                "until": until,
            }
            for place, part in enumerate(parts)
        ]
    return divided


def chosen(settings: Settings) -> tuple[str, ...]:
    """Return the collectors that a run starts, from LODE_COLLECTORS; UsageError for unknown ones and unready ones."""
    names = tuple(name.strip() for name in settings.collectors.split(",") if name.strip())
    if unknown := [name for name in names if name not in BATCH]:
        raise UsageError(f"LODE_COLLECTORS names {', '.join(unknown)}; allowed are {', '.join(BATCH)}")
    if "market" not in names:
        raise UsageError(f"LODE_COLLECTORS is {settings.collectors!r}: a run from Yahoo needs market among them")
    for name in names:
        require_ready(name, settings)
    return names


def keep_symbols(context: Context, symbols: Sequence[str]) -> str:
    """Keep a list of symbols in the lake; return its key."""
    body = json.dumps(list(symbols)).encode()
    key = f"requests/symbols/{hashlib.sha256(body).hexdigest()[:24]}.json"
    context.lake.put(key, body)
    return key


def collect_batch(batch: Event, context: Context, *, seconds_left: Callable[[], float] | None = None) -> Event:
    """Collect one batch: {collector, place, symbols, since, until} → the same with rows, failed and what is `left`.

    seconds_left: how long this process may go on; what does not fit is left, and the answer is the event that goes on
    with it. Without it everything is collected. A symbol that fails is in `missing`, with its reason; where nothing
    listens at the source's host, SourceUnavailableError.
    """
    early = Early(context, f"collect {batch['collector']}", shard=int(batch["place"]))
    symbols = json.loads(context.lake.get(batch["symbols"]))
    size = len(symbols) if seconds_left is None else _CHUNK
    done, outcome = 0, _Outcome.of(batch)
    while done < len(symbols) and not (seconds_left and done and seconds_left() < _ENOUGH_SECONDS):
        part = symbols[done : done + max(size, 1)]
        report = collect_from(
            batch["collector"], part, context, since=_day(batch.get("since")), until=_day(batch.get("until"))
        )
        if report.stopped:
            raise SourceUnavailableError(report.stopped)
        outcome.add(report, open_ended=batch.get("until") is None)
        done += len(part)
    left = symbols[done:]
    answer = batch | outcome.to_event() | {"left": len(left), "record": early.record(outcome.rows)}
    return answer | {"symbols": keep_symbols(context, left)} if left else answer


def gather(event: Event, context: Context) -> Event:
    """Judge what the batches brought: {…, collected: [[outcome, …], …]} → {…, rows, warnings}.

    Raises CollectError where the market is not complete. An index's former members may be missing: a source may have
    none of their bars any more.
    """
    outcomes = [outcome for branch in event.get("collected", []) for outcome in branch]
    market = [outcome for outcome in outcomes if outcome["collector"] == "market"]
    _require_complete(event["universe"], market, context)
    warnings = [text for outcome in outcomes if outcome["collector"] != "market" for text in _warned(outcome)]
    for text in warnings:
        get_logger("run").warning(text)
    kept = {name: value for name, value in event.items() if name not in {"collected", "batches"}}
    return kept | {
        "rows": sum(outcome.get("rows", 0) for outcome in outcomes),
        "warnings": warnings,
        "taken": [outcome["record"] for outcome in outcomes if "record" in outcome],
    }


def gather_here(event: Event, context: Context) -> Event:
    """Collect every batch on this machine, the collectors at once, and judge what they brought."""
    wanted = {name: parts for name, parts in event["batches"].items() if parts}
    with ThreadPoolExecutor(len(wanted), "collect") as pool:
        others = {n: pool.submit(_in_own_context, parts, context) for n, parts in wanted.items() if n != "market"}
        collected = [[collect_batch(part, context) for part in wanted["market"]]]
        collected += [branch.result() for branch in others.values()]
    return gather(event | {"collected": collected}, context)


def failed_batch(batch: Event, reason: str) -> Event:
    """Return the outcome of a batch that ended with an error."""
    return {name: batch[name] for name in ("collector", "place")} | {"error": reason}


@dataclass
class _Outcome:
    """What the parts of a batch brought together."""

    rows: int = 0
    subjects: int = 0
    failed: int = 0
    missing: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, batch: Event) -> _Outcome:
        """Go on from what earlier calls brought."""
        return cls(batch.get("rows", 0), batch.get("subjects", 0), batch.get("failed", 0), batch.get("missing", {}))

    def add(self, report: Report, *, open_ended: bool) -> None:
        """Add a report; a symbol that lacks the last session is missing where the present was asked for."""
        missing = dict(report.failed)
        if open_ended and report.source != "news":
            missing |= {symbol: f"no session after {day}" for symbol, day in report.behind.items()}
        self.rows += report.rows
        self.subjects += report.subjects
        self.failed += len(missing)
        self.missing |= missing

    def to_event(self) -> Event:
        return {"rows": self.rows, "subjects": self.subjects, "failed": self.failed, "missing": self.missing}


def _in_own_context(parts: Sequence[Event], context: Context) -> list[Event]:
    """Collect batches in this thread, with a warehouse connection of its own; an error is its outcome."""
    outcomes = []
    with open_context(context.settings) as opened:
        own = replace(opened, clock=context.clock)
        for part in parts:
            try:
                outcomes.append(collect_batch(part, own))
            except CollectError as error:
                outcomes.append(failed_batch(part, f"{type(error).__name__}: {error}"))
    return outcomes


def _require_complete(universe: str, outcomes: Sequence[Event], context: Context) -> None:
    missing: dict[str, str] = {}
    for outcome in outcomes:
        missing |= outcome["missing"]
    missing = _of_today(universe, missing, context.clock())
    if missing:
        asked = sum(outcome["subjects"] for outcome in outcomes)
        listed = "; ".join(f"{symbol}: {reason}" for symbol, reason in sorted(missing.items()))
        raise CollectError(
            f"{len(missing)} of {asked} symbols are missing: {listed}. The same command goes on with them."
        )


def _of_today(universe: str, missing: Mapping[str, str], now: datetime) -> dict[str, str]:
    """Leave out an index's former members, of whose bars a source may have none any more; they are counted aloud."""
    if universe.strip().lower() not in INDICES:
        return dict(missing)
    today = set(members_on(universe, now.astimezone(UTC).date()))
    former = sorted(set(missing) - today)
    if former:
        get_logger("run").warning(
            f"{len(former)} former members of {universe} are not to be had: the panel lacks them", symbols=former
        )
    return {symbol: reason for symbol, reason in missing.items() if symbol in today}


def _warned(outcome: Mapping[str, Any]) -> list[str]:
    """Return what a person should know of a batch of filings or news."""
    if "error" in outcome:
        return [f"{outcome['collector']}: {outcome['error']}"]
    if not outcome["failed"]:
        return []
    some = list(outcome["missing"].items())[:_SHOWN]
    listed = "; ".join(f"{symbol}: {reason}" for symbol, reason in some)
    more = f" and {outcome['failed'] - len(some)} more" if outcome["failed"] > len(some) else ""
    return [f"{outcome['collector']}: {outcome['failed']} of {outcome['subjects']} symbols failed ({listed}{more})"]


def _since(collector: str, start: str | None) -> str | None:
    """First day to collect for a panel from `start`: filings from before it are what is known on it; news go on."""
    if collector == "news" or start is None:
        return None
    return (date.fromisoformat(start) - (_YEAR if collector == "filings" else timedelta(0))).isoformat()


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
