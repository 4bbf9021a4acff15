"""`lode update`: what is new is collected, and its sessions are added to every proven factor.

Only the new sessions and how far back they look are computed. What is stored stays: prices are forward-adjusted, so
that later events do not change earlier values, and where a row was restated since, the value is what was known then.

A run's update is marked in the lake when all its rows are written; one that was killed before is done again, to the
same rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lode.engine import Blocks, Scorer
from lode.errors import LodeError, NotFoundError
from lode.evaluation import forward_returns
from lode.evaluation.labels import check_timing
from lode.language import Expr, parse
from lode.log import get_logger
from lode.panel import Panel, load_snapshot
from lode.warehouse.stores.factors import record_series, record_values
from lode.warehouse.stores.proven import last_session, read_proven
from lode.warehouse.stores.snapshots import read_snapshot
from lode.workflow.collecting import YAHOO, collect, validate
from lode.workflow.context import Context, Event
from lode.workflow.freezing import Selection, freeze
from lode.workflow.plan import Plan, load_plan
from lode.workflow.publishing import series_frame, values_frame
from lode.workflow.scoring import neutralized
from lode.workflow.vaults import in_closed_vault

LIVE = "live"  # the split of sessions that came after a run
_ROWS_AT_ONCE = 500_000


@dataclass(frozen=True)
class Mark:
    """How far a run's factors are stored: values to `through`, daily series to `labelled`, from `snapshot`."""

    through: date
    labelled: date
    snapshot: str


@dataclass(frozen=True)
class RunUpdate:
    """What an update did for a run. restated: per field, cells looked at that are known otherwise by now."""

    run: str
    source: str
    universe: str
    factors: int
    snapshot: str
    since: date
    through: date
    sessions: int = 0
    values: int = 0
    series: int = 0
    restated: Mapping[str, int] = field(default_factory=dict)
    message: str = ""

    def to_event(self) -> Event:
        """Return the update as JSON holds it."""
        return asdict(self) | {"since": self.since.isoformat(), "through": self.through.isoformat()}


@dataclass(frozen=True)
class _Factor:
    """A proven factor of a run; `stores` where its values are this run's to store (the newest that proved it)."""

    factor: str
    direction: int
    expression: Expr
    stores: bool


@dataclass(frozen=True)
class _Run:
    """A run with proven factors, its plan, and how far they are stored."""

    plan: Plan
    mark: Mark
    factors: Sequence[_Factor]


def update(context: Context) -> list[RunUpdate]:
    """Bring every proven factor up to the last session that is to be had; safe to do again, and to be killed.

    Runs of the same rows share a panel. A source that fails does not keep the others from being brought up; its error
    is raised at the end.
    """
    done: list[RunUpdate] = []
    failed: list[LodeError] = []
    for runs in _by_selection(context).values():
        try:
            done += _update_together(context, runs)
        except LodeError as error:
            get_logger("update").error("failed", source=runs[0].plan.source, reason=str(error))
            failed.append(error)
    if failed:
        raise failed[0]
    return done


def _by_selection(context: Context) -> dict[str, list[_Run]]:
    """Runs with proven factors, those of the same source, universe and start together."""
    found: dict[str, list[_Run]] = {}
    for run in _runs(context):
        selection = _selection(context, run.plan)
        found.setdefault(f"{selection.source} {selection.universe} {selection.start}", []).append(run)
    return found


def _runs(context: Context) -> Iterator[_Run]:
    proven = read_proven(context.warehouse)
    stored: set[str] = set()
    for run in proven["run"].unique(maintain_order=True):
        rows = proven.filter(pl.col("run") == run)
        try:
            plan = load_plan(context, run)
        except NotFoundError:
            get_logger("update").warning("a run's plan is not in this lake; its factors stay as they are", run=run)
            continue
        factors = [
            _Factor(row["factor"], row["direction"], neutralized(parse(row["expression"]), plan.options), new)
            for row in rows.iter_rows(named=True)
            for new in [row["factor"] not in stored]
        ]
        stored |= set(rows["factor"])
        yield _Run(plan, _mark(context, plan), factors)


def _selection(context: Context, plan: Plan) -> Selection:
    return Selection.from_event(read_snapshot(context.warehouse, plan.snapshot).details["selection"])


