"""Which runs share a vault, how many trials stand behind it, what may not be looked at yet, and its opening."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from lode.errors import VaultSpentError
from lode.evidence.vault import Opening, admit, shares_vault
from lode.panel import Panel
from lode.warehouse.stores.ledger import count_trials
from lode.warehouse.stores.runs import read_panels_of_runs
from lode.warehouse.stores.vault import OpeningRecord, record_opening
from lode.workflow.context import Context
from lode.workflow.openings import claim_opening, read_claims
from lode.workflow.options import MiningOptions
from lode.workflow.plan import Plan

MANUAL = "manual-"  # what the ids of runs of tries by hand begin with


def run_settings(options: MiningOptions, first: date, last: date, instruments: Sequence[str]) -> str:
    """Return what the table `runs` keeps of a run, as JSON: its options, and the vault that it has."""
    vault = [first.isoformat(), last.isoformat()]
    content = {"options": options.to_dict(), "vault": vault, "instruments": list(instruments)}
    return json.dumps(content, sort_keys=True)


def trials_on_vault(context: Context, plan: Plan) -> int:
    """Trials of all runs that share the plan's vault, tries by hand included, each canonical form once."""
    ours = Opening(0, plan.run, plan.vault_first, plan.vault_last, frozenset(plan.instruments))
    sharing = [vault.run for vault in _vaults(context) if shares_vault(ours, vault)]
    return count_trials(context.warehouse, sorted({plan.run, *sharing}))


def runs_on_vault(context: Context, run: str) -> list[str]:
    """Runs that share the vault of `run`, itself included."""
    vaults = list(_vaults(context))
    ours = [vault for vault in vaults if vault.run == run]
    return sorted({run, *(vault.run for vault in vaults for own in ours if shares_vault(own, vault))})


def first_closed_session(context: Context, panel: Panel) -> date | None:
    """First session of any run's vault that shares instruments with `panel` and was not opened; None without one."""
    opened = {opening.run for opening in read_claims(context.lake)}
    names = frozenset(panel.names)
    closed = [v.first_session for v in _vaults(context) if v.run not in opened and not names.isdisjoint(v.instruments)]
    return min(closed, default=None)


def in_closed_vault(context: Context, panel: Panel) -> NDArray[np.bool_]:
    """Whether each session of a panel is in the vault, not opened yet, of a run that shares instruments with it.

    Tries by hand are left out: they open no vault and wait for none.
    """
    opened, names = {opening.run for opening in read_claims(context.lake)}, frozenset(panel.names)
    inside = np.zeros(len(panel.sessions), np.bool_)
    for vault in _vaults(context):
        if vault.run not in opened and not vault.run.startswith(MANUAL) and not names.isdisjoint(vault.instruments):
            first, last = (np.datetime64(day) for day in (vault.first_session, vault.last_session))
            inside |= (panel.sessions >= first) & (panel.sessions <= last)
    return inside


def open_vault(context: Context, plan: Plan, survivors: Sequence[str]) -> Opening:
    """Open the vault of a run for its survivors, once: written down before anything is read.

    A run that died after its claim gets the same opening again. Raises VaultSpentError after ten openings.
    """
    opening = claim_opening(context.lake, plan.run, lambda earlier: _next_opening(plan, survivors, earlier))
    record_opening(
        context.warehouse,
        OpeningRecord(
            opening=opening.number,
            run=opening.run,
            universe=plan.universe,
            first_session=opening.first_session,
            last_session=opening.last_session,
            instruments=sorted(opening.instruments),
            k=opening.k,
            alpha=opening.alpha,
            finalists=opening.finalists,
            opened_at=context.clock(),
        ),
    )
    return opening


def _next_opening(plan: Plan, survivors: Sequence[str], earlier: Sequence[Opening]) -> Opening:
    sessions = np.array(plan.vault_sessions, "datetime64[D]")
    admitted = admit(earlier, vault_sessions=sessions, instruments=plan.instruments, alpha=plan.options.alpha)
    if admitted.spent:
        raise VaultSpentError(admitted.message)
    return Opening(
        number=len(earlier) + 1,
        run=plan.run,
        first_session=plan.vault_first,
        last_session=plan.vault_last,
        instruments=frozenset(plan.instruments),
        k=admitted.k,
        alpha=admitted.alpha,
        finalists=tuple(survivors),
    )


def _vaults(context: Context) -> Iterator[Opening]:
    """Return the vault of every run on record, as an opening that did not happen yet."""
    for run, settings in read_panels_of_runs(context.warehouse):
        if "vault" in settings:
            first, last = (date.fromisoformat(day) for day in settings["vault"])
            yield Opening(0, run, first, last, frozenset(settings["instruments"]))
