"""The leaderboard: every factor in every run that judged it, with its figures, as far as a reader asks for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass

import polars as pl

from lode.errors import UsageError
from lode.warehouse import Warehouse

FIGURES: Mapping[str, tuple[str, str]] = {
    "train_rank_ic": ("train", "rank_ic"),
    "train_t": ("train", "t_nw"),
    "added_t": ("train", "added_t"),
    "spanning": ("train", "spanning"),
    "validation_rank_ic": ("validation", "rank_ic"),
    "validation_t": ("validation", "t_nw"),
    "validation_q": ("validation", "q"),
    "vault_rank_ic": ("vault", "rank_ic"),
    "vault_t": ("vault", "t_nw"),
    "vault_p": ("vault", "p"),
    "dsr": ("train", "dsr"),
    "turnover": ("validation", "turnover"),
    "net_sharpe": ("validation", "net_sharpe"),
    "pool_correlation": ("validation", "pool_correlation"),
}
"""Column of the leaderboard → split and metric of the table `evidence`."""

_SIZES = {"pool_correlation", *(name for name in FIGURES if name.endswith(("_t", "_rank_ic")))}  # whatever their sign
_OF_FACTOR = "factor, run, expression, origin, state, reason, direction, lookback, horizon, delay, snapshot"
_OF_RUN = "source, universe, trials, trials_on_vault, finalists, started"
# Until a run is done, its counts are none.
_COUNTED = (
    "source, universe, if(state = 'succeeded', trials, NULL) AS trials, "
    "if(state = 'succeeded', trials_on_vault, NULL) AS trials_on_vault, finalists, started"
)
SORTS = (*(name for name in FIGURES if name != "spanning"), "trials", "started")


@dataclass(frozen=True)
class Filter:
    """Which rows, and in what order.

    states, run, origin, universe: those alone, all where empty. text: what stands in the formula, in any case.
    least_t: least |t| on validation, 0 for any; a factor without a t has none. spanning: of their run's spanning set
    alone. sort: one of SORTS, or "" for the proven first, then |t| on train; figures that go both ways are ordered by
    their size. ascending: the smallest first.
    """

    states: tuple[str, ...] = ()
    run: str = ""
    origin: str = ""
    universe: str = ""
    text: str = ""
    least_t: float = 0.0
    spanning: bool = False
    sort: str = ""
    ascending: bool = False


def read_board(warehouse: Warehouse, wanted: Filter, *, most: int) -> pl.DataFrame:
    """Rows that a filter leaves, `most` of them at most; what is not known of a factor is null and sorts last.

    Columns: those of the factor, of its run (source, universe, trials, trials_on_vault, finalists, started) and of
    FIGURES; matching: how many rows the filter leaves. UsageError for a sort that is not known.
    """
    found = warehouse.query(
        f"SELECT *, count() OVER () AS matching FROM ("  # noqa: S608  columns from code
        f"  SELECT {_OF_FACTOR}, {_OF_RUN}, {', '.join(FIGURES)} FROM (SELECT {_OF_FACTOR} FROM factors FINAL) AS f "
        f"  LEFT JOIN (SELECT run, {_COUNTED} FROM runs FINAL) AS r USING (run) "
        f"  LEFT JOIN (SELECT run, factor, {_figures()} FROM evidence FINAL GROUP BY run, factor) AS e "
        "  USING (run, factor)) "
        "WHERE (empty({states:Array(String)}) OR state IN {states:Array(String)}) "
        "AND {run:String} IN ('', run) AND {origin:String} IN ('', origin) AND {universe:String} IN ('', universe) "
        "AND ({text:String} = '' OR positionCaseInsensitiveUTF8(expression, {text:String}) > 0) "
        "AND ({least_t:Float64} <= 0 OR ifNull(abs(validation_t), 0) >= {least_t:Float64}) "
        "AND (NOT {spanning:Bool} OR spanning = 1) "
        f"ORDER BY {_order(wanted.sort, ascending=wanted.ascending)} LIMIT {{most:UInt64}}",
        **{name: value for name, value in asdict(wanted).items() if name not in {"sort", "ascending"}},
        most=most,
    )
    figures = found.with_columns(pl.col(list(FIGURES)).fill_nan(None))
    return figures.with_columns(pl.col("spanning") == 1)


def count_standings(warehouse: Warehouse) -> pl.DataFrame:
    """How many factors there are by state, run, origin and universe, the newest run first: the columns, and count."""
    return warehouse.query(
        "SELECT state, f.run AS run, origin, universe, count, started FROM ("
        "  SELECT toString(state) AS state, run, origin, count() AS count FROM factors FINAL "
        "  GROUP BY state, run, origin) AS f "
        "LEFT JOIN (SELECT run, universe, started FROM runs FINAL) AS r USING (run) "
        "ORDER BY started DESC, run, origin, state"
    )


def _figures() -> str:
    return ", ".join(
        f"maxOrNullIf(value, split = '{split}' AND metric = '{metric}') AS {name}"
        for name, (split, metric) in FIGURES.items()
    )


def _order(sort: str, *, ascending: bool, ties: Collection[str] = ("factor", "run")) -> str:
    if sort not in {"", *SORTS}:
        raise UsageError(f"the leaderboard cannot be sorted by {sort!r}: choose {', '.join(SORTS)}")
    last = ", ".join(ties)
    if not sort:
        return f"state = 'proven' DESC, abs(train_t) DESC NULLS LAST, {last}"
    by = f"abs({sort})" if sort in _SIZES else sort
    return f"{by} {'ASC' if ascending else 'DESC'} NULLS LAST, {last}"
