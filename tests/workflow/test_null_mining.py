"""The procedure in memory, on labels of which it is known what is in them."""

from __future__ import annotations

import numpy as np
import pytest

from lode.engine import Evaluator
from lode.evaluation import forward_returns
from lode.evidence.null_market import null_labels, planted_labels
from lode.language import parse
from lode.panel import Panel
from lode.simulate import simulate
from lode.workflow.calibrated_market import _alike
from lode.workflow.null_mining import Market, discover
from lode.workflow.options import MiningOptions

OPTIONS = MiningOptions(candidates=150, shards=1, seed=1)
PLANT = "rank(-ts_delta(close, 5))"


@pytest.fixture(scope="module")
def panel() -> Panel:
    return Panel.from_frame(simulate(40, 620, seed=4))


@pytest.fixture(scope="module")
def null(panel: Panel) -> np.ndarray:
    return null_labels(forward_returns(panel), 300, tail=2)


def values_of(panel: Panel, text: str) -> np.ndarray:
    return Evaluator(panel.fields, panel.groups, mask=panel.tradable).value(parse(text)).copy()


def test_nothing_is_found_where_there_is_nothing(panel: Panel, null: np.ndarray) -> None:
    found = discover(Market(panel, null, OPTIONS))
    assert found.proven == ()
    assert 100 <= found.trials <= OPTIONS.candidates
    assert 0 < found.finalists <= 40


def test_a_strong_plant_is_found(panel: Panel, null: np.ndarray) -> None:
    truth = values_of(panel, PLANT)
    found = discover(Market(panel, planted_labels(null, truth, 0.25), OPTIONS))
    assert found.opened
    assert any(_alike(truth, values_of(panel, text)) for text in found.proven)
    assert found == discover(Market(panel, planted_labels(null, truth, 0.25), OPTIONS))


def test_no_split_sees_a_later_label(panel: Panel, null: np.ndarray) -> None:
    """What search and validation do is the same when the vault's labels are others."""
    market = Market(panel, null, OPTIONS)
    other = null.copy()
    other[market.splits.validation_stop :] = 1.0
    changed = discover(Market(panel, other, OPTIONS))
    first = discover(market)
    assert (changed.trials, changed.finalists, changed.survivors) == (first.trials, first.finalists, first.survivors)
