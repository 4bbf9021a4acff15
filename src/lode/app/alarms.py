"""What a reader should look at now. Pure: frames in, alarms out, the gravest first."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import polars as pl
from scipy import special

from lode.app.freshness import COLORS, State
from lode.evidence.corrections import benjamini_hochberg
from lode.evidence.vault import MOST_OPENINGS

Level = Literal["red", "orange"]
RECENT = timedelta(days=14)
FEWEST_LIVE = 60
_LEVEL = 0.05
_OF_A_KIND = 3
_SPENT = "vault spent"
_STEPS = {
    "failed": "To ask again for what is missing: the same lode collect",
    "partly failed": "To ask again for what is missing: the same lode collect",
    "late": "To collect what is new: lode update",
    "very late": "To collect what is new: lode update; after each session: lode run --every daily",
}


@dataclass(frozen=True)
class Alarm:
    """What is wrong: `name` is fixed text, detail and step may hold what came from data.

    page, query: where to look at it, "" where nowhere.
    """

    level: Level
    name: str
    detail: str
    step: str = ""
    page: str = ""
    query: Mapping[str, str] = field(default_factory=dict)


def shown(alarms: Sequence[Alarm]) -> list[Alarm]:
    """The first three of each name, red before amber, else in their order."""
    seen: Counter[str] = Counter()
    kept = []
    for alarm in sorted(alarms, key=lambda alarm: alarm.level != "red"):
        seen[alarm.name] += 1
        if seen[alarm.name] <= _OF_A_KIND:
            kept.append(alarm)
    return kept


def of_runs(runs: pl.DataFrame, now: datetime) -> Iterator[Alarm]:
    """Runs of the last two weeks that failed or were stopped. runs: run, state, started, ended, message."""
    for row in runs.filter(pl.col("state").is_in(["failed", "stopped"])).iter_rows(named=True):
        if now - (row.get("ended") or row["started"]) <= RECENT:
            step = f"To go on with it: lode run --resume {row['run']}"
            detail = f"{row['run']}, started {row['started']:%Y-%m-%d %H:%M} UTC: {row['message'] or 'no message'}"
            yield Alarm("red", f"Run {row['state']}", detail, step, "run", {"run": row["run"]})


def of_vaults(newest: pl.DataFrame) -> Iterator[Alarm]:
    """Vaults that are spent. newest: the newest run of each source and universe: run, source, universe, message, k.

    k: which opening of its vault the run made, null for none.
    """
    for row in newest.iter_rows(named=True):
        where = f"{row['universe']} of {row['source']}"
        if _SPENT in row["message"]:
            told = next(part for part in row["message"].split("; ") if _SPENT in part)
        elif row["k"] and row["k"] % MOST_OPENINGS == 0:
            told = f"it was opened {row['k']} times"
        else:
            continue
        step = "No run can prove a factor on it before new sessions have come"
        yield Alarm("orange", "Vault spent", f"{where}: {told}", step, "run", {"run": row["run"]})


def of_sources(sources: pl.DataFrame) -> Iterator[Alarm]:
    """Sources that are late or failed. sources: source, state, behind, subjects, failed, message."""
    for row in sources.iter_rows(named=True):
        if level := _level(row["state"]):
            yield Alarm(level, f"Source {row['state']}", _of_source(row), _STEPS.get(row["state"], ""), "data")


def of_schedules(schedules: pl.DataFrame) -> Iterator[Alarm]:
    """Schedules whose last turn failed, or is long ago. schedules: schedule, state, session, outcome, told, behind."""
    for row in schedules.iter_rows(named=True):
        if level := _level(row["state"]):
            came = f"its turn for {row['session']} {row['outcome'] or 'has no end'}"
            told = f": {row['told']}" if row["told"] and row["outcome"] != "succeeded" else ""
            detail = f"{row['schedule']}: {came}{told}; sessions that became due since: {row['behind']:,}"
            yield Alarm(
                level,
                f"Schedule {row['state']}",
                detail,
                "To start it again: lode run --every daily, with the same request",
            )


def of_decay(since_vault: pl.DataFrame) -> Iterator[Alarm]:
    """Proven factors that do worse since their vault than on it, the surest first; columns as `read_since_vault`.

    Held against 5 % after Benjamini and Hochberg over all that are watched: of many factors some fall by chance.
    """
    watched = [row for row in since_vault.iter_rows(named=True) if row["live_sessions"] >= FEWEST_LIVE]
    p = [p_of_decay(row) for row in watched]
    for q, _, row in sorted(zip(benjamini_hochberg(p), range(len(p)), watched, strict=True)):
        if q > _LEVEL:
            return
        bet = row["direction"]
        detail = (
            f"{row['expression']}: rank IC {bet * row['live_mean']:.4f} in {row['live_sessions']:,} sessions since its "
            f"vault, {bet * row['vault_mean']:.4f} on it"
        )
        query = {"factor": row["factor"], "run": row["run"]}
        yield Alarm(
            "orange", "Factor decayed", detail, f"To take it out: lode factors retire {row['factor']}", "factor", query
        )


def p_of_decay(row: Mapping[str, Any]) -> float:
    """Probability that a factor's mean rank IC, in its direction, falls so far from its vault by chance; NaN undefined.

    Normal, of the difference of both means over its standard error, sessions whose labels overlap counted once a
    horizon. What is proven was chosen for a good vault, so that some of a fall is to be expected.
    """
    known = (row["vault_mean"], row["live_mean"], row["vault_variance"], row["live_variance"])
    if None in known:
        return math.nan
    error = sum(row[f"{split}_variance"] * row["horizon"] / row[f"{split}_sessions"] for split in ("vault", "live"))
    fall = row["direction"] * (row["vault_mean"] - row["live_mean"])
    return float(special.ndtr(-fall / math.sqrt(error))) if error > 0 else math.nan


def _level(state: State) -> Level | None:
    """Return how grave a state of freshness is, None where it is not."""
    levels: dict[str, Level] = {"red": "red", "orange": "orange"}
    return levels.get(COLORS[state])


def _of_source(row: Mapping[str, Any]) -> str:
    told = [f"sessions behind: {row['behind']:,}"] if row["behind"] else []
    if row["failed"]:
        told.append(f"{row['failed']:,} of {row['subjects']:,} failed, the last: {row['message'] or 'no message'}")
    return f"{row['source']}: {'; '.join(told) or 'nothing came'}"
