"""The parts of a sheet that are pictures, each with its tables below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import altair as alt
import polars as pl
import streamlit as st

from lode.app import book_frames, charts
from lode.app import sheet_frames as frames
from lode.app.pictures import UNFILLED_QUANTILES, picture, picture_of
from lode.app.series import ROLLING_SESSIONS
from lode.app.views import sheet_tables as of_tables
from lode.evaluation.portfolio import SESSIONS_A_YEAR

_SHOWN_NAMES = 12
_T_SIZES = 24


@dataclass(frozen=True, eq=False)
class Drawn:
    """A sheet's record, and its sessions as `sheet_frames.sessions_of` gives them."""

    record: dict[str, Any]
    days: pl.DataFrame

    @property
    def sheet(self) -> dict[str, Any]:
        """The object of `lode evaluate --json`."""
        sheet: dict[str, Any] = self.record["sheet"]
        return sheet


def rank_ic(drawn: Drawn) -> None:
    """Prediction: how the values and the returns after them agree, session by session and by horizon."""
    signed = "rank IC" if drawn.record["direction"] > 0 else "rank IC × −1"
    days = frames.rank_ic_days(drawn.days)
    picture(charts.daily_rank_ic(days, signed=signed))
    left, right = st.columns(2)
    with left:
        picture(charts.cumulative_rank_ic(days, signed=signed))
        bins = frames.histogram(days["rank_ic"])
        picture(charts.distribution(bins, "Distribution", "of the daily rank IC; line: the normal law", axis=signed))
    with right:
        picture(_decay(drawn))
        picture(charts.quantile_quantile(frames.normal_quantiles(days["rank_ic"]), "Daily rank IC, QQ"))
    months = frames.months_of(days, "rank_ic", how="mean")
    about = "mean daily rank IC in hundredths; blue above zero"
    picture(charts.month_colors(months, "Rank IC by month", about, form=".1f", scale=100))
    of_tables.by_split(drawn.record)
    of_tables.horizons(drawn.sheet)


def returns(drawn: Drawn) -> None:
    """What the quantiles earned, and the top one over the bottom one, before and after cost."""
    count = drawn.sheet["quantiles"]["count"]
    left, right = st.columns(2)
    with left:
        _quantile_means(drawn)
    with right:
        picture(charts.quantile_boxes(frames.quantile_boxes(drawn.days)))
    columns = [f"q{place + 1}" for place in range(count)]
    summed = frames.quantile_days(drawn.days)
    picture(
        charts.lines_over_time(
            summed,
            columns,
            "Cumulative return by quantile",
            "%, summed daily, less the mean of all quantiles",
            axis="%",
            form=".1f",
            colors=charts.ordered_colors(count),
        )
    )
    _spreads(drawn)
    of_tables.quantile_means(drawn.sheet)
    of_tables.spreads(drawn.sheet)


def _spreads(drawn: Drawn) -> None:
    columns, band = ["before cost", "after cost"], ("low", "high")
    left, right = st.columns(2)
    with left:
        summed = frames.spread_days(drawn.days)
        about = "%, summed; shaded: 95 % of independent sessions"
        picture(
            charts.lines_over_time(
                summed, columns, "Top less bottom, cumulative", about, axis="%", form=".1f", band=band
            )
        )
    with right:
        rolling = frames.rolling_spread_days(drawn.days)
        about = f"basis points, mean of {ROLLING_SESSIONS} sessions; shaded: 95 %"
        picture(
            charts.lines_over_time(
                rolling, columns, "Top less bottom, a session", about, axis="basis points", form=".1f", band=band
            )
        )
    months = frames.months_of(drawn.days, "spread", how="sum")
    picture(charts.month_colors(months, "Top less bottom by month", "%, summed, before cost", form=".1f", scale=100))


def book(drawn: Drawn) -> None:
    """Books that trade the factor: what they earned, and how far they fell."""
    names = ["BRAIN", "BRAIN after cost", "long-short", "long-only less market"]
    days, ratios = frames.book_days(drawn.days), frames.rolling_sharpe(drawn.days)
    about = "%, summed daily returns of constant size"
    picture(charts.lines_over_time(days, names, "What the books earned", about, axis="%", form=".1f"))
    both = ["before cost", "after cost"]
    left, right = st.columns(2)
    with left:
        falls = frames.drawdown_days(drawn.days)
        about = "%, below the height so far, BRAIN book"
        picture(charts.lines_over_time(falls, both, "Drawdown", about, axis="%", form=".1f"))
    with right:
        about = f"a year, last {SESSIONS_A_YEAR} sessions, BRAIN book"
        picture(charts.lines_over_time(ratios, both, "Rolling Sharpe ratio", about, axis="Sharpe", form=".2f"))
    _risk(drawn)
    months = frames.months_of(drawn.days, "brain_net", how="sum")
    about = "%, summed, BRAIN book after cost"
    picture(charts.month_colors(months, "Return by month", about, form=".1f", scale=100))
    left, right = st.columns(2)
    with left:
        bins, about = frames.histogram(months["value"] * 100, bins=25), "%, BRAIN book after cost; line: normal law"
        picture(charts.distribution(bins, "Monthly returns", about, axis="%", form=".1f", of="months"))
    with right:
        picture(_yearly(months))
    of_tables.books(drawn.sheet)
    of_tables.risk(book_frames.risk_of_books(drawn.days))
    of_tables.years(drawn.sheet)
    of_tables.drawdowns(frames.worst_drawdowns(drawn.days))
    of_tables.costs(drawn.sheet)


