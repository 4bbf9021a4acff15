"""`lode collect market`: daily bars, splits and dividends of many symbols from Yahoo.

Of each symbol: fetch (again after throttling and failures), keep the raw answer in the lake, parse, check, compare
with what is known, append, and only then move its watermark. A symbol that fails leaves the others alone, and the
report says why. Everything may be repeated to the same effect.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl

from lode.calendar import DEFAULT_EXCHANGE, last_closed_session, sessions
from lode.collect.chart import Chart, parse_chart
from lode.collect.http import RawRecord, keep_raw, with_retries
from lode.collect.quality import with_reasons, with_sessions
from lode.collect.versions import Tolerance, new_versions
from lode.collect.yahoo import SOURCE, ChartClient
from lode.errors import CollectError, UsageError
from lode.lake import Lake
from lode.log import progress
from lode.settings import Settings
from lode.warehouse import Warehouse
from lode.warehouse.stores.bars import insert_actions, insert_bars, latest_bars, read_actions
from lode.warehouse.stores.imports import Watermark, insert_quarantine, insert_watermarks, read_watermarks
from lode.warehouse.stores.instruments import insert_instruments

OVERLAP_SESSIONS = 10
ATTEMPTS = 5
# quotes come as 32-bit floats of split-adjusted prices, and undoing a reverse split rounds volumes
TOLERANCE = Tolerance(price=1e-6, volume=1e-4)


@dataclass
class MarketReport:
    """What a collection did.

    collected: rows appended by symbol; unchanged: symbols without news; refused: quarantined rows by reason;
    failed: reason by symbol. behind: the last session that came, of symbols that lack the last one asked for.
    rows: bars appended in all.
    """

    source: str = SOURCE
    symbols: int = 0
    rows: int = 0
    collected: dict[str, int] = field(default_factory=dict)
    unchanged: list[str] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    behind: dict[str, date] = field(default_factory=dict)
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True)
class Fetched:
    """One symbol's answer, kept in the lake under `key`, and what it says."""

    record: RawRecord
    key: str
    chart: Chart


def collect_market(
    symbols: Sequence[str],
    *,
    since: date,
    until: date | None = None,
    settings: Settings,
    warehouse: Warehouse,
    lake: Lake,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    exchange: str = DEFAULT_EXCHANGE,
) -> MarketReport:
    """Collect the sessions from `since` to `until` (default: the last that has closed), both included.

    What is collected already is fetched again for the last ten sessions only; what changed there is a new version,
    known from this collection. Raises UsageError for a range without a session; a symbol's failure is in the report.
    """
    closed = _date(last_closed_session(exchange, now()))
    last = min(until, closed) if until else closed
    if since > last:
        raise UsageError(f"--since {since} is after the last session to collect, {last}")
    marks = read_watermarks(warehouse, source=SOURCE)
    report = MarketReport(symbols=len(symbols), first=since, last=last)
    with (
        ChartClient(settings, clock=now) as client,
        ThreadPoolExecutor(settings.yahoo_concurrency, "yahoo") as pool,
        progress("collect market", len(symbols)) as bar,
    ):
        started: dict[Future[Fetched], tuple[str, date]] = {}
        for symbol in dict.fromkeys(symbols):
            first = _first_needed(marks.get(symbol), since, exchange)
            started[pool.submit(_fetch, client, lake, symbol, first)] = (symbol, first)
        try:
            for done in as_completed(list(started)):
                symbol, first = started.pop(done)
                try:
                    store = _Store(warehouse, exchange, first, last, marks.get(symbol))
                    store.append(symbol, done.result(), since, report)
                except CollectError as error:
                    report.failed[symbol] = f"{type(error).__name__}: {error}"
                bar.advance(note=f"{report.rows:,} rows, {len(report.failed)} failed")
        finally:
            for waiting in started:
                waiting.cancel()
    report.unchanged.sort()
    return report


def _fetch(client: ChartClient, lake: Lake, symbol: str, since: date) -> Fetched:
    """Fetch, keep, then parse; an answer that is no JSON counts as a failure of the source and is asked for again."""

    def attempt() -> Fetched:
        record = client.fetch(symbol, since=since - timedelta(days=1))
        key = keep_raw(lake, f"raw/{SOURCE}/chart/symbol={symbol}", record)
        return Fetched(record, key, parse_chart(record))

    return with_retries(attempt, attempts=ATTEMPTS)


def _first_needed(mark: Watermark | None, since: date, exchange: str) -> date:
    if mark is None or since < mark.collected_from:
        return since
    recent = sessions(exchange, mark.collected_to - timedelta(days=3 * OVERLAP_SESSIONS), mark.collected_to)
    return max(since, _date(recent[-OVERLAP_SESSIONS]))


