from __future__ import annotations

import numpy as np
import pytest

from lode.evidence.finalists import Finalists
from lode.evidence.likeness import Sample
from lode.warehouse.stores.ledger import Trial
from lode.workflow.selection import added_t


def chosen(spanning: frozenset[str]) -> tuple[Finalists, dict[str, Trial]]:
    """A formula, what is made of it and something else, and one that covers no name of theirs."""
    rng = np.random.default_rng(0)
    own, other = (rng.standard_normal((128, 40)).astype(np.float32) for _ in range(2))
    values = {"own": own, "kin": own + other, "apart": own.copy()}
    values["own"][:, 20:] = values["kin"][:, 20:] = values["apart"][:, :20] = np.nan
    trials = {
        name: Trial(name, "close", 3, ic, ic / 0.005, 1.0) for name, ic in zip(values, (0.05, 0.035, 0.04), strict=True)
    }
    return Finalists(list(values), [Sample.of(each) for each in values.values()], spanning), trials


def test_what_is_said_already_adds_little_and_what_cannot_be_compared_is_not_known():
    own, kin, apart = added_t(*chosen(frozenset({"own"})))
    assert own == pytest.approx(10.0)
    assert abs(kin) < 1.5
    assert np.isnan(apart)


def test_without_a_spanning_set_nothing_is_known_to_add():
    assert np.isnan(added_t(*chosen(frozenset()))).all()
