"""News by web search: queries per symbol, raw answers in the lake, one article row per address and symbol."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime

from lode.collect.ingest import ingest
from lode.collect.news.provider import open_provider
from lode.collect.news.source import NewsSource
from lode.collect.news.subjects import describe
from lode.collect.reparse import reparse
from lode.collect.report import Report
from lode.collect.tone import open_tone
from lode.errors import UsageError
from lode.lake import Lake
from lode.settings import Settings
from lode.warehouse import Warehouse

_CONCURRENCY = 4  # the rate limit decides how fast it goes; a slow answer should not hold the others


def collect_news(
    symbols: Sequence[str],
    *,
    since: date | None = None,
    until: date | None = None,
    settings: Settings,
    warehouse: Warehouse,
    lake: Lake,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Report:
    """Search the news of each symbol and append its articles.

    since, until: days of publication, both included, as far as the provider can choose them; by default from the last
    collection (three days ago for the first) to the present. Whatever was published more than three days before its
    collection is marked as backfilled. A provider that fails for a symbol is that symbol's failure in the report.

    Raises SettingsError for a missing key or word list, UsageError for days in the wrong order.
    """
    if since and since > (until or now().date()):
        raise UsageError(f"since {since} is after {until or now().date()}; give the earlier day first")
    tone = open_tone(settings)
    with open_provider(settings, now) as provider:
        source = NewsSource(
            provider,
            tone,
            warehouse,
            describe(warehouse, symbols, on=now().date()),
            since=since,
            until=until,
            clock=now,
        )
        return ingest(
            source,
            symbols,
            warehouse=warehouse,
            lake=lake,
            now=now,
            concurrency=_CONCURRENCY,
            label="collect news",
        )


def reparse_news(
    symbols: Sequence[str] | None = None, *, settings: Settings, warehouse: Warehouse, lake: Lake
) -> Report:
    """Make the articles of the lake's raw answers again, oldest first; nothing is fetched.

    With another tone model than before, each article gets a row of that model beside the ones it has.
    """
    source = NewsSource(None, open_tone(settings), warehouse, {}, clock=lambda: datetime.now(UTC))
    return reparse(source, subjects=symbols, warehouse=warehouse, lake=lake)
