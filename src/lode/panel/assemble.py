"""Panels from rows with knowledge times: what a snapshot is made of, and what a leak check rebuilds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal, TypedDict, Unpack

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lode import calendar
from lode.errors import DataError, UsageError
from lode.panel.adjust import Matrix, adj_close_factor, price_fields, typical_price
from lode.panel.events import knowledge_time_column, read_events
from lode.panel.fundamentals.fields import Timing
from lode.panel.fundamentals.grid import Axis
from lode.panel.join import AsOfJoin, static_codes
from lode.panel.membership import member_mask
from lode.panel.observed import NOTHING, Observations, currencies_of, observed_fields
from lode.panel.panel import Dividends, Knowledge, Panel, PanelMeta

_SIMULATED = re.compile(r"SIM[0-9A-F]{6}-\d+")
TRADED = ("open", "high", "low", "close", "volume", "vwap")
NO_ACTIONS = pl.DataFrame(
    schema={
        "instrument": pl.String,
        "ex_date": pl.Date,
        "kind": pl.String,
        "value": pl.Float64,
        "knowledge_time": pl.Datetime("us"),
    }
)


class Identity(TypedDict, total=False):
    """What a panel is called; see PanelMeta."""

    source: str
    universe: str
    exchange: str
    adjusted: bool
    label: str


@dataclass(frozen=True)
class Axes:
    """Names, sessions and columns of a panel; given where it is compared with another one.

    columns: columns of the bars that become fields, even where all their values are missing.
    """

    names: tuple[str, ...]
    sessions: NDArray[np.datetime64]
    columns: tuple[str, ...]
    dividends: Dividends

    @classmethod
    def of(cls, bars: pl.DataFrame, actions: pl.DataFrame, exchange: str, extra: Sequence[str]) -> Axes:
        """Names that occur, the exchange's sessions from the first to the last bar, columns that have a value."""
        days = bars["session"].unique().sort().to_numpy().astype("datetime64[D]")
        present = [name for name in (*TRADED, "adj_close", *extra) if name in bars.columns and _has_value(bars[name])]
        return cls(
            names=tuple(bars["instrument"].unique().sort()),
            sessions=calendar.sessions(exchange, days[0], days[-1]),
            columns=tuple(present),
            dividends="adj_close" if actions.is_empty() and "adj_close" in present else "actions",
        )


