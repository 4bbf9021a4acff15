"""The leaderboard: every factor that a run judged, the refused ones too. The filter and the order stand in the URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import polars as pl
import streamlit as st

from lode.app import notices, tables
from lode.app.export import as_csv, as_parquet
from lode.app.navigation import Go
from lode.app.queries.caching import place
from lode.app.queries.leaderboard import Board, read_all, read_choices, read_leaderboard
from lode.settings import Settings
from lode.warehouse.stores.leaderboard import Filter

_TRAIN = ("train_rank_ic", "train_t", "added_t", "spanning")
_SCORES = (*_TRAIN, "validation_rank_ic", "validation_t", "validation_q", "trials")
_VAULT = ("vault_rank_ic", "vault_t", "vault_p", "trials_on_vault")
_BOOK = ("dsr", "turnover", "net_sharpe", "pool_correlation")
_ORIGIN = ("origin", "finalists", "direction", "lookback", "horizon", "universe", "source", "label", "as_of")
SHOWN = ("state", "expression", *_SCORES, *_BOOK, *_VAULT, "age", "reason", *_ORIGIN, "factor", "run")
_ALT = "Leaderboard of factors"
_STATES = ("proven", "candidate", "refused", "retired")
_SORTS = {
    "Proven first": "",
    "|t| validation": "validation_t",
    "|rank IC| validation": "validation_rank_ic",
    "q validation": "validation_q",
    "|t| train": "train_t",
    "|t added| train": "added_t",
    "|t| vault": "vault_t",
    "DSR": "dsr",
    "Net Sharpe": "net_sharpe",
    "Turnover": "turnover",
    "|Correlation with pool|": "pool_correlation",
    "Trials": "trials",
    "Newest": "started",
}
_SPANNING = "Of the few formulas that together say on train what all trials of the run say"
_ORDERS = {"Largest first": False, "Smallest first": True}


def show(settings: Settings, go: Go) -> None:
    """Draw the page; rows that are ticked can be opened or compared, what is filtered can be taken away."""
    st.title("Leaderboard", anchor=False)
    choices = read_choices(settings)
    if choices.is_empty():
        notices.no_factors()
        st.text("`lode run` mines a market, and proves or refuses what it finds.")
        return
    wanted = _filter(choices)
    board = read_leaderboard(settings, wanted)
    notices.unreal_data(board.labels)
    _told(board, int(choices["count"].sum()))
    if board.rows.is_empty():
        st.info("No factor is like that. Take something out of the filter.")
    else:
        actions = st.container(horizontal=True, vertical_alignment="center")
        picked = _table(board)
        with actions:
            _actions(picked, go)
        _export(settings, wanted)
    st.text(f"Read from {place(settings)} at {board.read_at:%Y-%m-%d %H:%M:%S} UTC.")


def _filter(choices: pl.DataFrame) -> Filter:
    """Let the reader choose. Names in the URL are the page's own: a bound parameter cannot be part of a link."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        states = st.multiselect(
            "States", _STATES, key="state", placeholder="All states", bind="query-params", width=300
        )
        text = st.text_input("Formula contains", key="formula", bind="query-params", width=175, max_chars=200)
        least = st.number_input(
            "Least |t| on validation", 0.0, 100.0, 0.0, 0.5, "%.1f", key="least_t", bind="query-params", width=165
        )
        sort = st.selectbox("Sort by", list(_SORTS), key="sort", bind="query-params", width=185)
        order = st.selectbox("Order", list(_ORDERS), key="order", bind="query-params", width=155)
        run = _choice("Run", choices, "run", "judged_by", "All runs")
        origin = _choice("Origin", choices, "origin", "origin", "All origins")
        universe = _choice("Universe", choices, "universe", "universe", "All universes")
        spanning = st.checkbox("Spanning set", key="spanning", bind="query-params", help=_SPANNING)
    return Filter(
        tuple(states), run, origin, universe, (text or "").strip(), least or 0.0, spanning, _SORTS[sort], _ORDERS[order]
    )


def _choice(label: str, choices: pl.DataFrame, column: str, key: str, every: str) -> str:
    options = choices[column].unique(maintain_order=True).drop_nulls().to_list()
    chosen = st.selectbox(label, options, index=None, key=key, placeholder=every, bind="query-params", width=170)
    return chosen or ""


