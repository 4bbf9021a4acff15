"""What is known of names beside their prices, as rows with knowledge times, and the fields that it makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import polars as pl

from lode.panel.events import knowledge_time_column
from lode.panel.fundamentals.fields import Built, Timing, fundamental_fields
from lode.panel.fundamentals.grid import Axis, Floats
from lode.panel.fundamentals.texts import filing_fields, news_fields


@dataclass(frozen=True)
class Observations:
    """Rows about a panel's names; None where there are none of a kind.

    facts: statements, see fundamentals.steps. texts (measures of filings), articles, searches: see fundamentals.texts.
    members: instrument, first_session, last_session of the universe's spells, with no knowledge time: they are
        announced before they begin. None: every name is a member.
    """

    facts: pl.DataFrame | None = None
    texts: pl.DataFrame | None = None
    articles: pl.DataFrame | None = None
    searches: pl.DataFrame | None = None
    members: pl.DataFrame | None = None

    def known_by(self, as_of: datetime) -> Observations:
        """Return the rows known by `as_of` (time zone required); kinds without any become None."""
        return replace(
            self,
            facts=_known(self.facts, as_of),
            texts=_known(self.texts, as_of),
            articles=_known(self.articles, as_of),
            searches=_known(self.searches, as_of, "collected_at"),
        )


NOTHING = Observations()
"""No facts, texts, news or members: a panel of bars alone."""


def observed_fields(
    observed: Observations,
    actions: pl.DataFrame,
    axis: Axis,
    *,
    raw_close: Floats | None,
    currencies: Mapping[str, str],
    price_timing: Timing,
) -> Built:
    """Fields of the rows in `observed`, none of which was known later than the panel's as-of."""
    built = Built()
    parts = []
    if observed.facts is not None:
        parts.append(
            fundamental_fields(
                observed.facts,
                actions,
                axis,
                raw_close=raw_close,
                currencies=currencies,
                price_timing=price_timing,
            )
        )
    if observed.texts is not None:
        parts.append(filing_fields(observed.texts, axis))
    if observed.articles is not None or observed.searches is not None:
        parts.append(news_fields(observed.articles, observed.searches, axis))
    for part in parts:
        built.fields |= part.fields
        built.knowledge |= part.knowledge
    return built


def currencies_of(bars: pl.DataFrame) -> Mapping[str, str]:
    """Currency of each instrument's prices, where the bars say it."""
    if "currency" not in bars.columns:
        return {}
    said = bars.select("instrument", pl.col("currency").cast(pl.String)).drop_nulls()
    first = said.filter(pl.col("currency") != "").unique("instrument", keep="first", maintain_order=True)
    return dict(first.iter_rows())


def _known(rows: pl.DataFrame | None, as_of: datetime, column: str = "knowledge_time") -> pl.DataFrame | None:
    if rows is None:
        return None
    known = rows.rename({column: "knowledge_time"})
    known = known.with_columns(knowledge_time_column(known))
    known = known.filter(pl.col("knowledge_time") <= as_of.astimezone(UTC).replace(tzinfo=None))
    return None if known.is_empty() else known.rename({"knowledge_time": column})
