from __future__ import annotations

import numpy as np
import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.dashboard import judged, ledger, text
from benchmarks.dashboard.client import _texts
from benchmarks.dashboard.home import Home
from benchmarks.dashboard.measure import Crowd, Taken, query_of
from lode.language import expression_id, parse


def test_every_number_has_its_own_formula_of_the_language():
    formulas = [ledger.formula(number) for number in range(20_000)]
    assert len(set(formulas)) == len(formulas)
    for formula in formulas[:50]:
        assert str(parse(formula))


def test_parents_come_before_their_trials_and_finalists_have_the_ids_of_their_formulas():
    trials, finalists = judged.with_finalists(ledger.trials_of(0, 1_000, np.random.default_rng(0)), 10)
    assert len({trial.factor for trial in trials}) == len(trials)
    assert len(finalists) == 10
    assert all(trial.factor == expression_id(parse(trial.expression)) for trial in finalists)
    assert min(abs(trial.t_nw) for trial in finalists) == sorted(abs(trial.t_nw) for trial in trials)[-10]
    seen: set[str] = set()
    for at, trial in enumerate(trials):
        assert seen.issuperset(trial.parents)
        assert bool(trial.parents) == (at >= 200)
        seen.add(trial.factor)


def test_a_page_is_asked_for_another_factor_at_each_visit(tmp_path):
    home = Home(tmp_path, ["r0", "r1"], [(f"f{at}", "r1") for at in range(200)], ["A"], {})
    assert query_of(home, "factor", 0) == "factor=f0&run=r1"
    assert query_of(home, "factor", 1) == "factor=f101&run=r1"
    assert query_of(home, "a page of later", 1) == ""


def test_texts_of_a_message_are_what_is_shown():
    message = ForwardMsg()
    message.delta.new_element.alert.body = "This cannot be shown."
    assert _texts(message) == ["This cannot be shown."]
    assert _texts(ForwardMsg()) == []


@pytest.fixture
def found():
    titles = {"Overview": "", "Factor": "factor"}
    cold = {"": Taken("", [1.0]), "factor": Taken("factor", [2.5])}
    warm = {"": Taken("", [0.1] * 20, 0.05, 0.01, 20, 1_000), "factor": Taken("factor", [0.1] * 18 + [9.0] * 2)}
    crowd = Crowd(20, [0.2] * 10, 5.0, 900_000_000, 700_000_000)
    return {
        "options": " --full",
        "counts": {"trials": 1_000_000},
        "machine": {"cores": "2"},
        "rows": text.rows_of(titles, cold, warm, Taken("", [1.9]), crowd),
        "warm": text.warm_rows(titles, warm),
        "crowd": text.crowd_row(crowd),
        "start": 3.0,
    }


def test_every_figure_stands_beside_its_limit(found):
    within = {row["what"]: row["within"] for row in found["rows"]}
    assert within == {
        "Overview, cold": True,
        "Factor, cold": False,
        "Overview, warm, p95 of 20": True,
        "Factor, warm, p95 of 20": False,
        "the first page, the warehouse's owner not yet running": True,
        "20 at once, p95 of 10": True,
        "20 at once, memory of dashboard and warehouse": False,
    }


def test_the_page_says_what_is_over_its_limit(found):
    page = text.page(found)
    assert "4 of 7 are within their limit. Not: Factor, cold;" in page
    assert "| Factor, cold | 2.5 s | 2 s | **no** |" in page
    assert "1,000,000 trials" in page