def build_panel(
    bars: pl.DataFrame,
    actions: pl.DataFrame | None = None,
    *,
    as_of: datetime,
    sectors: pl.DataFrame | None = None,
    axes: Axes | None = None,
    extra: Sequence[str] = (),
    observed: Observations = NOTHING,
    **identity: Unpack[Identity],
) -> Panel:
    """Panel of everything known by `as_of` (time zone required).

    bars: instrument, session, knowledge_time, close and any of open, high, low, volume, vwap, adj_close, backfilled;
        the versions of a row differ in knowledge_time.
    actions: instrument, ex_date, kind, value, knowledge_time (see events.py). Where there are none, the changes of
        adj_close / close are the dividends; `meta.dividends` says which it was.
    sectors: instrument, sector; static, and of absent knowledge. Where no name has one the group is in the panel,
        empty, and not among `Panel.present`.
    extra: columns of `bars` that become fields (numbers) or groups (text) of absent knowledge.
    observed: facts, texts and news that become fields as of their knowledge times (see panel/fundamentals), and the
        universe's members: outside of its spells a name is not tradable, while its fields stay.
    axes: default, see Axes.of. Rows outside of given axes are left out.
    Columns without any value are absent from the panel. Raises DataError for no bars, or bars of no session,
    UsageError for a time without a zone.
    """
    exchange, adjusted = identity.get("exchange", calendar.DEFAULT_EXCHANGE), identity.get("adjusted", False)
    bars, actions = _known(bars, as_of), _known(NO_ACTIONS if actions is None else actions, as_of)
    bars, axes = _checked(bars, actions, axes, exchange, extra)
    closes = calendar.close_time(exchange, axes.sessions)
    join = AsOfJoin.of(bars, axes.names, axes.sessions, closes)
    traded = {name: join.at_close(name) for name in TRADED if name in axes.columns}
    vwap = _complete_vwap(traded)
    price, split, label_price = _adjustments(join, actions, traded["close"], axes, closes, adjusted=adjusted)
    fields = price_fields(traded, price, split, adjusted=adjusted)
    timing: Timing = "assumed" if "backfilled" in bars.columns and bars["backfilled"].any() else "recorded"
    knowledge: dict[str, Knowledge] = dict.fromkeys(fields, timing)
    groups = {name: join.codes(name) for name in extra if name in axes.columns and bars.schema[name] == pl.String}
    fields |= {name: _number(join, name) for name in extra if name in axes.columns and name not in groups}
    if sectors is not None:
        groups["sector"] = static_codes(sectors, "sector", axes.names, len(axes.sessions))
    unknown: dict[str, Knowledge] = dict.fromkeys([*fields, *groups], "absent")
    told = observed_fields(
        observed.known_by(as_of),
        actions,
        Axis.of(exchange, axes.names, axes.sessions, closes),
        raw_close=fields.get("raw_close"),
        currencies=currencies_of(bars),
        price_timing=timing,
    )
    knowledge |= told.knowledge
    meta = PanelMeta(
        source=identity.get("source", ""),
        universe=identity.get("universe", ""),
        exchange=exchange,
        as_of=as_of.astimezone(UTC),
        adjusted=adjusted,
        knowledge={**unknown, **knowledge},
        label=identity.get("label") or own_label(axes.names),
        vwap=vwap,
        dividends=axes.dividends,
    )
    return Panel(
        sessions=axes.sessions,
        names=axes.names,
        fields=told.fields | fields,
        tradable=_tradable(traded["close"], observed.members, axes),
        label_price=label_price,
        meta=meta,
        groups={name: codes for name, (codes, _) in groups.items()},
        group_labels={name: labels for name, (_, labels) in groups.items()},
    )


def rebuild_panel(
    panel: Panel,
    bars: pl.DataFrame,
    actions: pl.DataFrame | None = None,
    *,
    cut: datetime,
    sectors: pl.DataFrame | None = None,
    observed: Observations = NOTHING,
) -> Panel:
    """Panel from the rows known by `cut`, with the names, fields and first session of `panel`; for leak checks.

    It ends with the last session of `panel` that had closed by `cut`. Its fields equal the first rows of `panel`'s bit
    for bit, unless something that was known later is in those. Fields and groups of absent knowledge that the rows do
    not have are taken over: they cannot be checked, which their knowledge says.
    Raises DataError where no session had closed by `cut`, and for rows that make no panel; UsageError for a cut without
    a time zone.
    """
    meta = panel.meta
    closes = calendar.close_time(meta.exchange, panel.sessions)
    closed = int(np.searchsorted(closes, np.datetime64(_utc(cut), "us"), side="right"))
    if not closed:
        raise DataError(f"no session of this panel had closed by {cut.isoformat()}: cut after {panel.sessions[0]}")
    extra = [name for name, known in meta.knowledge.items() if known == "absent" and name in bars.columns]
    columns = [name for name in TRADED if name in panel.fields and (name != "vwap" or meta.vwap != "typical price")]
    dividends = ["adj_close"] if meta.dividends == "adj_close" else []
    axes = Axes(panel.names, panel.sessions[:closed], (*columns, *dividends, *extra), meta.dividends)
    built = build_panel(
        bars,
        actions,
        as_of=cut,
        sectors=sectors,
        axes=axes,
        extra=extra,
        observed=observed,
        source=meta.source,
        universe=meta.universe,
        exchange=meta.exchange,
        adjusted=meta.adjusted,
        label=meta.label,
    )
    past, absent = panel.slice(0, closed), {name for name, known in meta.knowledge.items() if known == "absent"}
    taken = {
        name: values if name in absent else np.full_like(values, np.nan)
        for name, values in past.fields.items()
        if name not in built.fields
    }
    return replace(
        built,
        fields={**taken, **built.fields},
        groups={**past.groups, **built.groups},
        group_labels={**past.group_labels, **built.group_labels},
        meta=replace(built.meta, knowledge={**meta.knowledge, **built.meta.knowledge}),
    )