def _told(board: Board, every: int) -> None:
    shown, matching = board.rows.height, board.matching
    more = f", the first {shown:,} are shown" if shown < matching else ""
    st.caption(
        f"{matching:,} of {every:,} standings{more}. Signs of IC and t are those of the formula as written; direction "
        "says which is bet on. DSR is of train, turnover, net Sharpe and correlation are of the bet on validation."
    )


def _table(board: Board) -> pl.DataFrame:
    """Draw the rows; return those that are ticked."""
    st.html(f'<style>[aria-label="Download as CSV: {_ALT}"] {{display: none}}</style>')  # it leaves formulas formulas
    picked = st.dataframe(
        tables.with_shown_state(board.rows),
        column_order=SHOWN,
        column_config=_columns(),
        hide_index=True,
        height=min(620, 40 + 35 * max(2, board.rows.height)),
        on_select="rerun",
        selection_mode="multi-row",
        placeholder="–",
        alt=_ALT,
        key=f"leaderboard {_digest(board.rows)}",
    )
    return board.rows[[row for row in picked["selection"]["rows"] if row < board.rows.height]]


def _digest(rows: pl.DataFrame) -> str:
    """What changes when a row's place does: ticks are places, and would stay where another factor is by then."""
    return sha256("".join(rows["factor"] + rows["run"]).encode()).hexdigest()[:16]


def _actions(picked: pl.DataFrame, go: Go) -> None:
    """Lead on with what is ticked: one factor to its page, several to their comparison."""
    if st.button("Open factor", disabled=picked.height != 1, key="open"):
        go("factor", factor=picked["factor"][0], run=picked["run"][0])
    if "compare" in go and st.button("Compare", disabled=picked.height < 2, key="compare"):
        go("compare", **comparison(picked))
    st.caption(f"{picked.height:,} ticked" if picked.height else "Tick rows to open one or to compare several.")


def comparison(picked: pl.DataFrame) -> dict[str, str]:
    """Return the query of the page that compares factors; without a run where they are of several."""
    runs = picked["run"].unique().to_list()
    if len(runs) == 1:
        return {"factors": ",".join(picked["factor"]), "run": runs[0]}
    return {"factors": ",".join(picked["factor"] + "@" + picked["run"]), "run": ""}


@dataclass(frozen=True)
class _File:
    """A file of what a filter leaves, made when it is asked for."""

    settings: Settings
    wanted: Filter

    def csv(self) -> bytes:
        return as_csv(self._rows())

    def parquet(self) -> bytes:
        return as_parquet(self._rows())

    def _rows(self) -> pl.DataFrame:
        return read_all(self.settings, self.wanted).rows


def _export(settings: Settings, wanted: Filter) -> None:
    file = _File(settings, wanted)
    with st.container(horizontal=True):
        st.download_button("CSV", file.csv, "leaderboard.csv", "text/csv", on_click="ignore", key="csv")
        st.download_button(
            "Parquet", file.parquet, "leaderboard.parquet", "application/vnd.apache.parquet", on_click="ignore",
            key="parquet",
        )  # fmt: skip
    st.caption(
        "Both hold every row of the filter. In CSV a text that begins with = + - @ has an apostrophe in front, since a "
        "spreadsheet would take it for a formula of its own; Parquet holds it as it is."
    )


def _columns() -> Mapping[str, Any]:
    number = st.column_config.NumberColumn
    return {
        **tables.columns(),
        "spanning": st.column_config.CheckboxColumn("Spans", help=_SPANNING),
        "dsr": number(
            "DSR", format="%.3f", help="Deflated Sharpe ratio of the rank IC on train; of all trials on vault"
        ),
        "turnover": number("Turnover", format="percent", help="Share of new names in the outer quantiles a session"),
        "net_sharpe": number("Net Sharpe", format="%.2f", help="A year, of the rank book after cost, on validation"),
        "pool_correlation": number(
            "Corr. with pool", format="%.2f", help="Of returns, with the most alike other member of its run's pool"
        ),
        "expression": st.column_config.TextColumn("Formula", width=200),
        "vault_p": number("p vault", format="%.2g", width=85, help="One-sided; Holm over those on the vault decides"),
        "age": number("Age, days", format="%d", help="Since its run began"),
        "horizon": number("Horizon", format="%d", help="Sessions of a label"),
    }
