"""The sessions that a panel has beyond what is stored of a run's factors: computed in blocks, scored, written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from lode.engine import Blocks, Scorer
from lode.evaluation import forward_returns
from lode.evaluation.labels import check_timing
from lode.panel import Panel, load_snapshot
from lode.workflow.context import Context
from lode.workflow.publishing import series_frame, values_frame
from lode.workflow.updating.behind import ProvenRun, RunUpdate
from lode.workflow.updating.waiting import Waiting
from lode.workflow.vaults import in_closed_vault

LIVE = "live"  # the split of sessions that came after a run


class Addition:
    """The sessions that a panel has beyond what is stored of a run's factors."""

    def __init__(self, context: Context, panel: Panel, snapshot: str, run: ProvenRun) -> None:
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
            return run.nothing_new(note)
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
        waiting, counts = Waiting(self.context), np.zeros(2, int)
        for start in range(first, stop, height):
            counts += self._write_part(slice(start, min(start + height, stop)), waiting)
        waiting.write()
        return int(counts[0]), int(counts[1])

    def _write_part(self, part: slice, waiting: Waiting) -> tuple[int, int]:
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


def _within(rows: slice, count: int) -> NDArray[np.bool_]:
    inside = np.zeros(count, np.bool_)
    inside[rows] = True
    return inside
