"""Companyfacts: every value that a company ever tagged, by concept, unit, period and filing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

import polars as pl

from lode.collect.http import RawRecord
from lode.collect.sec.acceptance import known_by
from lode.collect.sec.body import changed, read_json

_UTC = pl.Datetime("us", "UTC")
_FIRST, _LAST = date(1900, 1, 1), date(2299, 12, 31)  # what a Date32 holds
_LAST_FILED = date(2299, 12, 30)  # whose last second in New York is still a time that the warehouse holds
_LAST_YEAR = 65535
_AT_ONCE = 20_000
_SCHEMA = {
    "concept": pl.String,
    "unit": pl.String,
    "period_start": pl.String,
    "period_end": pl.String,
    "value": pl.Float64,
    "form": pl.String,
    "accession": pl.String,
    "filed": pl.String,
    "fiscal_year": pl.Int64,
    "fiscal_period": pl.String,
}
NO_VALUE, NO_PERIOD, NO_FILING = "a fact without a number", "a fact without a usable period", "a fact without a filing"


@dataclass(frozen=True)
class CompanyFacts:
    """What a company's filings state.

    facts: concept ("us-gaap/Revenues"), unit, period_start (null for an instant), period_end, value, form, accession,
        filed, fiscal_year, fiscal_period; one row per concept, unit, period and accession.
    refused: the same columns as they came (texts), with `reason`.
    """

    cik: int
    facts: pl.DataFrame
    refused: pl.DataFrame


def parse_facts(record: RawRecord) -> CompanyFacts:
    """Read a companyfacts body; one without facts gives no rows.

    A foreign company has no body (404) or an empty one. Raises SourceUnavailableError for what is no JSON,
    CollectError for another schema.
    """
    body = read_json(record)
    try:
        cik, rows = int(body["cik"]), _statements(body.get("facts") or {})
        frames = [pl.DataFrame(some, schema=_SCHEMA, orient="row", strict=False) for some in _batches(rows)]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise changed(record, f"{type(error).__name__} {error} where cik and facts are read") from error
    return CompanyFacts(cik, *_checked(pl.concat([pl.DataFrame(schema=_SCHEMA), *frames])))


def no_facts(cik: int) -> CompanyFacts:
    """Return what a company without a body has."""
    return CompanyFacts(cik, *_checked(pl.DataFrame(schema=_SCHEMA)))


def with_acceptance(facts: pl.DataFrame, filings: pl.DataFrame) -> pl.DataFrame:
    """Join the time of acceptance by accession; knowledge_time is it, or the end of the filing date where unknown.

    facts: as in CompanyFacts; filings: accession, accepted. The order is kept.
    """
    times = filings.select("accession", "accepted").unique("accession", keep="first")
    joined = facts.join(times, on="accession", how="left", maintain_order="left")
    ends = {filed: known_by(filed) for filed in joined["filed"].unique()}
    end = pl.col("filed").replace_strict(ends, return_dtype=_UTC) if ends else pl.lit(None, _UTC)
    return joined.with_columns(pl.coalesce("accepted", end).cast(_UTC).alias("knowledge_time"))


def _statements(taxonomies: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Rows of a body, which is taken apart on the way: the largest take hundreds of megabytes."""
    for taxonomy, concepts in taxonomies.items():
        for concept in list(concepts):
            described = concepts.pop(concept)
            if not isinstance(described, dict):  # a taxonomy whose content was left out
                continue
            name = f"{taxonomy}/{concept}"
            for unit, values in described["units"].items():
                for v in values:
                    get = v.get
                    yield (
                        name,
                        unit,
                        get("start"),
                        get("end"),
                        _number(get("val")),
                        get("form"),
                        get("accn"),
                        get("filed"),
                        _year(get("fy")),
                        get("fp") or "",
                    )


def _batches(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    while batch := list(islice(rows, _AT_ONCE)):
        yield batch


def _number(value: object) -> float | None:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    try:
        return float(value)
    except OverflowError:  # JSON's whole numbers have no end
        return None


def _year(value: object) -> int | None:
    number = _number(value)
    return int(number) if number is not None and 0 <= number <= _LAST_YEAR else None


def _checked(came: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows that can be kept and the others with their reason."""
    days = {n: pl.col(n).str.to_date("%Y-%m-%d", strict=False) for n in ("period_start", "period_end", "filed")}
    start, end, filed = days.values()
    dated = filed.is_between(_FIRST, _LAST_FILED).fill_null(value=False)
    late = pl.col("period_start").is_not_null() & (start.is_null() | (start > end))
    reason = (
        pl.when(pl.col("value").is_null() | ~pl.col("value").is_finite())
        .then(pl.lit(NO_VALUE))
        .when(end.is_null() | ~end.is_between(_FIRST, _LAST) | late | (start < _FIRST).fill_null(value=False))
        .then(pl.lit(NO_PERIOD))
        .when(pl.any_horizontal(pl.col("accession", "form").is_null()) | ~dated)
        .then(pl.lit(NO_FILING))
    )
    rows = came.with_columns(reason.alias("reason"))
    kept = rows.filter(pl.col("reason").is_null()).drop("reason").with_columns(**days)
    kept = kept.unique(["concept", "unit", "period_start", "period_end", "accession"], keep="last", maintain_order=True)
    return kept.with_columns(pl.col("fiscal_year").cast(pl.UInt16)), rows.filter(pl.col("reason").is_not_null())
