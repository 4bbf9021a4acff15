"""`run_checks`: everything that is checked of a source's stored bars, recorded as findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from lode.collect.checks.schema import bar_schema, refused_rows
from lode.collect.checks.series import GAP, JUMP, REPEAT, RESTATED, gaps, joined, jumps, none, repeats, restatements
from lode.collect.checks.sources import DISAGREES, disagreements
from lode.collect.exchanges import by_exchange, exchanges_of
from lode.collect.quality import with_sessions
from lode.warehouse import Warehouse
from lode.warehouse.stores.bars import list_instruments, list_sources, read_actions, read_bars, repaired_bars
from lode.warehouse.stores.findings import VALUES, record_findings

BROKEN = "stored row breaks a rule"
RULES = (BROKEN, GAP, JUMP, REPEAT, RESTATED, DISAGREES)
_NAMES_AT_ONCE = 100  # bounds memory: 100 names × 20 years are half a million bars
_CLOSE = ("instrument", "session", "close", "adjusted", "currency")


@dataclass(frozen=True)
class CheckReport:
    """What checks of a source found: open findings by rule and by severity; new, resolved: since the last time."""

    source: str
    bars: int
    instruments: int
    by_rule: dict[str, int] = field(default_factory=dict)
    by_severity: dict[str, int] = field(default_factory=dict)
    new: int = 0
    resolved: int = 0

    @property
    def findings(self) -> int:
        """Open findings in all."""
        return sum(self.by_rule.values())


def run_checks(warehouse: Warehouse, *, source: str, at: datetime) -> CheckReport:
    """Check what the warehouse knows of `source` at the time `at`, and record what is found; the same again adds none.

    Each instrument is held against the sessions of its exchange.
    Raises NotFoundError for a source without bars, UsageError where the extra `collect` is not installed.
    """
    names = list_instruments(warehouse, source=source)["instrument"].to_list()
    if not names:
        read_bars(warehouse, source=source, as_of=at)  # says which sources there are
    others = _others(warehouse, source)
    found, bars = [], 0
    for chunk in _chunks(names):
        versions = read_bars(warehouse, source=source, instruments=chunk, as_of=at)
        latest = versions.unique(["instrument", "session"], keep="last", maintain_order=True)
        bars += latest.height
        found += [*_alone(warehouse, source, versions, latest, at), *_beside(warehouse, others, latest, at)]
    findings = joined(found)
    changes = record_findings(warehouse, findings, source=source, rules=RULES, at=at)
    return CheckReport(
        source=source,
        bars=bars,
        instruments=len(names),
        by_rule=dict(findings["rule"].value_counts(sort=True).iter_rows()),
        by_severity=dict(findings["severity"].value_counts(sort=True).iter_rows()),
        new=changes.new,
        resolved=changes.resolved,
    )


def _alone(
    warehouse: Warehouse, source: str, versions: pl.DataFrame, latest: pl.DataFrame, at: datetime
) -> Iterator[pl.DataFrame]:
    """What is found in the source's own rows."""
    names = latest["instrument"].unique().to_list()
    actions = read_actions(warehouse, source=source, instruments=names, as_of=at).unique(
        ["instrument", "ex_date", "kind"], keep="last", maintain_order=True
    )
    repaired = repaired_bars(warehouse, source=source)
    key = ["instrument", "session", "knowledge_time"]
    for exchange, part in by_exchange(latest, exchanges_of(warehouse, source, names)):
        yield broken(part, exchange)
        yield gaps(part, exchange)
    yield jumps(latest, actions)
    yield repeats(latest)
    yield restatements(versions.join(repaired, on=key, how="anti"))


def broken(latest: pl.DataFrame, exchange: str) -> pl.DataFrame:
    """Stored rows that break a hard rule: such a row should be in the quarantine, so this is a defect."""
    if latest.is_empty():
        return none()
    rows = with_sessions(latest.rename({"instrument": "symbol"}), exchange)
    schema = bar_schema(frozenset(rows.columns), exchange)
    refused = refused_rows(schema, rows)
    picked = rows[refused["index"].to_list()].select(pl.col("symbol").alias("instrument"), "session")
    return picked.with_columns(
        pl.lit(BROKEN).alias("rule"), pl.lit("error").alias("severity"), refused["reason"].alias("detail")
    ).select(VALUES)


def _others(warehouse: Warehouse, source: str) -> dict[str, set[str]]:
    """Names of every other source."""
    return {
        other: set(list_instruments(warehouse, source=other)["instrument"])
        for other in list_sources(warehouse)
        if other != source
    }


def _beside(
    warehouse: Warehouse, others: Mapping[str, set[str]], latest: pl.DataFrame, at: datetime
) -> Iterator[pl.DataFrame]:
    """What other sources say of the same instruments and sessions."""
    days = latest["session"].to_list()
    for other, names in others.items():
        shared = sorted(names & set(latest["instrument"].unique()))
        if not shared:
            continue
        theirs = read_bars(warehouse, source=other, instruments=shared, start=min(days), end=max(days), as_of=at)
        last = theirs.unique(["instrument", "session"], keep="last", maintain_order=True)
        yield disagreements(latest.select(_CLOSE), last.select(_CLOSE), other)


def _chunks(names: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(names), _NAMES_AT_ONCE):
        yield names[start : start + _NAMES_AT_ONCE]