def _mark(context: Context, plan: Plan) -> Mark:
    """Return the last mark of a run; what the run itself stored where there is none."""
    keys = sorted(context.lake.list(f"updates/{plan.run}/"))
    if keys:
        content = context.load(keys[-1])
        through, labelled = (date.fromisoformat(content[name]) for name in ("through", "labelled"))
        return Mark(through, labelled, content["snapshot"])
    vault = plan.splits.vault
    return Mark(plan.vault_last, plan.vault_sessions[vault.stop - vault.start - 1], plan.snapshot)


def _update_together(context: Context, runs: Sequence[_Run]) -> list[RunUpdate]:
    plan = runs[0].plan
    selection, note = _collected(context, _selection(context, plan))
    last = last_session(context.warehouse, plan.source)
    behind = [run for run in runs if last is not None and run.mark.through < last]
    still = [_nothing(run, note) for run in runs if run not in behind]
    if not behind:
        return still
    record = freeze(context, selection, context.clock())
    panel = load_snapshot(record.snapshot, context.lake, context.settings.cache)
    return [*still, *(_Addition(context, panel, record.snapshot, run).add(note) for run in behind)]


def _collected(context: Context, selection: Selection) -> tuple[Selection, str]:
    """Bring in what is new of a selection; return it without an end, and what a reader should know."""
    outside = selection.source == YAHOO
    request = {
        "source": selection.source,
        "universe": selection.universe,
        "start": selection.start.isoformat() if selection.start else None,
        "stored": not outside,
    }
    event = collect(validate(request, context), context)
    found = replace(Selection.from_event(event["selection"]), label=selection.label)
    if outside:
        return found, f"{event.get('rows', 0)} rows collected from {selection.source}"
    return found, f"source {selection.source} is stored here: nothing to collect; `lode import bars` adds to it"


def _nothing(run: _Run, note: str) -> RunUpdate:
    plan, mark = run.plan, run.mark
    message = f"nothing new: values reach {mark.through}; {note}"
    return RunUpdate(
        plan.run,
        plan.source,
        plan.universe,
        len(run.factors),
        mark.snapshot,
        mark.through,
        mark.through,
        message=message,
    )


