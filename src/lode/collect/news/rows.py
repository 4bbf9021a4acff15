"""From results to article rows: what is an article, when it was known, which group it is in, and what tone it has."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from lode.collect.news.articles import article_id, canonical_url
from lode.collect.news.dates import published_time
from lode.collect.news.duplicates import Groups
from lode.collect.news.language import detect_language
from lode.collect.news.provider import Found
from lode.collect.source import Kept
from lode.collect.tone import Tone

BACKFILL_AFTER = timedelta(days=3)  # a long weekend between two collections is not yet a backfill
ALIKE_WITHIN = timedelta(days=30)  # a copy that is collected later than that is news of its own
NO_ADDRESS, NO_TITLE = "no web address", "no title"


@dataclass(frozen=True)
class Page:
    """One answer, read: its results in rank order, and what engines that were asked before it said, "" for none."""

    found: tuple[Found, ...]
    skipped: str = ""


@dataclass
class Made:
    """What answers became: rows for the articles table, refused results for the quarantine, counts for the report."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    seen: int = 0
    future: int = 0

    @property
    def reasons(self) -> dict[str, int]:
        """Refused results by reason."""
        return dict(Counter(row["reason"] for row in self.refused))


def make_rows(answers: Sequence[Kept[Page]], known: pl.DataFrame, *, instrument: str, tone: Tone) -> Made:
    """Rows of the articles that are not in `known` (read_known: collected before these answers).

    Of an article that is found again, the first finding stands: its time, title, rank and group. Near-duplicates are
    looked for among those collected in the 30 days before.
    """
    made, groups, taken = Made(), Groups(), set(known["article"])
    since = min((answer.fetched for answer in answers), default=datetime.max.replace(tzinfo=UTC)) - ALIKE_WITHIN
    for row in known.filter(pl.col("collected_at") >= since).iter_rows(named=True):
        groups.add(row["article"], row["title"], row["snippet"], group=row["duplicate_group"])
    for answer in answers:
        for rank, found in enumerate(answer.parsed.found, start=1):
            url, made.seen = canonical_url(found.url), made.seen + 1
            if url is None or not found.title:
                made.refused.append(_refusal(answer, rank, found, NO_ADDRESS if url is None else NO_TITLE))
            elif (article := article_id(url)) not in taken:
                taken.add(article)
                group = groups.add(article, found.title, found.snippet)
                row = _row(answer, found, tone)
                made.future += row["knowledge_time"] > answer.fetched
                made.rows.append(
                    row
                    | {"article": article, "instrument": instrument, "url": url, "rank": rank, "duplicate_group": group}
                )
    return made


def _row(answer: Kept[Page], found: Found, tone: Tone) -> dict[str, Any]:
    published = published_time(found.date, answer.fetched) if found.date else None
    language = found.language or detect_language(f"{found.title} {found.snippet}")
    about = answer.request.about
    return {
        "source": "news",
        "title": found.title,
        "snippet": found.snippet,
        "published": published,
        "knowledge_time": knowledge_time(published, answer.fetched),
        "provider": about.get("provider", ""),
        "query": about.get("query", ""),
        "language": language,
        "sentiment": _sentiment(found, language, tone),
        "sentiment_model": tone.model,
        "backfilled": published is not None and answer.fetched - published > BACKFILL_AFTER,
        "lake_key": answer.key,
        "collected_at": answer.fetched,
    }


def knowledge_time(published: datetime | None, collected: datetime) -> datetime:
    """The later of publication and collection; an article dated into the future counts from its date."""
    return collected if published is None else max(published, collected)


def _sentiment(found: Found, language: str, tone: Tone) -> float | None:
    """Tone of title and snippet; None in a language that the model does not read. An unknown language is tried."""
    if language and tone.languages and language not in tone.languages:
        return None
    return tone.score(f"{found.title}\n\n{found.snippet}")


def _refusal(answer: Kept[Page], rank: int, found: Found, reason: str) -> dict[str, Any]:
    about = answer.request.about
    return {
        "symbol": answer.request.subject,
        "session": None,
        "row_number": rank,
        "reason": reason,
        "row_json": json.dumps(asdict(found) | {"query": about.get("query", "")}, sort_keys=True),
        "batch": answer.sha256,
        "collected_at": answer.fetched,
    }
