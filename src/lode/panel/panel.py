"""The panel: immutable arrays of (sessions, names), what they stand for and how far their timing is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from lode.errors import DataError, UsageError

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

    from lode.settings import Settings

Knowledge = Literal["recorded", "assumed", "absent"]
Dividends = Literal["actions", "adj_close"]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class PanelMeta:
    """Where a panel comes from; every entry can be written as JSON.

    knowledge: per field and group. "recorded": each row came with the time at which it was known; "assumed": it counts
        as known at its session's close; "absent": nothing tells, and a factor that uses it cannot be proven.
    adjusted: the prices were adjusted before they came, so that their levels carry what happened later.
    vwap: where that field comes from ("" when there is none); dividends: what told of them.
    label: shown on every page ("sample", "simulated", or "" for real data).
    """

    source: str
    universe: str
    exchange: str
    as_of: datetime
    adjusted: bool
    knowledge: Mapping[str, Knowledge]
    label: str = ""
    vwap: Literal["", "source", "typical price", "mixed"] = ""
    dividends: Dividends = "actions"

    def to_dict(self) -> dict[str, Any]:
        """JSON-able form; `as_of` in ISO 8601, UTC."""
        return {**asdict(self), "as_of": self.as_of.astimezone(UTC).isoformat()}

    @classmethod
    def from_dict(cls, entries: Mapping[str, Any]) -> PanelMeta:
        """Read what `to_dict` wrote."""
        return cls(**{**entries, "as_of": datetime.fromisoformat(entries["as_of"])})


@dataclass(frozen=True, eq=False)
class Panel:
    """Fields of T sessions and N names, as known at each session's close.

    sessions: (T,) datetime64[D], every session of the exchange between the first and the last, ascending.
    names: N instrument ids, sorted.
    fields: (T, N) float32, row-major, NaN where missing. Prices are forward-adjusted: nothing known later is in them.
    groups: (T, N) int32 codes into `group_labels`, -1 where missing.
    tradable: (T, N), a close is known that session and the name belongs to the universe in it.
    label_price: (T, N) float64, total-return price as known by `meta.as_of`; for labels only, never a field.
    bars: the rows that a panel of a user's own frame was made of, else None; a slice has none.
    All arrays are read-only. Raises DataError for arrays of another shape or type.
    """

    sessions: NDArray[np.datetime64]
    names: tuple[str, ...]
    fields: Mapping[str, Floats]
    tradable: NDArray[np.bool_]
    label_price: NDArray[np.float64]
    meta: PanelMeta
    groups: Mapping[str, NDArray[np.int32]] = field(default_factory=dict)
    group_labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    bars: pl.DataFrame | None = None

    def __post_init__(self) -> None:
        shape = (len(self.sessions), len(self.names))
        freeze = object.__setattr__
        freeze(self, "sessions", _sealed("sessions", self.sessions, shape[:1], "datetime64[D]"))
        freeze(self, "fields", {k: _sealed(k, v, shape, "float32") for k, v in self.fields.items()})
        freeze(self, "groups", {k: _sealed(k, v, shape, "int32") for k, v in self.groups.items()})
        freeze(self, "tradable", _sealed("tradable", self.tradable, shape, "bool"))
        freeze(self, "label_price", _sealed("label_price", self.label_price, shape, "float64"))

    def __repr__(self) -> str:
        span = f"{self.sessions[0]} to {self.sessions[-1]}" if len(self.sessions) else "no sessions"
        return f"Panel({len(self.sessions)} sessions × {len(self.names)} names, {span}, {self.meta.source!r})"

    @property
    def shape(self) -> tuple[int, int]:
        """Number of sessions and of names."""
        return len(self.sessions), len(self.names)

    @cached_property
    def present(self) -> frozenset[str]:
        """Names of the fields, and of the groups that any name belongs to: what a formula may use.

        A group to which nobody belongs, `sector` where no sectors are known, is in `groups` and not here.
        """
        held = (name for name, codes in self.groups.items() if self.group_labels.get(name) or (codes >= 0).any())
        return frozenset({*self.fields, *held})

    def group(self, name: str) -> NDArray[np.int32] | None:
        """Codes of a group, None where it is not present."""
        return self.groups[name] if name in self.groups and name in self.present else None

    @property
    def coverage(self) -> float:
        """Share of (session, name) cells with a close."""
        return float(self.tradable.mean()) if self.tradable.size else 0.0

    def slice(self, start: int, stop: int) -> Panel:
        """Rows start to stop (exclusive) as views; values are those of this panel, nothing is computed anew.

        Raises UsageError for rows that the panel does not have.
        """
        if not 0 <= start <= stop <= len(self.sessions):
            raise UsageError(f"rows {start} to {stop}: allowed are 0 ≤ start ≤ stop ≤ {len(self.sessions)}")
        rows = slice(start, stop)
        return replace(
            self,
            sessions=self.sessions[rows],
            fields={name: values[rows] for name, values in self.fields.items()},
            groups={name: codes[rows] for name, codes in self.groups.items()},
            tradable=self.tradable[rows],
            label_price=self.label_price[rows],
            bars=None,
        )

    @classmethod
    def from_frame(
        cls, frame: pl.DataFrame | pd.DataFrame, *, adjusted: bool = False, label: str = "", exchange: str = "XNYS"
    ) -> Panel:
        """Panel of a bars frame: symbol, date, close and, where there are, the other columns of a bars file.

        They may be in capitals, and called as in files: Ticker, Date. Several columns for one of them are a DataError.
        `knowledge_time` says when a row was known (without a time zone: UTC); without the column a row counts as known
        at its session's close. Any other column becomes a field (numbers) or a group (text) with absent knowledge.
        Raises DataError with the count of every kind of bad row; nothing is repaired or dropped.
        """
        from lode.panel.frames import panel_from_frame  # noqa: PLC0415  it builds Panels, and so needs this module

        return panel_from_frame(frame, adjusted=adjusted, label=label, exchange=exchange)

    @classmethod
    def from_snapshot(cls, snapshot: str, settings: Settings | None = None) -> Panel:
        """Panel that was saved under the id `snapshot`, memory-mapped; NotFoundError where there is none."""
        from lode.lake import open_lake  # noqa: PLC0415  panels of frames need no lake
        from lode.panel.snapshot import load_snapshot  # noqa: PLC0415  it builds Panels, and so needs this module
        from lode.settings import load_settings  # noqa: PLC0415  panels of frames need no settings

        settings = settings or load_settings()
        return load_snapshot(snapshot, open_lake(settings), settings.cache)


def _sealed(name: str, values: NDArray[Any], shape: tuple[int, ...], dtype: str) -> NDArray[Any]:
    """Read-only view of `values`, checked; the caller's own array stays as it is."""
    if values.shape != shape or values.dtype != np.dtype(dtype) or not values.flags.c_contiguous:
        raise DataError(
            f"{name} is {values.dtype} {values.shape}{'' if values.flags.c_contiguous else ', not row-major'}; "
            f"this panel needs {dtype} {shape}, row-major"
        )
    view = values.view()
    view.flags.writeable = False
    return view