class _Addition:
    """The sessions that a panel has beyond what is stored of a run's factors."""

    def __init__(self, context: Context, panel: Panel, snapshot: str, run: _Run) -> None:
        self.context, self.panel, self.snapshot, self.run = context, panel, snapshot, run
        options = run.plan.options
        check_timing(options.horizon, options.delay)
        self.new = self._row_after(run.mark.through)
        self.unscored = self._row_after(run.mark.labelled)
        self.scored_stop = self._scored_stop(len(panel.sessions) - options.delay - options.horizon)

    def _scored_stop(self, labelled: int) -> int:
        """The row up to which scores are known, and may be: a vault that is not opened yet keeps its sessions."""
        closed = np.flatnonzero(in_closed_vault(self.context, self.panel)[self.unscored :])
        shut = self.unscored + int(closed[0]) if len(closed) else labelled
        return max(self.unscored, min(labelled, shut))

    def add(self, note: str) -> RunUpdate:
        """Write the new values and series, then the mark."""
        run, panel = self.run, self.panel
        plan, mark = run.plan, run.mark
        if self.new == len(panel.sessions):
            return _nothing(run, note)
        values, series = self._write()
        through = panel.sessions[-1].item()
        labelled = panel.sessions[self.scored_stop - 1].item()
        content = {"through": through.isoformat(), "labelled": labelled.isoformat(), "snapshot": self.snapshot}
        self.context.keep(f"updates/{plan.run}/{through.isoformat()}.json", content)
        return RunUpdate(
            plan.run,
            plan.source,
            plan.universe,
            len(run.factors),
            self.snapshot,
            mark.through,
            through,
            sessions=len(panel.sessions) - self.new,
            values=values,
            series=series,
            restated=self._restated(),
            message=note,
        )

    def _row_after(self, day: date) -> int:
        return int(np.searchsorted(self.panel.sessions, np.datetime64(day), side="right"))

    def _blocks(self, rows: slice) -> Blocks:
        panel = self.panel
        exprs = [factor.expression for factor in self.run.factors]
        memory = self.context.settings.memory_bytes
        return Blocks(exprs, panel.fields, panel.groups, mask=panel.tradable, rows=rows, memory=memory)

    def _write(self) -> tuple[int, int]:
        first, stop = min(self.new, self.unscored), len(self.panel.sessions)
        height = self._blocks(slice(max(first - 1, 0), stop)).height
        waiting, counts = _Waiting(self.context), np.zeros(2, int)
        for start in range(first, stop, height):
            counts += self._write_part(slice(start, min(start + height, stop)), waiting)
        waiting.write()
        return int(counts[0]), int(counts[1])

    def _write_part(self, part: slice, waiting: _Waiting) -> tuple[int, int]:
        """Add the rows of some sessions; the session before them is computed too, since turnover compares with it."""
        begin = max(part.start - 1, 0)
        options, panel = self.run.plan.options, self.panel
        reach = panel.label_price[begin:]
        forward = forward_returns(reach, horizon=options.horizon, delay=options.delay)[: part.stop - begin]
        scored = slice(max(part.start, self.unscored) - begin, max(min(part.stop, self.scored_stop) - begin, 0))
        scorer = Scorer(forward, rows=scored, min_names=options.min_names)
        counted = [0, 0]
        (block,) = self._blocks(slice(begin, part.stop))
        for factor, values in zip(self.run.factors, block.values, strict=True):
            new = max(self.new, part.start) - begin
            if factor.stores and new < len(values):
                sessions = panel.slice(begin + new, part.stop)
                at = self.context.clock()
                counted[0] += waiting.add_values(
                    values_frame(factor.factor, sessions, values[new:], snapshot=self.snapshot, at=at)
                )
            if scored.start < scored.stop:
                counted[1] += waiting.add_series(
                    series_frame(
                        {"factor": factor.factor, "run": self.run.plan.run, "horizon": options.horizon},
                        panel.sessions[begin : part.stop],
                        np.where(_within(scored, len(values)), LIVE, "").astype(object),
                        values,
                        scorer=scorer,
                        forward=forward,
                        direction=factor.direction,
                    )
                )
        return counted[0], counted[1]

    def _restated(self) -> dict[str, int]:
        """Cells of the sessions looked back to, that the snapshot which the stored values are of has otherwise."""
        before = load_snapshot(self.run.mark.snapshot, self.context.lake, self.context.settings.cache)
        looked_back = self._blocks(slice(self.new, None)).lookback
        sessions = np.intersect1d(self.panel.sessions[max(self.new - looked_back, 0) : self.new], before.sessions)
        names = sorted(set(self.panel.names) & set(before.names))
        used = {name for factor in self.run.factors for name in factor.expression.fields}
        counts = {}
        for name in sorted(used & self.panel.fields.keys() & before.fields.keys()):
            now, then = _cells(self.panel, name, sessions, names), _cells(before, name, sessions, names)
            if changed := int(((now != then) & ~(np.isnan(now) & np.isnan(then))).sum()):
                counts[name] = changed
        return counts


def _cells(
    panel: Panel, field_name: str, sessions: NDArray[np.datetime64], names: Sequence[str]
) -> NDArray[np.float32]:
    rows = np.searchsorted(panel.sessions, sessions)
    columns = np.searchsorted(np.array(panel.names), np.array(names))
    return panel.fields[field_name][rows][:, columns]


class _Waiting:
    """Rows that wait to be written many at once."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.values: list[pl.DataFrame] = []
        self.series: list[pl.DataFrame] = []

    def add_values(self, rows: pl.DataFrame) -> int:
        self.values.append(rows)
        return self._written(rows)

    def add_series(self, rows: pl.DataFrame) -> int:
        self.series.append(rows)
        return self._written(rows)

    def _written(self, rows: pl.DataFrame) -> int:
        if sum(frame.height for frame in (*self.values, *self.series)) >= _ROWS_AT_ONCE:
            self.write()
        return rows.height

    def write(self) -> None:
        """Write what waits."""
        warehouse = self.context.warehouse
        for frames, record in ((self.values, record_values), (self.series, record_series)):
            if frames:
                record(warehouse, pl.concat(frames))
                frames.clear()


def _within(rows: slice, count: int) -> NDArray[np.bool_]:
    inside = np.zeros(count, np.bool_)
    inside[rows] = True
    return inside


def summary(updates: Sequence[RunUpdate]) -> dict[str, Any]:
    """Return what `lode update --json` prints."""
    return {
        "runs": [each.to_event() for each in updates],
        "factors": sum(each.factors for each in updates),
        "values": sum(each.values for each in updates),
        "series": sum(each.series for each in updates),
    }
