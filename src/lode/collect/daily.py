"""Daily bars from a place that answers charts: what to ask of a symbol, and how its answers become rows.

Yahoo's own endpoint (yahoo.py) and yfinance (yfinance_client.py) are two such places, each under its own name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

import numpy as np
import polars as pl

from lode.calendar import sessions
from lode.collect.chart import Chart
from lode.collect.daily_rows import Piece, action_news, as_refused, checked_bars
from lode.collect.http import RawRecord
from lode.collect.identity import Identified, Identities
from lode.collect.source import Answered, Kept, Request, Stored
from lode.collect.versions import KEY, Tolerance, new_versions
from lode.errors import CollectError
from lode.warehouse import Warehouse
from lode.warehouse.stores.bars import insert_actions, insert_bars, latest_bars, read_actions
from lode.warehouse.stores.imports import Watermark, insert_quarantine

OVERLAP_SESSIONS = 10
# quotes come as 32-bit floats of split-adjusted prices, and undoing a reverse split rounds volumes
TOLERANCE = Tolerance(price=1e-6, volume=1e-4)


class Client(Protocol):
    """Asks a place for charts, within its rate."""

    def url(self, symbol: str, *, since: date) -> str:
        """Address of the daily chart of `symbol` from `since` to the present."""
        ...

    def get(self, url: str) -> RawRecord:
        """Ask once; raises a CollectError."""
        ...


@dataclass(frozen=True)
class Wanted:
    """What a collection asks for: the sessions of `exchange` from `since` to `last`, both included, of `symbols`."""

    symbols: Sequence[str]
    since: date
    last: date
    exchange: str


class DailyBars:
    """The wanted sessions of any symbol: a BatchSource of charts.

    What is collected already is asked again for the last ten sessions only; what changed there is a new version, known
    from that fetch, and so is a bar that an earlier collection, which reached its session, did not have. client: None
    where nothing is to be asked (the lake is parsed again). as_known: compare each answer with what was known when it
    came, not with what is known now.
    """

    def __init__(
        self,
        name: str,
        *,
        client: Client | None,
        parse: Callable[[RawRecord], Chart],
        warehouse: Warehouse,
        wanted: Wanted,
        as_known: bool = False,
    ) -> None:
        self.name, self._client, self._parse, self._warehouse = name, client, parse, warehouse
        self._wanted, self._as_known = wanted, as_known
        self._identities = Identities(warehouse, name, wanted.symbols)

    def plan(self, subject: str, mark: Watermark | None) -> Sequence[Request]:
        """One request: the whole range, or the last ten sessions of what is collected and what follows them."""
        first = self._first_needed(mark)
        about = {
            "kind": "chart",
            "since": self._wanted.since.isoformat(),
            "first": first.isoformat(),
            "last": self._wanted.last.isoformat(),
        }
        # a day before the first session, since an answer may begin at its opening in another time zone
        url = self._asking().url(subject, since=first - timedelta(days=1))
        return [Request(subject, url, f"raw/{self.name}/chart/symbol={subject}", about)]

    def fetch(self, request: Request) -> RawRecord:
        """Ask for a chart."""
        return self._asking().get(request.url)

    def parse(self, record: RawRecord) -> Chart:
        """Read a chart."""
        return self._parse(record)

    def follow(self, parsed: Chart) -> Sequence[Request]:  # noqa: ARG002  the protocol's signature
        """Nothing: a chart is complete."""
        return ()

    def store(self, subject: str, answers: Sequence[Kept[Chart]], mark: Watermark | None) -> Stored:
        """Write one symbol's rows; see `store_batch`."""
        (stored,) = self.store_batch([Answered(subject, tuple(answers), mark)])
        if isinstance(stored, CollectError):
            raise stored
        return stored

    def store_batch(self, batch: Sequence[Answered[Chart]]) -> Sequence[Stored | CollectError]:
        """Write the rows of several symbols: quarantine, bars, actions; one insert each."""
        answers = [(item.subject, item.answers[-1].parsed, item.answers[-1].fetched) for item in batch]
        identified = self._identities.identify(answers)
        results: list[Stored | CollectError | None] = [i if isinstance(i, CollectError) else None for i in identified]
        pieces = [
            _piece(item, found) for item, found in zip(batch, identified, strict=True) if isinstance(found, Identified)
        ]
        notes = [found.note for found in identified if isinstance(found, Identified)]
        stored = iter(
            self._stored(pieces, [i.answers[-1] for i, r in zip(batch, results, strict=True) if r is None], notes)
        )
        return [result if result is not None else next(stored) for result in results]

    def _stored(
        self, pieces: Sequence[Piece], kept: Sequence[Kept[Chart]], notes: Sequence[str]
    ) -> Sequence[Stored | CollectError]:
        if not pieces:
            return []
        rows = checked_bars(pieces, self._wanted.exchange)
        good = rows.filter(pl.col("reason").is_null()).unique(KEY, keep="first", maintain_order=True)
        refused = rows.filter(pl.col("reason").is_not_null()).partition_by("place", as_dict=True)
        reached = dict(good.group_by("place").agg(pl.col("session").max()).iter_rows())
        for (place,), frame in refused.items():
            at = pieces[place].fetched
            batch = kept[place].sha256
            insert_quarantine(self._warehouse, as_refused(frame), source=self.name, batch=batch, collected_at=at)
        appended = self._append_bars(pieces, good)
        self._append_actions(pieces)
        return [
            self._result(
                piece, kept[place], reached.get(place), appended.get(place, 0), refused.get((place,)), notes[place]
            )
            for place, piece in enumerate(pieces)
        ]

    def _append_bars(self, pieces: Sequence[Piece], good: pl.DataFrame) -> dict[int, int]:
        """Append versions that are new; returns how many by place."""
        known = latest_bars(
            self._warehouse,
            source=self.name,
            instruments=sorted({piece.instrument for piece in pieces}),
            start=min(piece.first for piece in pieces),
            as_of=max(piece.fetched for piece in pieces) if self._as_known else None,
        )
        recorded = good.with_columns(pl.when("again").then("collected_at").alias("knowledge_time"))
        versions = new_versions(recorded, known, at=pl.col("collected_at"), tolerance=TOLERANCE)
        if not versions.rows.height:
            return {}
        rows = versions.rows.join(good.select(*KEY, "collected_at", "place"), on=list(KEY), maintain_order="left")
        insert_bars(self._warehouse, rows, source=self.name, collected_at=pieces[0].fetched)
        return dict(rows["place"].value_counts().iter_rows())

    def _append_actions(self, pieces: Sequence[Piece]) -> None:
        names = sorted({piece.instrument for piece in pieces})
        at = max(piece.fetched for piece in pieces)
        seen = read_actions(self._warehouse, source=self.name, instruments=names, as_of=at)
        news = action_news(pieces, seen, tolerance=TOLERANCE.price)
        if news.height:
            insert_actions(self._warehouse, news, source=self.name)

    def _result(
        self, piece: Piece, kept: Kept[Chart], came: date | None, rows: int, refused: pl.DataFrame | None, note: str
    ) -> Stored | CollectError:
        if came is None and piece.mark is None:
            return CollectError(
                f"{self.name} has no session of {piece.symbol} from {piece.first} to {piece.last}; "
                "give an earlier --since, or see the quarantine"
            )
        marks = [piece.mark] if piece.mark else []
        since = date.fromisoformat(kept.request.about["since"])
        begun = min([since, *(mark.collected_from for mark in marks)])
        reached = max([*([came] if came else []), *(mark.collected_to for mark in marks)])
        return Stored(
            rows=rows,
            outcome="collected" if rows else "unchanged",
            refused=dict(refused["reason"].value_counts().iter_rows()) if refused is not None else {},
            mark=Watermark(self.name, piece.symbol, begun, reached, kept.key, kept.fetched),
            first=piece.first,
            last=reached,
            behind=reached if reached < piece.last else None,
            notes=(note,) if note else (),
        )

    def _first_needed(self, mark: Watermark | None) -> date:
        if mark is None or self._wanted.since < mark.collected_from:
            return self._wanted.since
        recent = sessions(
            self._wanted.exchange, mark.collected_to - timedelta(days=3 * OVERLAP_SESSIONS), mark.collected_to
        )
        return max(self._wanted.since, as_date(recent[-OVERLAP_SESSIONS]))

    def _asking(self) -> Client:
        if self._client is None:
            raise CollectError(f"{self.name} is not asked while the lake is parsed again")
        return self._client


def as_date(session: np.datetime64) -> date:
    """A session as a date."""
    return date.fromisoformat(str(session))


def _piece(item: Answered[Chart], found: Identified) -> Piece:
    answer = item.answers[-1]
    first, last = (date.fromisoformat(answer.request.about[name]) for name in ("first", "last"))
    return Piece(item.subject, found.instrument, answer.parsed, first, last, answer.fetched, item.mark)
