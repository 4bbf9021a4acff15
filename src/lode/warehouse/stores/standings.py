"""Runs and factors summed up: how many there are, and the newest run of each kind of data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from lode.warehouse import Warehouse


@dataclass(frozen=True)
class Totals:
    """Over all runs. factors: by state, a factor once for each run that judged it. trials: of runs that are done."""

    runs: int
    trials: int
    factors: Mapping[str, int]


def read_totals(warehouse: Warehouse) -> Totals:
    """Count runs, their trials and factors."""
    runs, trials = warehouse.query(
        "SELECT count() AS runs, sumIf(trials, state = 'succeeded') AS trials FROM runs FINAL"
    ).row(0)
    states = warehouse.query("SELECT toString(state) AS state, count() AS n FROM factors FINAL GROUP BY state")
    return Totals(int(runs), int(trials), dict(states.iter_rows()))


def read_newest_of_each(warehouse: Warehouse, *, most: int = 100) -> pl.DataFrame:
    """The newest run that is done of each source and universe, the newest first, at most `most` of them.

    Columns: run, source, universe, started, message, and k: which opening of its vault it made, null for none.
    """
    return warehouse.query(
        "SELECT r.run AS run, source, universe, started, message, nullIf(o.k, 0) AS k FROM ("
        "  SELECT run, source, universe, started, message FROM runs FINAL WHERE state = 'succeeded' "
        "  ORDER BY started DESC, run LIMIT 1 BY source, universe) AS r "
        "LEFT JOIN (SELECT run, max(k) AS k FROM vault_openings GROUP BY run) AS o USING (run) "
        "ORDER BY started DESC, run LIMIT {most:UInt64}",
        most=most,
    )
