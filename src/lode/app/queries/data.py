"""What the page of the data reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from lode.app.queries.caching import cached
from lode.app.queries.coverage import label_of_source
from lode.settings import Settings
from lode.warehouse import open_warehouse
from lode.warehouse.stores.condition import (
    read_coverage,
    read_failures,
    read_outcomes,
    read_reach,
    read_refusals,
    read_refused_rows,
)
from lode.warehouse.stores.findings import count_findings, read_findings

_SHOWN = 2_000  # what a page holds


@dataclass(frozen=True)
class DataPage:
    """In what state the stored data are; columns as in the stores `condition` and `findings`. `read_at` is UTC.

    labels: of the sources whose data are a sample or simulated.
    """

    reach: pl.DataFrame
    outcomes: pl.DataFrame
    failures: pl.DataFrame
    counts: pl.DataFrame
    findings: pl.DataFrame
    refusals: pl.DataFrame
    refused: pl.DataFrame
    coverage: pl.DataFrame
    labels: list[str]
    read_at: datetime


@cached
def read_data_page(settings: Settings) -> DataPage:
    """Read the state of the stored data; of findings and refused rows the newest."""
    with open_warehouse(settings, access="read") as warehouse:
        reach = read_reach(warehouse)
        told = {source: label_of_source(warehouse, source) for source in reach["source"]}
        return DataPage(
            reach=reach,
            outcomes=read_outcomes(warehouse),
            failures=read_failures(warehouse),
            counts=count_findings(warehouse),
            findings=read_findings(warehouse, most=_SHOWN),
            refusals=read_refusals(warehouse),
            refused=read_refused_rows(warehouse, most=_SHOWN),
            coverage=read_coverage(warehouse),
            labels=[f"{source}: {label}" for source, label in told.items() if label],
            read_at=datetime.now(UTC),
        )