def _risk(drawn: Drawn) -> None:
    rolling, of = book_frames.rolling_risk(drawn.days), ("BRAIN", "long-only")
    left, right = st.columns(2)
    for column, figure, title, axis in (
        (left, "volatility", "Rolling volatility", "%"),
        (right, "beta", "Rolling beta on the market", "beta"),
    ):
        shown = rolling.select("session", "split", *(pl.col(f"{book} {figure}").alias(book) for book in of))
        unit = "% a year" if axis == "%" else "mean of all names"
        with column:
            about = f"{unit}, last {SESSIONS_A_YEAR} sessions, before cost"
            picture(charts.lines_over_time(shown, list(of), title, about, axis=axis, form=".2f"))


def turnover(drawn: Drawn) -> None:
    """How fast the ranking changes."""
    rolling = frames.rolling_days(drawn.days, "turnover", "autocorrelation")
    about = f"share of names new in the outer quantiles, mean of {ROLLING_SESSIONS}"
    picture(charts.lines_over_time(rolling, ["turnover"], "Turnover per session", about, axis="share", form=".1%"))
    about = f"ranks with those of the session before, mean of {ROLLING_SESSIONS}"
    picture(charts.lines_over_time(rolling, ["autocorrelation"], "Rank autocorrelation", about, axis="correlation"))
    of_tables.speed(drawn.sheet)


def exposures(drawn: Drawn) -> None:
    """What the factor is of what is known: styles, sectors, market factors, the library."""
    found = drawn.sheet["exposures"]
    rows = pl.DataFrame(
        {"at": [name.replace("_", " ") for name in found], "mean": list(found.values())},
        schema={"at": pl.String, "mean": pl.Float64},
    ).drop_nulls()
    if rows.height:
        about = "mean daily rank correlation; sector: share of variance"
        picture(charts.centred_bars(rows, "Exposures", about))
    else:
        st.text("No style can be made of this panel's fields.")
    of_tables.market_factors(drawn.sheet)
    of_tables.alike(drawn.sheet)


def names(drawn: Drawn) -> None:
    """Each name's return on the high-minus-low portfolio of the other names."""
    rows = of_tables.name_rows(drawn.sheet)
    known = rows.drop_nulls(["beta", "low", "high"]).sort("beta", descending=True)
    if known.is_empty():
        st.text("No name has enough sessions for a regression on high minus low.")
        return
    few = known.height <= 2 * _SHOWN_NAMES
    ends = known if few else pl.concat([known.head(_SHOWN_NAMES), known.tail(_SHOWN_NAMES)])
    left, right = st.columns(2)
    with left:
        which = "all names" if few else f"the {_SHOWN_NAMES} highest and lowest of {known.height:,} names"
        picture(charts.betas(ends, "Betas on high minus low", f"{which}; line: 95 % interval"))
    with right:
        bins = frames.histogram(rows["t"], bins=_T_SIZES)
        about = "names by the t of their beta; line: the normal law"
        picture(charts.distribution(bins, "t of the betas", about, axis="t", form=".1f", of="names"))
    of_tables.names(rows, drawn.sheet)


def _decay(drawn: Drawn) -> alt.LayerChart:
    found = of_tables.by_horizon(drawn.sheet)
    rows = pl.DataFrame(
        [{"at": str(at), "mean": h["rank_ic"], "low": h["interval"][0], "high": h["interval"][1]} for at, h in found],
        schema={"at": pl.String} | dict.fromkeys(("mean", "low", "high"), pl.Float64),
    )
    about = "mean rank IC by horizon; line: 95 %, overlap allowed for"
    return charts.bars_with_intervals(rows, "Decay", about, by="sessions held", axis="rank IC")


def _quantile_means(drawn: Drawn) -> None:
    rows = pl.DataFrame(
        [{"at": str(place)} | each for place, each in enumerate(drawn.record["quantile_excess"], 1)],
        schema={"at": pl.String} | dict.fromkeys(("mean", "low", "high"), pl.Float64),
    ).with_columns(pl.col("mean", "low", "high") * 1e4)
    about = "basis points a session, less the mean of all; line: 95 %"
    bars = charts.bars_with_intervals(
        rows, "Mean return by quantile", about, by="quantile; the bet is on the highest", axis="bp", form=".1f"
    )
    picture_of(rows["mean"], bars, missing=UNFILLED_QUANTILES)


def _yearly(months: pl.DataFrame) -> alt.LayerChart:
    rows = months.group_by("year", maintain_order=True).agg(pl.col("value").sum() * 100).select(
        pl.col("year").cast(pl.String).alias("at"),
        pl.col("value").alias("mean"),
        *(pl.lit(None, dtype=pl.Float64).alias(name) for name in ("low", "high")),
    )  # fmt: skip
    about = "%, summed, BRAIN book after cost"
    return charts.bars_with_intervals(rows, "Return by year", about, by="year", axis="%", form=".1f")
