"""One market of a calibration: made of the user's panel, then put through the whole procedure. Nothing is written."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from lode.engine import Evaluator
from lode.evaluation import forward_returns, newey_west_t
from lode.evaluation.ic import daily_rank_ic
from lode.evaluation.styles import styles_of
from lode.evidence.finalists import MAX_CORRELATION
from lode.evidence.likeness import daily_rank_correlation
from lode.evidence.null_market import null_labels, planted_labels
from lode.language import parse
from lode.panel import Panel, load_snapshot
from lode.workflow.context import Context, Event
from lode.workflow.null_mining import Discovery, Market, discover
from lode.workflow.options import MiningOptions
from lode.workflow.plan import splits_of

Floats = NDArray[np.float32]


def calibrate_market(event: Event, context: Context) -> Event:
    """Make one market and run the procedure on it: a pure function of its event."""
    panel = load_snapshot(event["snapshot"], context.lake, context.settings.cache)
    options = MiningOptions.from_dict(event["options"])
    own = forward_returns(panel, horizon=options.horizon, delay=options.delay)
    labels = null_labels(own, event["shift"], tail=options.delay + options.horizon)
    outcome = (
        _without(panel, own, labels, options) if event["rank_ic"] == 0 else _planted(panel, labels, options, event)
    )
    context.report(1, "")
    return {"market": event["market"], "rank_ic": event["rank_ic"], "shift": event["shift"]} | outcome


def _without(panel: Panel, own: Floats, labels: Floats, options: MiningOptions) -> Event:
    """What the procedure does on a market without a factor, and what factors without content do there."""
    return _checks(panel, own, labels, options) | _counts(discover(Market(panel, labels, options)))


def _planted(panel: Panel, labels: Floats, options: MiningOptions, event: Event) -> Event:
    """What the procedure does on a planted market; found is the plant, or what its values correlate with by .7."""
    truth = _values(panel, event["planted"])
    labels = planted_labels(labels, truth, event["rank_ic"], min_names=options.min_names)
    daily = daily_rank_ic(truth, labels, min_names=options.min_names)
    outcome = discover(Market(panel, labels, options))
    found = any(_alike(truth, _values(panel, text)) for text in outcome.proven)
    return _counts(outcome) | {"daily_std": float(np.nanstd(daily)), "found": found}


def _counts(outcome: Discovery) -> Event:
    return asdict(outcome) | {"proven": len(outcome.proven)}


def _checks(panel: Panel, own: Floats, labels: Floats, options: MiningOptions) -> dict[str, float]:
    """Newey-West t on the train labels of a static factor, each name's mean return, and of beta; NaN is left out."""
    rows = splits_of(len(panel.sessions), options).train
    known = np.isfinite(own)
    mean = np.where(known, own, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    static = np.where(panel.tradable, mean, np.nan).astype(np.float32)
    factors = {"static": static} | {k: v for k, v in styles_of(panel.fields).items() if k == "beta"}
    tested = {
        f"{name}_t": newey_west_t(
            daily_rank_ic(values[rows], labels[rows], min_names=options.min_names), horizon=options.horizon
        ).t
        for name, values in factors.items()
    }
    return {name: t for name, t in tested.items() if np.isfinite(t)}


def _values(panel: Panel, text: str) -> Floats:
    return Evaluator(panel.fields, panel.groups, mask=panel.tradable).value(parse(text)).copy()


def _alike(first: Floats, second: Floats) -> bool:
    return abs(daily_rank_correlation(first, second)) >= MAX_CORRELATION
