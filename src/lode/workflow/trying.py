"""The worker process of the dashboard's workbench: tries formulas one after the other, with what they share kept warm.

An event is `{"formula", "snapshot", "options"}`. The sheet is reported as soon as it is made, and answered once it is
complete: comparisons, leak checks and verdicts take longer. With `"keep": true` the formula, which must have been
tried, is kept as a candidate instead. `{"prepare": snapshot}` does what the first try on it would wait for. Beyond that
as lode.workflow.worker.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, TextIO

from lode import log
from lode.errors import ExpressionError, LodeError, StorageError
from lode.evaluation import Bench, Sheet, SheetOptions
from lode.panel import Panel
from lode.settings import Settings
from lode.warehouse.stores.ledger import count_trials
from lode.workflow.context import Context, Event, open_context
from lode.workflow.keeping import keep_candidate
from lode.workflow.leaking import leak_checker
from lode.workflow.manual import Checker, Tried, complete, open_panel, try_by_hand
from lode.workflow.own_operators import load_operators
from lode.workflow.sheet_record import sheet_record
from lode.workflow.sheets import BYTES_A_CELL
from lode.workflow.vaults import runs_on_vault
from lode.workflow.worker import answer, opened


def main() -> None:
    """Serve tries until the input ends."""
    settings, events, answers = opened()
    warm = Warm(settings)
    while True:
        _serve(events.get(), warm, answers)


class Warm:
    """What tries share: the connections, and the bench and the leak checks of the snapshot that was tried last.

    Those keep the panels that they rebuilt, which serve every formula on the snapshot.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings, self._open = settings, ExitStack()
        self._context: Context | None = None
        self._checkers: dict[tuple[str, int], Checker] = {}
        self._benches: dict[tuple[str, int, SheetOptions], Bench] = {}

    def context(self) -> Context:
        """Return the connections, opened where they are not."""
        load_operators(self._settings.operators)
        if self._context is None:
            self._context = self._open.enter_context(open_context(self._settings))
        return self._context

    def checker(self, tried: Tried, context: Context) -> Checker:
        """Return what checks formulas on the panel of a try."""
        key = tried.snapshot, len(tried.panel.sessions)
        if key not in self._checkers:
            self._checkers = {key: leak_checker(context, tried.snapshot, tried.panel)}
        return self._checkers[key]

    def bench(self, snapshot: str, panel: Panel, options: SheetOptions) -> Bench:
        """Return what sheets on a panel are made with; that of a large panel is not kept."""
        key = snapshot, len(panel.sessions), options
        if key not in self._benches:
            self._benches.clear()
            made = Bench(panel, options)
            if math.prod(panel.shape) * BYTES_A_CELL > self._settings.memory_bytes:
                return made
            self._benches[key] = made
        return self._benches[key]

    def forget(self) -> bool:
        """Close the connections, so that the next use opens them anew; False where there are none."""
        had, self._context, self._checkers, self._benches = self._context is not None, None, {}, {}
        self._open.close()
        return had


def tried_in_stages(event: Event, warm: Warm, report: Callable[[Event], None]) -> Event:
    """Try the formula of an event: report its first sheet, return its whole one, each beside the ledger's counts."""
    context, options = warm.context(), SheetOptions.from_dict(event.get("options", {}))
    tried = try_by_hand(event["formula"], context, snapshot=event["snapshot"], options=options, bench_of=warm.bench)
    ledger = ledger_counts(context, tried.run)
    report(_told(tried.sheet, ledger))
    return _told(complete(tried, context, warm.checker(tried, context)), ledger)


def prepare(snapshot: str, warm: Warm) -> Event:
    """Connect, and make what all sheets on a snapshot share; nothing is entered, since nobody sees a sheet."""
    context, options = warm.context(), SheetOptions()
    bench = warm.bench(snapshot, open_panel(context, snapshot), options)
    for _part in (bench.scorer, bench.styles, bench.market, bench.rates):
        pass
    return {"prepared": snapshot}


def ledger_counts(context: Context, run: str) -> Event:
    """Count what the ledger has: tries by hand of `run`, and trials of all runs that share its vault."""
    both = {"by_hand": [run], "on_vault": runs_on_vault(context, run)}
    return {"run": run, **{name: count_trials(context.warehouse, runs) for name, runs in both.items()}}


def _told(sheet: Sheet, ledger: Event) -> Event:
    return {"record": sheet_record(sheet), "ledger": ledger}


def _serve(event: Event, warm: Warm, answers: TextIO) -> None:
    try:
        answer(answers, {"result": _done(event, warm, answers)})
    except LodeError as error:
        answer(answers, {"error": str(error), "kind": type(error).__name__, **_place(error)})
    except Exception as error:  # noqa: BLE001  the process's entry point: logged and answered as a failure
        log.get_logger("trying").error("try failed", exc_info=True)
        answer(answers, {"error": f"{type(error).__name__}: {error}", "kind": "unexpected"})


def _done(event: Event, warm: Warm, answers: TextIO) -> Event:
    """Do what is asked; once more where kept connections were to a warehouse that has ended since."""
    try:
        return _done_once(event, warm, answers)
    except StorageError:
        if not warm.forget():
            raise
    return _done_once(event, warm, answers)


def _done_once(event: Event, warm: Warm, answers: TextIO) -> Event:
    if "prepare" in event:
        return prepare(event["prepare"], warm)
    if not event.get("keep"):
        return tried_in_stages(event, warm, lambda told: answer(answers, {"report": told}))
    options = SheetOptions.from_dict(event.get("options", {}))
    record = keep_candidate(event["formula"], warm.context(), snapshot=event["snapshot"], options=options)
    return {"factor": record.factor, "run": record.run}


def _place(error: LodeError) -> dict[str, Any]:
    return {"position": error.position} if isinstance(error, ExpressionError) else {}


if __name__ == "__main__":
    main()
