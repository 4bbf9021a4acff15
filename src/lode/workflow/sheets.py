"""Evidence sheets of a run's finalists, kept in the lake as `runs/<run>/sheets/<factor>.json`.

A sheet shows the bet: where a factor is bet on in direction -1, its values are turned round first. It covers train and
validation, and the vault where that was opened for the factor. Sheets are long work, so the step `publish` keeps those
of the proven factors, the candidates and the first of the others; `make_sheet` makes any other on demand. Both compare
with what `lode evaluate` compares with, the factor itself left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lode.errors import NotFoundError
from lode.evaluation import Bench, Identity, References, Sheet, SheetOptions, sheet_at
from lode.evaluation.comparing import beside
from lode.evaluation.known import Resemblance, latest, resemblances_of
from lode.evidence.leaks import LeakCheck, overall
from lode.language import expression_id, parse
from lode.log import get_logger
from lode.panel import Panel, load_snapshot
from lode.workflow.context import Context
from lode.workflow.kept_sheets import sheet_key
from lode.workflow.options import code_version
from lode.workflow.plan import Plan, load_plan
from lode.workflow.proving import verdict_key
from lode.workflow.referring import references, verdicts
from lode.workflow.scoring import SplitScorer
from lode.workflow.sheet_record import Record, sheet_record

__all__ = ["Sheets", "make_sheet", "sheet_record", "with_sheet"]

OTHERS = 4
BYTES_A_CELL = 400  # that a sheet and its bench take at their peak, per session and name


def with_sheet(judged: Sequence[Record], sessions: int, names: int, memory: int) -> set[str]:
    """Ids of the finalists whose sheets the run keeps: proven, candidates, and four others, the first on train.

    None where the panel is so large that a sheet does not fit into `memory` bytes beside it.
    """
    if sessions * names * BYTES_A_CELL > memory:
        get_logger("sheets").info("no sheets: the panel is large", sessions=sessions, names=names)
        return set()
    first = [factor["id"] for factor in judged if factor["state"] == "refused"][:OTHERS]
    return {factor["id"] for factor in judged if factor["state"] != "refused"}.union(first)


class Sheets:
    """Sheets of a run's factors on one panel, which are compared with the library and the proven factors together.

    panel: ends with validation, or with the vault where it was opened for the factors.
    """

    def __init__(self, context: Context, plan: Plan, panel: Panel) -> None:
        self._context, self._plan, self._panel = context, plan, panel
        self._made: list[tuple[Record, Sheet, NDArray[np.float32]]] = []

    def add(self, factor: Record, values: NDArray[np.float32]) -> None:
        """Make the sheet of a judged factor, but for what it resembles; one that was kept already stays.

        values: (sessions, names), as the run scores them.
        """
        if self._context.load_if_there(sheet_key(self._plan.run, factor["id"])) is None:
            bet = values * np.float32(factor["direction"])
            self._made.append((factor, self._sheet(factor, bet), latest(bet).copy()))

    def keep(self) -> None:
        """Compare what was added, and keep it."""
        if not self._made:
            return
        bets, least = [bet for _, _, bet in self._made], self._bench.options.min_names
        alike = (
            resemblances_of(bets, known, self._panel, self._bench.labels[1], min_names=least)
            for known in (self._known.library, self._known.pool)
        )
        for (factor, sheet, _), library, pool in zip(self._made, *alike, strict=True):
            self._write(factor, beside(sheet, self._others(library, factor), self._others(pool, factor)))
        self._made.clear()

    def _others(self, found: tuple[Resemblance, ...], factor: Record) -> tuple[Resemblance, ...]:
        """Return what was found without the factor itself."""
        return tuple(each for each in found if self._ids[each.name] != factor["id"])

    @cached_property
    def _bench(self) -> Bench:
        asked = self._plan.options
        options = SheetOptions(
            horizon=asked.horizon,
            delay=asked.delay,
            cost_bps=asked.cost_bps,
            min_names=asked.min_names,
            neutralize=asked.neutralize,
        )
        return Bench(self._panel, options)

    @cached_property
    def _known(self) -> References:
        return references(self._context, self._panel)

    @cached_property
    def _ids(self) -> dict[str, str]:
        known = {**self._known.library, **self._known.pool}
        return {name: expression_id(expression) for name, expression in known.items()}

    def _sheet(self, factor: Record, bet: NDArray[np.float32]) -> Sheet:
        identity = Identity.of(parse(factor["expression"]), self._panel)
        sheet = sheet_at(self._bench, bet, identity, References(market_factors=self._known.market_factors))
        return sheet.with_snapshot(self._plan.snapshot).with_leak_check(
            overall([LeakCheck(**check) for check in factor["leaks"]])
        )

    def _write(self, factor: Record, sheet: Sheet) -> None:
        spans = _spans(self._plan, self._panel, opened=_opened(factor))
        sheet = sheet.with_verdicts(verdicts(sheet, self._plan.run, self._context))
        record = sheet_record(sheet, direction=factor["direction"], splits=spans)
        self._context.keep(sheet_key(self._plan.run, factor["id"]), record | {"code": code_version()})


def make_sheet(context: Context, run: str, factor: str) -> Record:
    """Make and keep the sheet of one of a run's finalists; NotFoundError for a factor that the run did not judge."""
    plan = load_plan(context, run)
    judged = context.load(verdict_key(plan))["factors"]
    found = next((each for each in judged if each["id"] == factor), None)
    if found is None:
        known = ", ".join(each["id"] for each in judged[:5])
        raise NotFoundError(f"run {run} did not judge factor {factor!r}; it judged {len(judged)}: {known}, …")
    if kept := context.load_if_there(sheet_key(run, factor)):
        return kept
    stop = plan.sessions if _opened(found) else plan.splits.validation_stop
    panel = load_snapshot(plan.snapshot, context.lake, context.settings.cache, rows=slice(0, stop))
    values = next(iter(SplitScorer(panel, plan.options, slice(0, stop)).values([parse(found["expression"])])))
    sheets = Sheets(context, plan, panel)
    sheets.add(found, values)
    sheets.keep()
    return context.load(sheet_key(run, factor))


def _opened(factor: Record) -> bool:
    """Whether the vault was opened for a judged factor."""
    return bool(factor.get("vault"))


def _spans(plan: Plan, panel: Panel, *, opened: bool) -> dict[str, tuple[date, date]]:
    """First and last label session of each split that the panel holds."""
    parts = {name: part for name, part in plan.splits.parts().items() if opened or name != "vault"}
    return {name: (panel.sessions[part][0].item(), panel.sessions[part][-1].item()) for name, part in parts.items()}
