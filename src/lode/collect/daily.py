"""Daily bars from a place that answers charts: what to ask of a symbol, and how its answers become rows.

Yahoo's own endpoint (yahoo.py) and yfinance (yfinance_client.py) are two such places, each under its own name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Protocol

import numpy as np
import polars as pl

from lode.calendar import last_closed_session, latest_sessions
from lode.collect.chart import Chart
from lode.collect.daily_rows import Piece, action_news, as_refused, checked_bars
from lode.collect.exchanges import exchange_of
from lode.collect.http import RawRecord
from lode.collect.identity import Identified, Identities
from lode.collect.source import Answered, Kept, Request, Stored
from lode.collect.versions import KEY, Tolerance, new_versions
from lode.errors import CollectError, DataError
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
    """What a collection asks for: the sessions of `symbols` from `since` to `until`, both included.

    until: None for the last session that has closed in a symbol's exchange. exchanges: by symbol, where it is known
    before the answer comes; the answer decides.
    """

    symbols: Sequence[str]
    since: date
    until: date | None = None
    exchanges: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Placed:
    """A symbol's answer, the exchange whose sessions it keeps, and the last session that is wanted of it."""

    item: Answered[Chart]
    exchange: str
    last: date


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
        first = self._first_needed(subject, mark)
        about = {
            "kind": "chart",
            "since": self._wanted.since.isoformat(),
            "first": first.isoformat(),
            "last": (self._wanted.until or date.max).isoformat(),
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
        placed = [_placed(item) for item in batch]
        stored = iter(self._store_placed([place for place in placed if isinstance(place, _Placed)]))
        return [next(stored) if isinstance(place, _Placed) else place for place in placed]

    def _store_placed(self, batch: Sequence[_Placed]) -> Sequence[Stored | CollectError]:
        kept = [place.item.answers[-1] for place in batch]
        answers = [
            (place.item.subject, answer.parsed, answer.fetched) for place, answer in zip(batch, kept, strict=True)
        ]
        identified = self._identities.identify(answers)
        results: list[Stored | CollectError | None] = [i if isinstance(i, CollectError) else None for i in identified]
        pieces = [
            _piece(place, found)
            for place, found in zip(batch, identified, strict=True)
            if isinstance(found, Identified)
        ]
        notes = [found.note for found in identified if isinstance(found, Identified)]
        stored = iter(self._stored(pieces, [k for k, r in zip(kept, results, strict=True) if r is None], notes))
        return [result if result is not None else next(stored) for result in results]

    def _stored(
        self, pieces: Sequence[Piece], kept: Sequence[Kept[Chart]], notes: Sequence[str]
    ) -> Sequence[Stored | CollectError]:
        if not pieces:
            return []
        rows = checked_bars(pieces)
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
                f"{self.name} has no session of {piece.symbol} from {piece.first} to {piece.last}, the last one wanted "
                f"that has closed in {piece.exchange}; give an earlier --since, or see the quarantine"
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

    def _first_needed(self, symbol: str, mark: Watermark | None) -> date:
        if mark is None or self._wanted.since < mark.collected_from:
            return self._wanted.since
        exchange = self._wanted.exchanges.get(symbol)
        if exchange is None:
            return self._wanted.since
        return max(self._wanted.since, as_date(latest_sessions(exchange, mark.collected_to, OVERLAP_SESSIONS)[0]))

    def _asking(self) -> Client:
        if self._client is None:
            raise CollectError(f"{self.name} is not asked while the lake is parsed again")
        return self._client


def as_date(session: np.datetime64) -> date:
    """A session as a date."""
    return date.fromisoformat(str(session))


def _placed(item: Answered[Chart]) -> _Placed | CollectError:
    """Find whose sessions an answer keeps; the error where that is not known."""
    answer = item.answers[-1]
    try:
        exchange = exchange_of(answer.parsed.exchange, answer.parsed.time_zone)
        closed = as_date(last_closed_session(exchange, answer.fetched))
    except CollectError as error:
        return error
    except DataError as error:
        return CollectError(f"{item.subject}: {error}; nothing is stored, its bytes are in the lake")
    return _Placed(item, exchange, min(closed, date.fromisoformat(answer.request.about["last"])))


def _piece(place: _Placed, found: Identified) -> Piece:
    item, answer = place.item, place.item.answers[-1]
    first = date.fromisoformat(answer.request.about["first"])
    return Piece(
        item.subject,
        found.instrument,
        place.exchange,
        answer.parsed,
        first,
        place.last,
        answer.fetched,
        item.mark,
    )