def own_label(names: tuple[str, ...]) -> str:
    """Return "simulated" where every name carries a simulated market's hash."""
    return "simulated" if names and all(_SIMULATED.fullmatch(name) for name in names) else ""


def _utc(moment: datetime) -> datetime:
    """UTC without a zone, as numpy and polars compare it."""
    if moment.tzinfo is None:
        raise UsageError(f"the time {moment.isoformat()} has no time zone; give one, e.g. datetime.now(UTC)")
    return moment.astimezone(UTC).replace(tzinfo=None)


def _known(rows: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Rows known by `as_of`."""
    return rows.with_columns(knowledge_time_column(rows)).filter(pl.col("knowledge_time") <= _utc(as_of))


def _checked(
    bars: pl.DataFrame, actions: pl.DataFrame, axes: Axes | None, exchange: str, extra: Sequence[str]
) -> tuple[pl.DataFrame, Axes]:
    """Bars inside of the axes, which are found where they are not given; DataError for bars of no session."""
    bars = bars.with_columns(pl.col("session").cast(pl.Date))
    if axes is not None:
        span = (axes.sessions[0].item(), axes.sessions[-1].item())
        bars = bars.filter(pl.col("session").is_between(*span) & pl.col("instrument").is_in(axes.names))
    elif bars.is_empty():
        raise DataError(
            "no bars: the source has none for these names and dates that were known by the as-of; import some"
        )
    days = bars["session"].unique().sort()
    wrong = days.filter(~pl.Series(calendar.is_session(exchange, days.to_numpy().astype("datetime64[D]"))))
    if len(wrong):
        raise DataError(
            f"bars on {len(wrong)} days that are no sessions of {exchange}, first {wrong[0]}; leave them out"
        )
    return bars, axes or Axes.of(bars, actions, exchange, extra)


def _has_value(column: pl.Series) -> bool:
    numeric = column.dtype.is_float()
    return bool((column.is_not_null() & (column.is_not_nan() if numeric else True)).any())


def _tradable(close: Matrix, members: pl.DataFrame | None, axes: Axes) -> NDArray[np.bool_]:
    """Where a close is known and the name is a member."""
    known = np.isfinite(close)
    return known if members is None else known & member_mask(members, axes.names, axes.sessions)


def _number(join: AsOfJoin, name: str) -> NDArray[np.float32]:
    return join.at_close(name).astype(np.float32)


def _adjustments(
    join: AsOfJoin,
    actions: pl.DataFrame,
    close: Matrix,
    axes: Axes,
    closes: NDArray[np.datetime64],
    *,
    adjusted: bool,
) -> tuple[Matrix | float, Matrix | float, Matrix]:
    """Factors of prices and of splits for the features, and the label price (T, N)."""
    final = join.by_as_of("close")
    if adjusted:
        return 1.0, 1.0, final
    events = read_events(actions, axes.names, axes.sessions, closes)
    price, split = events.factors(close, axes.names)
    total, _ = events.latest().factors(final, axes.names)
    if axes.dividends == "adj_close":
        with np.errstate(divide="ignore", invalid="ignore"):
            own = join.at_close("adj_close") / close
            after = join.at_next_close("adj_close") / join.at_next_close("close")
            quotient = join.by_as_of("adj_close") / final
        price, total = adj_close_factor(own, after), adj_close_factor(quotient, quotient)
    return price, split, final * total


def _complete_vwap(traded: dict[str, Matrix]) -> Literal["", "source", "typical price", "mixed"]:
    """Fill `vwap` by the typical price where the source gives none; tell what it is made of."""
    typical, given = typical_price(traded), traded.get("vwap")
    if typical is None:
        return "" if given is None else "source"
    if given is None:
        traded["vwap"] = typical
        return "typical price"
    filled = np.isnan(given) & np.isfinite(typical)
    traded["vwap"] = np.where(filled, typical, given)
    return "mixed" if filled.any() else "source"
