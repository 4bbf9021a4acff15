"""The tables of a sheet."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING, Any

import polars as pl
import streamlit as st

if TYPE_CHECKING:
    from lode.app.views.sheet_pictures import Drawn

_MOST_ALIKE, _MOST_QUANTILES = 10, 20
_BOOKS = {"brain": "BRAIN", "long_short": "long-short", "long_only": "long-only"}
_OUTCOMES = {"passed": "✔ passed", "failed": "✘ failed", "undefined": "– undefined"}
_VERDICTS = {
    "psr": "PSR: probability that the book's true Sharpe ratio is above zero",
    "track_record_sessions": "Sessions after which PSR is 95 %",
    "trials": "Trials on this vault",
    "dsr": "DSR: the same of the rank IC, above the best of as many trials without skill",
    "pbo": "PBO among the known factors",
    "spa_p": "SPA p: not better than the best known factor",
}
_LABELS: dict[str, tuple[str, str]] = {
    "mean": ("Mean", "%.4f"), "std": ("Deviation", "%.4f"), "icir": ("ICIR", "%.3f"), "t_nw": ("t", "%.2f"),
    "skew": ("Skew", "%.2f"), "kurtosis": ("Kurtosis", "%.2f"), "positive": ("Above zero", "percent"),
    "sessions": ("Sessions", "localized"), "horizon": ("Horizon", "%d"), "rank_ic": ("Rank IC", "%.4f"),
    "low": ("95 % from", "%.4f"), "high": ("to", "%.4f"), "ic": ("IC", "%.4f"), "ic_t_nw": ("t of IC", "%.2f"),
    "spread": ("Spread", "%.5f"), "spread_t_nw": ("t of spread", "%.2f"), "spread_t_hh": ("t, Hansen-Hodrick", "%.2f"),
    "sharpe": ("Sharpe", "%.2f"), "net_sharpe": ("Net Sharpe", "%.2f"), "return": ("Return", "percent"),
    "net_return": ("Net return", "percent"), "volatility": ("Volatility", "percent"),
    "turnover": ("Turnover", "percent"), "drawdown": ("Drawdown", "percent"), "fitness": ("Fitness", "%.2f"),
    "margin_bps": ("Margin, bp", "%.1f"), "names": ("Names", "%.0f"), "largest": ("Largest weight", "percent"),
    "year": ("Year", "%d"), "depth": ("Depth", "percent"), "beta": ("Beta", "%.3f"), "t": ("t", "%.2f"),
    "p": ("p", "%.2g"), "alpha": ("Alpha", "%.6f"), "r_squared": ("R²", "%.3f"), "coefficient": ("Coefficient", "%.5f"),
    "values": ("Of values", "%.3f"), "returns": ("Of returns", "%.3f"), "value": ("Value", "%.4g"),
    "sortino": ("Sortino", "%.2f"), "calmar": ("Calmar", "%.2f"), "var_95": ("VaR 95 %", "percent"),
    "shortfall_95": ("Shortfall", "percent"), "best": ("Best session", "percent"),
    "worst": ("Worst session", "percent"), "win": ("Sessions won", "percent"),
    "correlation": ("Correlation", "%.3f"), "alpha_a_year": ("Alpha a year", "percent"),
    "drawdown_sessions": ("Sessions down", "localized"),
    "recovery_sessions": ("Sessions up", "localized"),
}  # fmt: skip
_TEXTS = {
    "split": "Split", "book": "Book", "name": "Name", "gate": "Gate", "outcome": "Outcome", "side": "Has to be",
    "note": "Note", "what": "What", "amount": "Amount", "first_session": "From", "lowest": "Lowest", "until": "Until",
}  # fmt: skip
_HORIZON = ("rank_ic", "t_nw", "low", "high", "icir", "ic", "ic_t_nw", "sessions")
_SHAPE = ("split", "mean", "t_nw", "std", "icir", "skew", "kurtosis", "positive", "sessions")
_YEAR = ("year", "sessions", "rank_ic", "return", "sharpe", "net_sharpe", "turnover", "drawdown")
_BOOK = (
    *("sharpe", "net_sharpe", "return", "net_return", "volatility", "turnover", "drawdown", "drawdown_sessions"),
    *("recovery_sessions", "fitness", "margin_bps", "names", "largest"),
)
_NAME = ("name", "beta", "t", "p", "low", "high", "alpha", "r_squared", "sessions")


def by_horizon(sheet: dict[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    """Figures by horizon in sessions, ascending: a record's keys are in the order of their text."""
    return sorted((int(at), found) for at, found in sheet["horizons"].items())


