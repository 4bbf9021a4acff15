"""Rules as declared pandera schemas, whose check bodies are the polars expressions of the rules.

Pandera takes 3 s to import and .7 s for 600,000 rows where the bare expressions take .01 s (measured on two cores), so
the import of bars evaluates the expressions themselves (quality.with_reasons) and this schema holds what is stored;
both are made of the same rules. Files of facts and members are small: there the schema decides.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

import polars as pl

from lode.collect.quality import PRICES, REASONS_BETWEEN, Rule, bar_rules
from lode.errors import UsageError


def pandera() -> ModuleType:
    """Import pandera's polars side. Raises UsageError where the extra is not installed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of the versions of what it itself asks for
            import pandera.polars  # noqa: PLC0415  seconds, and an extra
    except ImportError as error:
        raise UsageError(f"checks need {error.name}: pip install 'lode-factors[collect]'") from error
    return pandera.polars


def declared(name: str, kinds: Mapping[str, type[pl.DataType] | pl.DataType], rules: Sequence[Rule]) -> Any:  # noqa: ANN401  pandera's own
    """Return a pandera DataFrameSchema: columns of these types, missing values allowed, that break none of `rules`."""
    pa = pandera()
    columns = {column: pa.Column(kind, nullable=True) for column, kind in kinds.items()}
    checks = [pa.Check(_keeps(rule), name=rule.reason, error=rule.reason) for rule in rules]
    return pa.DataFrameSchema(columns, checks=checks, name=name)


def bar_schema(columns: frozenset[str], exchange: str) -> Any:  # noqa: ANN401  pandera's own
    """Return the schema of daily bars: the hard rules of quality.bar_rules for a frame with these columns."""
    numbers = [name for name in (*PRICES, "volume") if name in columns]
    kinds = {"symbol": pl.String, "session": pl.Date, **dict.fromkeys(numbers, pl.Float64)}
    return declared("bars", kinds, bar_rules(columns, exchange))


def refused_rows(schema: Any, frame: pl.DataFrame) -> pl.DataFrame:  # noqa: ANN401  pandera's own
    """Rows of `frame` that `schema` refuses: index (from 0), reason (every rule that the row breaks, joined).

    Raises what pandera raises where a column is absent or has another type: a defect of the caller, not of the row.
    """
    errors: Any = pandera().errors
    try:
        schema.validate(frame, lazy=True)
    except errors.SchemaErrors as found:
        cases: pl.DataFrame = found.failure_cases
        if cases["index"].null_count():
            raise
        return (
            cases.sort("index", "check_number")
            .group_by(pl.col("index").cast(pl.UInt32), maintain_order=True)
            .agg(pl.col("check").str.join(REASONS_BETWEEN).alias("reason"))
        )
    return pl.DataFrame(schema={"index": pl.UInt32, "reason": pl.String})


def _keeps(rule: Rule) -> Callable[[Any], pl.LazyFrame]:
    kept = ~rule.breaks.fill_null(value=False)
    return lambda given: given.lazyframe.select(kept.alias(rule.reason))
