"""A home whose stored texts are Markdown and HTML, and rows that are damaged: written through the stores."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl

from lode.settings import Settings
from lode.warehouse import open_warehouse
from lode.warehouse.stores.factors import FactorRecord, record_evidence, record_factors, record_series
from lode.warehouse.stores.runs import RunRecord, record_run
from lode.warehouse.stores.snapshots import SnapshotRecord, record_snapshot

NOW = datetime(2026, 11, 20, 21, 5, tzinfo=UTC)
MARKUP = "<img src=x onerror=alert(1)> **bold** [link](https://example.com) :red[red] $x^2$"
META = '{"panel": {"label": "<b>label</b> **bold**"}}'
FACTOR = "00112233aabbccdd"
RUN = "feedfacefeedface"
RAGGED = [[-0.01, 0.0, 0.01], [], [float("nan")] * 3, [0.0, 0.01], [0.01], [-0.01, 0.0, 0.01]]


def write_home(
    settings: Settings, *, text: str = MARKUP, meta: str = META, state: str = "refused", quantiles: list = RAGGED
) -> None:
    """Store one finished run with one factor, `text` in every text that a user or a source can give."""
    with open_warehouse(settings) as warehouse:
        record_snapshot(
            warehouse,
            SnapshotRecord(
                snapshot="5a5a",
                source=text,
                universe=text,
                fields=["close", text],
                as_of=NOW,
                first_session=date(2020, 1, 2),
                last_session=date(2020, 1, 9),
                sessions=6,
                names=20,
                coverage=1.0,
                meta=meta,
            ),
        )
        record_run(
            warehouse,
            RunRecord(
                RUN, "5a5a", text, text, text, "0", 0, "succeeded", NOW, NOW, trials=1234, trials_on_vault=5678,
                finalists=1, refused=1, message=text,
            ),
        )  # fmt: skip
        record_factors(warehouse, [FactorRecord(FACTOR, RUN, text, text, state, text, 1, 3, 1, 1, "5a5a")])
        score = {"factor": FACTOR, "run": RUN, "low": None, "high": None}
        record_evidence(
            warehouse,
            [
                score | {"split": "train", "metric": "rank_ic", "value": 0.0213},
                score | {"split": "validation", "metric": "rank_ic", "value": float("nan")},
                score | {"split": "all", "metric": f"leak: {text}", "value": 1.0},
            ],
        )
        record_series(warehouse, _series(quantiles))


def _series(quantiles: list) -> pl.DataFrame:
    days = [date(2020, 1, day) for day in (2, 3, 6, 7, 8, 9)]
    return pl.DataFrame(
        {
            "factor": FACTOR,
            "run": RUN,
            "horizon": pl.Series([1] * 6, dtype=pl.UInt16),
            "session": days,
            "split": ["train"] * 3 + ["validation"] * 2 + ["vault"],
            "ic": [0.1, None, 0.2, 0.3, 0.1, 0.2],
            "rank_ic": [0.1, None, 0.2, 0.3, 0.1, 0.2],
            "quantile_returns": quantiles,
            "turnover": [None, 0.5, 0.5, 0.5, 0.5, 0.5],
        },
        schema_overrides={"quantile_returns": pl.List(pl.Float64)},
    )