def by_split(record: dict[str, Any]) -> None:
    """Moments of the daily rank IC, over all sessions and by split."""
    _table(pl.DataFrame(record["rank_ic"], infer_schema_length=None).select(_SHAPE), "Daily rank IC by split")


def horizons(sheet: dict[str, Any]) -> None:
    """Rank IC and IC by horizon."""
    rows = [_horizon(at, found, "interval") for at, found in by_horizon(sheet)]
    _table(pl.DataFrame(rows, infer_schema_length=None).select("horizon", *_HORIZON), "By sessions held")


def spreads(sheet: dict[str, Any]) -> None:
    """Top less bottom quantile by horizon, before cost."""
    columns = ("horizon", "spread", "spread_t_nw", "low", "high", "spread_t_hh")
    rows = [_horizon(at, found, "spread_interval") for at, found in by_horizon(sheet)]
    _table(pl.DataFrame(rows, infer_schema_length=None).select(columns), "Top less bottom by sessions held")
    quantiles = sheet["quantiles"]
    st.caption(
        f"After cost, at the sheet's horizon: {_shown(quantiles['net_spread'], '.5f')}, "
        f"t {_shown(quantiles['net_spread_t_nw'], '.2f')}. Fama-MacBeth: t {_shown(sheet['fama_macbeth']['t'], '.2f')}."
    )


def quantile_means(sheet: dict[str, Any]) -> None:
    """Mean return of each quantile by horizon, less the mean of all; sheets of earlier code have none."""
    found = [(at, each["mean_return"]) for at, each in by_horizon(sheet) if None not in each.get("mean_return", [None])]
    if not found or len(found[0][1]) > _MOST_QUANTILES:
        return
    rows = [
        {"horizon": at, **{f"q{n}": 1e4 * (each - fmean(means)) / at for n, each in enumerate(means, 1)}}
        for at, means in found
    ]
    _table(pl.DataFrame(rows, infer_schema_length=None), "Mean return of the quantiles by sessions held")
    st.caption("Basis points a session, less the mean of all quantiles; q1 is the lowest.")


def books(sheet: dict[str, Any]) -> None:
    """Figures of the books."""
    rows = [{"book": shown} | sheet["books"][name] for name, shown in _BOOKS.items() if name in sheet["books"]]
    _table(pl.DataFrame(rows, infer_schema_length=None).select("book", *_BOOK), "Books, returns a year")


def risk(rows: pl.DataFrame) -> None:
    """Risk of the books' daily returns."""
    if rows.height:
        _table(rows, "Risk of the books, daily returns")
        st.caption(
            "VaR: the loss that one session in twenty reaches; shortfall: the mean of those. Beta, correlation and "
            "alpha a year are on the mean return of all names."
        )


def years(sheet: dict[str, Any]) -> None:
    """Year by year, BRAIN book."""
    _table(pl.DataFrame(sheet["years"], infer_schema_length=None).select(_YEAR), "Years, BRAIN book")


def drawdowns(rows: pl.DataFrame) -> None:
    """Deepest drawdowns of the BRAIN book after cost."""
    if rows.height:
        _table(rows, "Deepest drawdowns, BRAIN book after cost")


def costs(sheet: dict[str, Any]) -> None:
    """What trading the BRAIN book costs a year, and the capital that it carries."""
    found = sheet["costs"]
    money = ("capital", "capacity", "gross_capacity")
    shown = {
        "fees a year": _percent(found["fees"]),
        "half the spread a year": _percent(found["spread"]),
        "impact a year": _percent(found["impact"]),
        "half spread, basis points": _shown(found["half_spread_bps"], ".1f"),
        "return after them": _percent(found["net_return"]),
        "Sharpe after them": _shown(found["net_sharpe"], ".2f"),
    } | {name.replace("_", " "): _money(found[name]) for name in money}
    _table(pl.DataFrame({"what": list(shown), "amount": list(shown.values())}), "Costs a year, BRAIN book")


def speed(sheet: dict[str, Any]) -> None:
    """Turnover, autocorrelation and half-life in a line."""
    st.text(
        f"Mean turnover {_percent(sheet['turnover'])} a session, rank autocorrelation "
        f"{_shown(sheet['rank_autocorrelation'], '.3f')}, half-life "
        f"{_shown(sheet['half_life_sessions'], '.1f')} sessions."
    )


