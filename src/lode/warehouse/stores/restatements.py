"""What later knowledge changed: values of bars and of facts that a later version gives differently.

Rows that were inserted twice are alike and follow each other, so that nothing has to be merged before it is compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from lode.warehouse import Warehouse
from lode.warehouse.stores.bars import NUMBERS

_NAMES = ", ".join(f"'{name}'" for name in NUMBERS)
_BEFORE = ", ".join(f"lagInFrame(toNullable({name})) OVER w" for name in NUMBERS)
_VALUES = ", ".join(f"toNullable({name})" for name in NUMBERS)


def read_restated_bars(
    warehouse: Warehouse, *, source: str, instruments: Sequence[str] | None = None, most: int = 1000
) -> pl.DataFrame:
    """Values of a source's bars that a later version changed, the latest change first.

    Columns: instrument, session, field, value_before and value_after (null where there was or is none), known_before
    and known_after (the two versions' knowledge times), repairs (the rule that made the change, "" for the source).
    """
    return warehouse.query(
        "SELECT instrument, session, field, value_before, value_after, known_before, known_after, repairs FROM ("  # noqa: S608  columns from code
        "  SELECT instrument, session, toString(repairs) AS repairs, knowledge_time AS known_after, "
        "  lagInFrame(knowledge_time) OVER w AS known_before, row_number() OVER w AS version, "
        f"  [{_NAMES}] AS fields, [{_BEFORE}] AS befores, [{_VALUES}] AS afters FROM bars "
        "  WHERE source = {source:String} AND (instrument, session) IN ("
        "    SELECT instrument, session FROM bars WHERE source = {source:String} "
        "    AND ({every:Bool} OR instrument IN {instruments:Array(String)}) "
        "    GROUP BY instrument, session HAVING count() > 1) "
        "  WINDOW w AS (PARTITION BY instrument, session ORDER BY knowledge_time, row_hash)) "
        "ARRAY JOIN fields AS field, befores AS value_before, afters AS value_after "
        "WHERE version > 1 AND value_before IS DISTINCT FROM value_after "
        "ORDER BY known_after DESC, session DESC, instrument, field LIMIT {most:UInt64}",
        source=source,
        every=instruments is None,
        instruments=list(instruments or ()),
        most=most,
    )


def read_restated_facts(
    warehouse: Warehouse,
    *,
    ciks: Sequence[int] | None = None,
    concepts: Sequence[str] | None = None,
    since: datetime | None = None,
    as_of: datetime,
    most: int = 1000,
) -> pl.DataFrame:
    """Values of facts that a later statement of the same period changed by `as_of`, the latest change first.

    ciks, concepts: None takes all. since: leaves earlier changes out, which saves comparing most facts. Columns: cik,
    concept, unit, period_start, period_end, value_before, value_after, known_before, known_after, form and accession
    (of the later statement).
    """
    return warehouse.query(
        "SELECT cik, concept, toString(unit) AS unit, period_start, period_end, value_before, value AS value_after, "
        "known_before, knowledge_time AS known_after, toString(form) AS form, accession FROM ("
        "  SELECT cik, concept, unit, period_start, period_end, value, knowledge_time, form, accession, "
        "  lagInFrame(value) OVER w AS value_before, lagInFrame(knowledge_time) OVER w AS known_before, "
        "  row_number() OVER w AS version FROM facts "
        "  WHERE ({every:Bool} OR cik IN {ciks:Array(UInt64)}) "
        "  AND ({whole:Bool} OR concept IN {concepts:Array(String)}) "
        "  AND knowledge_time <= {as_of:DateTime64(6, 'UTC')} "
        "  AND ({always:Bool} OR (cik, concept, period_end) IN ("
        "    SELECT cik, concept, period_end FROM facts WHERE knowledge_time >= {since:DateTime64(6, 'UTC')} "
        "    AND ({whole:Bool} OR concept IN {concepts:Array(String)}))) "
        "  WINDOW w AS (PARTITION BY cik, concept, unit, period_end, period_start ORDER BY knowledge_time, row_hash)) "
        "WHERE version > 1 AND value != value_before AND knowledge_time > known_before "
        "AND ({always:Bool} OR knowledge_time >= {since:DateTime64(6, 'UTC')}) "
        "ORDER BY known_after DESC, cik, concept, period_end DESC LIMIT {most:UInt64}",
        every=ciks is None,
        ciks=list(ciks or ()),
        whole=concepts is None,
        concepts=list(concepts or ()),
        always=since is None,
        since=since or as_of,
        as_of=as_of,
        most=most,
    )
