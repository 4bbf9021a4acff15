"""Stored rows that contradict the knowledge times that they were stored under.

A rebuild believes each row's knowledge time. These checks ask what else the rows say of it: a filing's acceptance, a
second value of the same moment, an article's collection, a split that left no mark.
"""

from __future__ import annotations

import math

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lode.evidence.leaks.outcome import LeakCheck
from lode.panel import Panel

_STRAY_SHARE = 1e-3
"""Of facts: filings mistake a period's end or state a value twice now and then."""
_DIFFERENT = 5e-3
_FILING_DAYS = 7  # what is accepted in the evening counts as filed on the next working day
_LEAST_SPLIT = math.log(1.25)
_VOLUME_SESSIONS = 20
_VOLUME_NOISE = 0.4  # standard deviation of the change of log volume from 20 sessions to the next
_SURE = 3.0


def check_facts(facts: pl.DataFrame) -> LeakCheck:
    """Fail for facts known before their filing or on the day their period ended, for two at once, and for a filing of
    two times.

    facts: instrument, concept, unit, period_start, period_end, value, accession, filed, accepted, knowledge_time.
    """  # noqa: D205  a list
    known, day = pl.col("knowledge_time"), pl.col("knowledge_time").dt.date()
    early = pl.when(pl.col("accepted").is_null()).then(day < pl.col("filed")).otherwise(known < pl.col("accepted"))
    if number := facts.filter(early | (pl.col("filed") > day + pl.duration(days=_FILING_DAYS))).height:
        return _failed("facts", f"{number} facts count as known before their filing was accepted")
    at_end = facts.filter((day <= pl.col("period_end")) & ~pl.col("concept").str.starts_with("dei/")).height
    if at_end > _STRAY_SHARE * facts.height:
        return _failed("facts", f"{at_end} facts count as known on the day on which their period ended")
    times = (
        facts.filter(pl.col("accession") != "").group_by("accession").agg(pl.col("accepted").drop_nulls().n_unique())
    )
    several = times.filter(pl.col("accepted") > 1).height
    if several > _STRAY_SHARE * times.height:
        return _failed("facts", f"{several} filings have facts that were accepted at different times")
    key = ["instrument", "concept", "unit", "period_start", "period_end", "knowledge_time"]
    low, high = pl.col("value").min(), pl.col("value").max()
    spread = facts.group_by(key).agg(apart=(high - low) / pl.max_horizontal(low.abs(), high.abs()))
    twice = spread.filter(pl.col("apart") > _DIFFERENT).height
    if twice > _STRAY_SHARE * facts.height:
        return _failed("facts", f"{twice} facts have two values known at the same moment, as a restated one would")
    return LeakCheck("facts", "passed", f"{facts.height} facts, none known before its filing")


def check_news(articles: pl.DataFrame) -> LeakCheck:
    """Fail for articles that count as known before they were collected or published."""
    early = articles.filter(pl.col("knowledge_time") < pl.max_horizontal("collected_at", "published")).height
    if early:
        return _failed("news", f"{early} articles count as known before they were collected or published")
    return LeakCheck("news", "passed", f"{articles.height} articles, none known before its collection")


def check_splits(panel: Panel, actions: pl.DataFrame) -> LeakCheck:
    """Fail when traded prices or volumes pass splits without the mark that a split leaves: they came adjusted.

    Of prices more than a quarter of the splits of 5 for 4 and more have to be without a jump; volumes have to be
    nearer to none than to the whole change, by three standard errors over all splits.
    """
    found = _splits(panel, actions)
    if not found or "raw_close" not in panel.fields:
        return LeakCheck("splits", "passed", "no split of a price as traded")
    changes = [_jump(panel.fields["raw_close"], *place) for *place, _ in found]
    marks = [(-change, size) for change, (*_, size) in zip(changes, found, strict=True) if math.isfinite(change)]
    without = sum(abs(jump) < abs(jump - size) for jump, size in marks)
    if without > len(marks) / 4:
        return _failed("splits", f"prices stored as traded do not move at {without} of {len(marks)} splits")
    if "volume" in panel.fields and _volumes_adjusted(panel, found):
        return _failed("splits", f"volumes stored as traded do not change with {len(found)} splits")
    return LeakCheck("splits", "passed", f"prices and volumes change with {len(marks)} splits")


def check_universe(survivors: int, left_out: int, *, spells: bool) -> LeakCheck:
    """Whether a universe can be what it was at the time.

    survivors: names of the panel if none of them ever left, else 0. left_out: names of the source that are not in the
    panel and stopped trading during it. spells: whether the universe has a history of members.
    """
    if survivors and spells:
        told = f"none of its {survivors} members ever left it: today's members, projected back"
        return LeakCheck("universe", "not checkable", told)
    if survivors and left_out:
        told = f"all {survivors} names survive, and {left_out} that the source has and that did not are left out"
        return LeakCheck("universe", "not checkable", told)
    return LeakCheck("universe", "passed", "members as they are recorded" if spells else "the names of the source")


def _splits(panel: Panel, actions: pl.DataFrame) -> list[tuple[int, int, float]]:
    """Row, column and log ratio of every split that should show, in its last version."""
    column = {name: number for number, name in enumerate(panel.names)}
    splits = actions.filter((pl.col("kind").cast(pl.String) == "split") & (pl.col("value") > 0)).sort("knowledge_time")
    last = splits.unique(["instrument", "ex_date"], keep="last", maintain_order=True)
    rows = last.select("instrument", "ex_date", "value").iter_rows()
    found = [
        (int(np.searchsorted(panel.sessions, np.datetime64(day, "D"))), column[name], math.log(ratio))
        for name, day, ratio in rows
        if name in column
    ]
    return [
        (row, name, size) for row, name, size in found if 0 < row < len(panel.sessions) and abs(size) > _LEAST_SPLIT
    ]


def _jump(values: NDArray[np.float32], row: int, name: int) -> float:
    """Log change from the last value before `row` to the first from it on; NaN without either."""
    before, after = (part[np.isfinite(part) & (part > 0)] for part in (values[:row, name], values[row:, name]))
    return math.log(after[0] / before[-1]) if len(before) and len(after) else math.nan


def _volumes_adjusted(panel: Panel, splits: list[tuple[int, int, float]]) -> bool:
    traded = panel.fields["dollar_volume"] / panel.fields["raw_close"]
    changes = np.array([_log_median(traded, *place) for *place, _ in splits])
    sizes = np.array([size for *_, size in splits])
    seen = np.isfinite(changes)
    weight = float((sizes[seen] ** 2).sum())
    if not weight:
        return False
    share = float((changes[seen] * sizes[seen]).sum()) / weight
    return share < 0.5 and (1 - share) * math.sqrt(weight) / _VOLUME_NOISE > _SURE


def _log_median(values: NDArray[np.float32], row: int, name: int) -> float:
    """Change of the median log over the sessions around `row`; NaN where one side has too few."""
    sides = (values[max(row - _VOLUME_SESSIONS, 0) : row, name], values[row : row + _VOLUME_SESSIONS, name])
    before, after = (side[np.isfinite(side) & (side > 0)] for side in sides)
    if min(len(before), len(after)) < _VOLUME_SESSIONS // 2:
        return math.nan
    return float(np.median(np.log(after)) - np.median(np.log(before)))


def _failed(name: str, detail: str) -> LeakCheck:
    return LeakCheck(name, "failed", detail)