def market_factors(sheet: dict[str, Any]) -> None:
    """Long-short book on published market factors, where they were compared."""
    found = sheet["market_factors"]
    if found is None:
        st.text("Not compared with published market factors: none were collected for these sessions.")
        return
    rows = [{"what": "alpha a session", "coefficient": found["alpha"], "t": found["t"]}]
    rows += [{"what": n, "coefficient": beta, "t": found["beta_t"][n]} for n, beta in found["betas"].items()]
    _table(pl.DataFrame(rows, infer_schema_length=None), "Long-short book on market factors")


def alike(sheet: dict[str, Any]) -> None:
    """Known factors that are most alike, where the sheet was compared with any."""
    for kind, title in (("library", "Most alike in the library"), ("pool", "Most alike among the proven")):
        if sheet[kind]:
            _table(pl.DataFrame(sheet[kind][:_MOST_ALIKE], infer_schema_length=None), title)


def name_rows(sheet: dict[str, Any]) -> pl.DataFrame:
    """One row per name: name, beta, t, p, low, high, alpha, r_squared, sessions."""
    rows = [each | {"low": each["interval"][0], "high": each["interval"][1]} for each in sheet["per_name"]["names"]]
    schema: dict[str, Any] = {"name": pl.String, **dict.fromkeys(_NAME[1:], pl.Float64)}
    return pl.DataFrame([{name: row[name] for name in _NAME} for row in rows], schema=schema)


def names(rows: pl.DataFrame, sheet: dict[str, Any]) -> None:
    """Every name's regression."""
    per_name = sheet["per_name"]
    st.text(
        f"Mean beta {_shown(per_name['mean_beta'], '.3f')}; {_percent(per_name['share_significant'])} of the names "
        "have a p at or below .05. Each name faces the portfolio of the others."
    )
    _table(rows.sort("beta", descending=True, nulls_last=True), "Names on high minus low", height=320)


def gates(drawn: Drawn) -> None:
    """Gates of the book in BRAIN's manner, and what the figures are worth beside the other trials."""
    sheet = drawn.sheet
    rows = [
        {"outcome": _OUTCOMES.get(gate["outcome"], gate["outcome"]), "gate": gate["name"], "value": gate["value"],
         "side": f"{gate['side']} {_shown(gate['limit'], '.3g')}", "note": gate["note"]}
        for gate in sheet["gates"]
    ]  # fmt: skip
    _table(pl.DataFrame(rows, infer_schema_length=None), "Gates of the BRAIN book")
    st.caption("These limits are WorldQuant BRAIN's before it takes an alpha. They decide nothing here.")
    if sheet["verdicts"]:
        told = {"value": list(sheet["verdicts"].values()), "what": [_VERDICTS.get(n, n) for n in sheet["verdicts"]]}
        schema: dict[str, Any] = {"value": pl.Float64, "what": pl.String}
        _table(pl.DataFrame(told, schema=schema).drop_nulls(), "Beside the other trials")
    st.text(f"Leak check: {sheet['leak_check']}.")


def _horizon(at: int, found: dict[str, Any], interval: str) -> dict[str, Any]:
    low, high = found[interval]
    return {"horizon": at, **found, "low": low, "high": high}


def _table(rows: pl.DataFrame, title: str, *, height: int | None = None) -> None:
    st.subheader(title, anchor=False)
    size: Any = {} if height is None else {"height": height}
    st.dataframe(rows, column_config=_columns(rows), hide_index=True, placeholder="–", alt=title, **size)


def _columns(rows: pl.DataFrame) -> dict[str, Any]:
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    shown: dict[str, Any] = {n: number(*_LABELS[n][:1], format=_LABELS[n][1]) for n in rows.columns if n in _LABELS}
    shown |= {n: number(n, format="%.2f") for n in rows.columns if n[0] == "q" and n[1:].isdigit()}
    dates = {"first_session", "lowest", "until"} & set(rows.columns)
    shown |= {n: text(_TEXTS[n]) for n in rows.columns if n in _TEXTS and n not in dates}
    return shown | {n: st.column_config.DateColumn(_TEXTS[n], format="YYYY-MM-DD") for n in dates}


def _shown(value: float | None, form: str) -> str:
    return "–" if value is None else f"{value:{form}}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


def _money(value: float | None) -> str:
    return "–" if value is None else f"{value / 1e6:,.3g} million" if value < 1e9 else f"{value / 1e9:,.3g} billion"
