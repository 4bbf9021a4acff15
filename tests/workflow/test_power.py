"""How often a factor of known strength is proven once it is among the finalists."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lode.engine import Evaluator
from lode.evaluation import forward_returns
from lode.evaluation.ic import daily_rank_ic
from lode.evidence.calibration import Rate
from lode.evidence.null_market import null_labels, null_shifts, planted_labels
from lode.language import parse
from lode.panel import Panel
from lode.search import make_searcher
from lode.simulate import simulate
from lode.workflow.null_mining import Market, judge
from lode.workflow.options import MiningOptions
from lode.workflow.racing import exact_trials
from lode.workflow.scoring import searchable_units

PLANT = "rank(-ts_delta(close, 5))"
ASKED = {0.02: 0.30, 0.03: 0.85, 0.05: 0.99}
FINALISTS = 40
MARKETS = 60


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("rank_ic", ASKED)
def test_a_factor_among_the_finalists_is_proven_as_often_as_is_asked(rank_ic: float, soak_scale: float) -> None:
    """500 names × 2,520 sessions and 60 markets at full size; otherwise 3 markets of 500 × 2,520's tenth, for .05."""
    whole = soak_scale == 1
    if not whole and rank_ic < max(ASKED):
        pytest.skip("60 markets of 500 × 2,520 for each strength: make soak does")
    panel = Panel.from_frame(simulate(500, 2520, seed=11) if whole else simulate(200, 1500, seed=11))
    count = MARKETS if whole else 2
    proven = [
        proven_on(panel, shift, rank_ic) for shift in null_shifts(len(panel.sessions), count, tail=2, rng=seeded())
    ]
    rate = Rate(sum(proven), count)
    assert rate.interval[1] >= ASKED[rank_ic], rate


def proven_on(panel: Panel, shift: int, rank_ic: float) -> bool:
    """Whether the plant is proven beside 39 expressions of a random search, all of them finalists."""
    options = MiningOptions(seed=shift)
    truth = Evaluator(panel.fields, panel.groups, mask=panel.tradable).value(parse(PLANT)).copy()
    labels = planted_labels(null_labels(forward_returns(panel), shift, tail=2), truth, rank_ic)
    assert 0.09 < np.nanstd(daily_rank_ic(truth, labels)) < 0.17
    market = Market(panel, labels, options)
    others = make_searcher("random", fields=searchable_units(panel), seed=shift).ask(3 * FINALISTS)
    train = market.scorer(market.splits.train, market.splits.train_stop)
    scored = [t for t in exact_trials(train, [parse(PLANT), *others], 0) if math.isfinite(t.t_nw)]
    return PLANT in judge(market, scored[:FINALISTS], trials=len(scored)).proven


def seeded() -> np.random.Generator:
    return np.random.default_rng(11)
