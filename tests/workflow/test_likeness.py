from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from lode.evidence.finalists import Finalists, choose_finalists
from lode.evidence.shortlist import Candidate
from lode.lake import open_lake
from lode.workflow.context import Context
from lode.workflow.likeness import keep_likeness, read_likeness


@pytest.fixture
def context(lode_settings) -> Context:
    return Context(lode_settings, open_lake(lode_settings), warehouse=None)  # type: ignore[arg-type]


PLAN = SimpleNamespace(run="r1", key=lambda name: f"runs/r1/{name}")


def test_the_first_attempt_stays_and_is_read_again(context):
    rng = np.random.default_rng(0)
    values = {name: rng.standard_normal((40, 20)).astype(np.float32) for name in "ab"}
    values["c"] = np.full((40, 20), np.nan, np.float32)
    chosen = choose_finalists([Candidate("a", 3.0), Candidate("b", -2.0), Candidate("c", 1.0)], values.__getitem__)
    keep_likeness(context, PLAN, chosen)
    keep_likeness(context, PLAN, Finalists(["z"], chosen.samples[:1]))
    found = read_likeness(context.lake, "r1")
    assert found.factors == ("a", "b", "c")
    assert abs(found.correlation[0, 1]) < 0.2
    assert found.correlation[0, 1] == found.correlation[1, 0]
    assert np.isnan(found.correlation[0, 2])
    assert np.diag(found.correlation).tolist() == [1, 1, 1]


def test_a_run_that_kept_nothing_has_none(context):
    assert read_likeness(context.lake, "r1") is None


def test_a_run_without_finalists_keeps_an_empty_one(context):
    keep_likeness(context, PLAN, Finalists([], []))
    assert read_likeness(context.lake, "r1").correlation.shape == (0, 0)