@dataclass(frozen=True)
class _Store:
    """Writes one symbol's answer: the sessions from `first` to `last`."""

    warehouse: Warehouse
    exchange: str
    first: date
    last: date
    mark: Watermark | None

    def append(self, symbol: str, fetched: Fetched, since: date, report: MarketReport) -> None:
        at = fetched.record.fetched
        rows = self._checked(symbol, fetched.chart)
        refused = rows.filter(pl.col("reason").is_not_null())
        kept = rows.filter(pl.col("reason").is_null()).rename({"symbol": "instrument"})
        if kept.is_empty() and self.mark is None:
            raise CollectError(
                f"Yahoo has no session of {symbol} from {self.first} to {self.last}; give an earlier --since"
            )
        insert_quarantine(
            self.warehouse, _quarantine(refused), source=SOURCE, batch=fetched.record.sha256, collected_at=at
        )
        known = latest_bars(self.warehouse, source=SOURCE, instruments=[symbol])
        versions = new_versions(kept, known, at=at, tolerance=TOLERANCE)
        if versions.rows.height:
            insert_bars(self.warehouse, versions.rows, source=SOURCE, collected_at=at)
        self._append_actions(symbol, fetched.chart, at)
        self._describe(symbol, fetched.chart, at)
        reached = self._move_watermark(symbol, kept, since, fetched)
        if reached < self.last:
            report.behind[symbol] = reached
        for reason, count in refused["reason"].value_counts().iter_rows():
            report.refused[reason] = report.refused.get(reason, 0) + count
        report.rows += versions.rows.height
        if versions.rows.height:
            report.collected[symbol] = versions.rows.height
        else:
            report.unchanged.append(symbol)

    def _move_watermark(self, symbol: str, kept: pl.DataFrame, since: date, fetched: Fetched) -> date:
        """Record how far the symbol's rows reach, after they are in the warehouse; returns the last session."""
        marks = [self.mark] if self.mark else []
        begun = min([since, *(mark.collected_from for mark in marks)])
        reached: date = max([*kept["session"], *(mark.collected_to for mark in marks)])
        insert_watermarks(
            self.warehouse, [Watermark(SOURCE, symbol, begun, reached, fetched.key, fetched.record.fetched)]
        )
        return reached

    def _checked(self, symbol: str, chart: Chart) -> pl.DataFrame:
        """Rows of the range with `reason`; numbered by their place in the body, so that a refused row can be found."""
        numbered = chart.bars.with_row_index("row_number", offset=1).with_columns(
            pl.lit(symbol).alias("symbol"),
            pl.lit(chart.currency).alias("currency"),
            pl.lit(value=False).alias("adjusted"),
        )
        asked = numbered.filter(pl.col("session").is_between(self.first, self.last))
        return with_reasons(with_sessions(asked, self.exchange), self.exchange)

    def _append_actions(self, symbol: str, chart: Chart, at: datetime) -> None:
        """Append events that are new or changed.

        An event is known from the beginning of its ex-date, unless a collection after that date did not have it, or
        had another value: then it is known from this one.
        """
        seen = read_actions(self.warehouse, source=SOURCE, instruments=[symbol], as_of=at)
        seen = seen.group_by("instrument", "ex_date", "kind").agg(
            pl.col("value").sort_by("knowledge_time").last().alias("seen")
        )
        asked = chart.actions.filter(pl.col("ex_date").is_between(self.first, self.last)).with_columns(
            pl.lit(symbol).alias("instrument")
        )
        asked = asked.group_by("instrument", "ex_date", "kind", maintain_order=True).agg(_combined())
        news = asked.join(seen, on=["instrument", "ex_date", "kind"], how="left").filter(
            pl.col("seen").is_null() | ((pl.col("value") / pl.col("seen") - 1).abs() > TOLERANCE.price)
        )
        missed = pl.lit(value=False)
        if self.mark is not None:
            missed = pl.col("ex_date").is_between(self.mark.collected_from, self.mark.collected_to)
        late = pl.col("seen").is_not_null() | missed
        begins = pl.col("ex_date").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
        knowledge = pl.when(late).then(pl.lit(at).cast(pl.Datetime("us", "UTC"))).otherwise(begins)
        if news.height:
            insert_actions(self.warehouse, news.with_columns(knowledge.alias("knowledge_time")), source=SOURCE)

    def _describe(self, symbol: str, chart: Chart, at: datetime) -> None:
        details = {"instrument": symbol, "name": chart.name, "exchange": chart.exchange, "currency": chart.currency}
        insert_instruments(self.warehouse, pl.DataFrame([details]), source=SOURCE, known_at=at)


def _date(session: np.datetime64) -> date:
    return date.fromisoformat(str(session))


def _combined() -> pl.Expr:
    """Several events of a kind on one day: cash adds up, ratios multiply."""
    return (
        pl.when(pl.col("kind").first() == "split")
        .then(pl.col("value").product())
        .otherwise(pl.col("value").sum())
        .alias("value")
    )


def _quarantine(refused: pl.DataFrame) -> pl.DataFrame:
    came = [name for name in ("session", "open", "high", "low", "close", "volume") if name in refused.columns]
    texts = [json.dumps(row, default=str) for row in refused.select(came).iter_rows(named=True)]
    return refused.select("symbol", "session", "row_number", "reason").with_columns(
        pl.Series("row_json", texts, pl.String)
    )
