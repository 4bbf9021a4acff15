"""News as a source: what to ask about a symbol, and articles from what came."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

import polars as pl

from lode.collect.http import RawRecord
from lode.collect.news.provider import Clock, Provider, read_answer
from lode.collect.news.queries import Subject, queries
from lode.collect.news.rows import BACKFILL_AFTER, Made, Page, make_rows
from lode.collect.news.subjects import describe
from lode.collect.source import Kept, Request, Stored
from lode.collect.tone import Tone
from lode.errors import UsageError
from lode.warehouse import Warehouse
from lode.warehouse.stores.articles import insert_articles, read_known
from lode.warehouse.stores.imports import Watermark, insert_quarantine

NEWS = "news"
_NEW_YORK = ZoneInfo("America/New_York")
_NO_SEGMENT = re.compile(r"[^A-Za-z0-9=._:@^+,$&-]")
_MOST_FUTURE = "dated after they were found; they count from their date"


class NewsSource:
    """Searches for each symbol's company and sector. A subject is a symbol.

    provider: None where nothing is fetched (reparse); subjects: what is known of each symbol; since, until: days of
    publication, both included, as far as the provider can choose them; None: since the last collection, to the fetch.
    """

    name = NEWS

    def __init__(
        self,
        provider: Provider | None,
        tone: Tone,
        warehouse: Warehouse,
        subjects: Mapping[str, Subject],
        *,
        since: date | None = None,
        until: date | None = None,
        clock: Clock,
    ) -> None:
        self._provider, self._tone, self._warehouse, self._subjects = provider, tone, warehouse, subjects
        self._since, self._until, self._clock = since, until, clock

    def plan(self, subject: str, mark: Watermark | None) -> Sequence[Request]:
        """One request per query template; none where everything until `until` is collected."""
        if self._provider is None:
            raise UsageError("a source without a provider reads what is in the lake; open one to search")
        today = self._clock().astimezone(_NEW_YORK).date()
        until, since = self._until or today, self._asked_since(mark, today)
        if mark and until <= mark.collected_to == since and until < today:
            return []
        asked = queries(self._subjects.get(subject) or Subject(subject, subject))
        days = {
            "since": since.isoformat(),
            "until": until.isoformat() if until < today else "",
            "templates": str(len(asked)),
        }
        return [self._request(self._provider, subject, template, query, days) for template, query in asked.items()]

    def fetch(self, request: Request) -> RawRecord:
        """Ask the provider once."""
        if self._provider is None:
            raise UsageError("a source without a provider reads what is in the lake; open one to search")
        return self._provider.search(request)

    def parse(self, record: RawRecord) -> Page:
        """Read an answer of any provider, from the record alone."""
        return Page(read_answer(record), record.about.get("skipped", ""))

    def follow(self, parsed: Page) -> Sequence[Request]:  # noqa: ARG002  an answer leads nowhere else
        """Nothing: results are not opened."""
        return ()

    def store(self, subject: str, answers: Sequence[Kept[Page]], mark: Watermark | None) -> Stored:
        """Append the articles that are new, refuse results that are none.

        outcome: empty where no answer had a result, collected otherwise, were the articles new or not. Both are
        evidence that the day of the search, in New York, is covered: first and last, which are None for a search of
        earlier days alone. Failed where an answer is missing, as after a reparse of a collection that broke off: its
        articles count, its day does not.
        """
        if not answers:
            return Stored(outcome="unchanged")
        last = max(answers, key=lambda a: a.fetched)
        day = last.fetched.astimezone(_NEW_YORK).date()
        instrument = self._instrument(subject, day)
        known = read_known(self._warehouse, instrument=instrument, before=min(a.fetched for a in answers))
        made = make_rows(answers, known, instrument=instrument, tone=self._tone)
        rows = insert_articles(self._warehouse, pl.DataFrame(made.rows, infer_schema_length=None)) if made.rows else 0
        self._quarantine(made)
        notes = _notes(subject, answers, made)
        if not _complete(answers):
            return Stored(rows=rows, outcome="failed", refused=made.reasons, notes=notes)
        covered = None if any(answer.request.about.get("until") for answer in answers) else day
        return Stored(
            rows=rows,
            outcome="collected" if made.seen else "empty",
            refused=made.reasons,
            mark=_moved(subject, answers, mark, day),
            first=covered,
            last=covered,
            notes=notes,
        )

    def _instrument(self, symbol: str, day: date) -> str:
        """The company that had the ticker on the day of the search: a reused ticker joins no two."""
        known = describe(self._warehouse, [symbol], on=day)
        return known[symbol].instrument

    def _asked_since(self, mark: Watermark | None, today: date) -> date:
        """From where the last collection ended, so that no day is left out, or from earlier than it began."""
        asked = self._since or (mark.collected_to if mark else today - BACKFILL_AFTER)
        return mark.collected_to if mark and asked >= mark.collected_from else asked

    def _request(self, provider: Provider, subject: str, template: str, query: str, days: Mapping[str, str]) -> Request:
        segment = _NO_SEGMENT.sub(lambda m: f"~{ord(m[0]):x}", subject)
        about = {"subject": subject, "kind": "search", "provider": provider.name, "template": template, "query": query}
        about |= days
        folder = f"raw/{NEWS}/{provider.name}/symbol={segment}/template={template}"
        return Request(subject, provider.address(), folder, about)

    def _quarantine(self, made: Made) -> None:
        for (batch, collected_at), rows in groupby(made.refused, key=lambda r: (r["batch"], r["collected_at"])):
            frame = pl.DataFrame(list(rows), schema_overrides={"session": pl.Date})
            insert_quarantine(self._warehouse, frame, source=NEWS, batch=batch, collected_at=collected_at)


def _complete(answers: Sequence[Kept[Page]]) -> bool:
    asked = max(int(answer.request.about.get("templates", "1")) for answer in answers)
    return len({answer.request.about.get("template") for answer in answers}) >= asked


def _moved(subject: str, answers: Sequence[Kept[Page]], mark: Watermark | None, day: date) -> Watermark | None:
    """The mark that covers these answers' days too; None where days between them and the mark would be left out."""
    said = [answer.request.about for answer in answers]
    first = min((date.fromisoformat(about["since"]) for about in said if about.get("since")), default=day)
    last = max((date.fromisoformat(about["until"]) for about in said if about.get("until")), default=day)
    if mark and (last < mark.collected_from - timedelta(days=1) or first > mark.collected_to + timedelta(days=1)):
        return None
    if mark:
        first, last = min(first, mark.collected_from), max(last, mark.collected_to)
    return Watermark(NEWS, subject, first, max(first, last), answers[-1].key, max(a.fetched for a in answers))


def _notes(subject: str, answers: Sequence[Kept[Page]], made: Made) -> tuple[str, ...]:
    skipped = sorted({answer.parsed.skipped for answer in answers} - {""})
    notes = [f"{subject}: answered by a later engine, since {reason}" for reason in skipped]
    return (*notes, *([f"{subject}: {made.future} articles {_MOST_FUTURE}"] if made.future else []))
