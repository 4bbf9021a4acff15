"""The race against exact scores, on panels small enough to score everything."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lode.engine import Estimate, Evaluator, Look, Race, Scorer
from lode.engine import racing as racing_module
from lode.engine import variates as variates_module
from lode.engine.looks import looked_names
from lode.engine.variates import ControlVariates
from lode.evaluation import newey_west_t
from lode.language import Expr, parse
from lode.panel import Panel
from lode.search import make_searcher
from lode.simulate import simulate
from lode.workflow.scoring import searchable_units

SESSIONS, NAMES, CANDIDATES, BATCH = 300, 200, 270, 30


@dataclass
class Truth:
    t_nw: float
    rank_ic: float
    series: np.ndarray


@pytest.fixture(scope="module")
def panel():
    bars = simulate(NAMES, SESSIONS, plant=[("-ts_delta(close, 5)", 0.08), ("ts_std_dev(returns, 20)", 0.05)], seed=4)
    return Panel.from_frame(bars)


@pytest.fixture(scope="module")
def forward(panel):
    returns = np.full(panel.shape, np.nan, np.float32)
    returns[:-2] = panel.label_price[2:] / panel.label_price[1:-1] - 1
    return returns


@pytest.fixture(scope="module")
def candidates(panel):
    return make_searcher("random", fields=searchable_units(panel), seed=2).ask(CANDIDATES)


@pytest.fixture(scope="module")
def truth(panel, forward, candidates):
    """Exact scores by expression."""
    evaluator = Evaluator(panel.fields, panel.groups, mask=panel.tradable)
    scorer = Scorer(forward, rows=slice(None))
    found = {}
    for expr, values in zip(candidates, evaluator.values(candidates), strict=True):
        series = scorer.rank_ic(values)
        test = newey_west_t(series)
        found[expr] = Truth(test.t, test.mean, series)
    return found


@pytest.fixture(scope="module")
def look(panel, forward):
    return remembering(Look(panel.fields, forward, every=4, rows=slice(None), groups=panel.groups, mask=panel.tradable))


def remembering(look):
    """The look, that sees each expression but once: tests race the same candidates often."""
    seen: dict[Expr, object] = {}
    original = look.looked

    def looked(expressions):
        missing = [e for e in expressions if e not in seen]
        seen.update(zip(missing, original(missing), strict=True))
        return (seen[e] for e in expressions)

    look.looked = looked
    return look


@pytest.fixture(autouse=True)
def _small_fits(monkeypatch):
    monkeypatch.setattr(variates_module, "FIT_AT", (40, 80, 100))
    monkeypatch.setattr(variates_module, "MOST_KNOWN", 100)


def race_of(look, truth, **options):
    asked: list[Expr] = []

    def exact(expressions):
        asked.extend(expressions)
        return (truth[e] for e in expressions)

    return Race([look], exact, newey_west_t, **options), asked


def raced(race, candidates, batch=BATCH):
    return [score for i in range(0, len(candidates), batch) for score in race.scores(candidates[i : i + batch])]


def best(candidates, ts, count):
    known = [(abs(t), str(e)) for e, t in zip(candidates, ts, strict=True) if np.isfinite(t)]
    return {text for _, text in sorted(known, reverse=True)[:count]}


def test_the_best_are_those_of_exact_scores_and_many_others_are_raced_out(look, truth, candidates, monkeypatch):
    monkeypatch.setattr(racing_module, "CAUTION", 2.0)  # few candidates: a wider margin races out fewer still
    race, asked = race_of(look, truth, keep=10)
    scores = raced(race, candidates)
    exact = [(e, s.t_nw) for e, s in zip(candidates, scores, strict=True) if not isinstance(s, Estimate)]
    assert {e for e, _ in exact} == set(asked)
    found, wanted = best(*zip(*exact, strict=True), 10), best(truth, [s.t_nw for s in truth.values()], 10)
    assert len(found & wanted) >= 9
    late = scores[len(scores) // 2 :]
    assert sum(isinstance(score, Estimate) for score in late) > len(late) / 4


@given(order=st.randoms(use_true_random=False), keep=st.integers(1, 60), batch=st.integers(1, 90))
@settings(max_examples=3, deadline=None)
def test_without_limit_to_its_caution_a_race_loses_nothing(look, truth, candidates, order, keep, batch):
    shuffled = order.sample(candidates, len(candidates))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(racing_module, "CAUTION", 1e9)
        scores = raced(race_of(look, truth, keep=keep)[0], shuffled, batch)
    ts = [score.t if isinstance(score, Estimate) else score.t_nw for score in scores]
    assert [t for t in ts if np.isfinite(t)] == [truth[e].t_nw for e in shuffled if np.isfinite(truth[e].t_nw)]


@given(order=st.randoms(use_true_random=False), keep=st.integers(1, 60))
@settings(max_examples=3, deadline=None)
def test_what_is_raced_out_was_said_to_be_below_the_mark(look, truth, candidates, order, keep):
    shuffled = order.sample(candidates, len(candidates))
    race, asked = race_of(look, truth, keep=keep)
    for i in range(0, len(shuffled), BATCH):
        mark = race.mark
        for score in race.scores(shuffled[i : i + BATCH]):
            assert not isinstance(score, Estimate) or abs(score.t) + racing_module.CAUTION * score.t_error < mark
    assert (
        race.mark == sorted((abs(truth[e].t_nw) for e in asked if np.isfinite(truth[e].t_nw)), reverse=True)[keep - 1]
    )


def test_estimates_are_off_by_their_standard_errors(look, truth, candidates, monkeypatch):
    monkeypatch.setattr(racing_module, "CAUTION", 2.0)  # few candidates: a wider margin races out fewer still
    race, _ = race_of(look, truth, keep=10)
    off = [
        (score.t - truth[e].t_nw) / score.t_error
        for e, score in zip(candidates, raced(race, candidates), strict=True)
        if isinstance(score, Estimate) and np.isfinite(truth[e].t_nw)
    ]
    assert len(off) > 40
    assert 0.4 < float(np.sqrt(np.mean(np.square(off)))) < 1.5
    assert np.mean(np.abs(off) > 3) < 0.03


@pytest.mark.parametrize("generations", [1, 4, 9])
def test_a_race_that_is_lived_again_goes_on_as_the_first(look, truth, candidates, generations):
    first, _ = race_of(look, truth, keep=10)
    again, asked = race_of(look, truth, keep=10)
    for number in range(CANDIDATES // BATCH):
        batch = candidates[number * BATCH : (number + 1) * BATCH]
        scores = first.scores(batch)
        if number >= generations:
            assert again.scores(batch) == scores
            continue
        exact = [not isinstance(score, Estimate) for score in scores]
        again.relive(batch, exact, [score.t if isinstance(score, Estimate) else score.t_nw for score in scores])
        assert len(asked) <= 100 + 2 * BATCH


def test_marks_of_other_races_count(look, truth, candidates):
    race, _ = race_of(look, truth, keep=3)
    race.know([1.0, float("nan"), -9.0, 5.0, 4.0])
    assert race.mark == 4.0
    assert not race.running


def test_a_look_sees_what_the_names_alone_would_show(panel, forward):
    look = Look(panel.fields, forward, every=4, rows=slice(50, 200), groups=panel.groups, mask=panel.tradable, seed=9)
    assert len(look.names) == NAMES // 4
    assert (look.names == looked_names(forward, 4, 9)).all()
    assert (look.names != looked_names(forward, 4, 10)).any()
    (seen,) = look.looked([parse("ts_mean(returns, 5)")])
    own = np.ascontiguousarray(forward[:, look.names])
    values = Evaluator({"returns": np.ascontiguousarray(panel.fields["returns"][:, look.names])}).value(
        parse("ts_mean(returns, 5)")
    )
    values[~panel.tradable[:, look.names]] = np.nan
    expected = Scorer(own, rows=slice(50, 200), min_names=3).rank_ic(values)
    np.testing.assert_array_equal(seen.series, expected)
    assert 0.5 < seen.coverage <= 1
    assert seen.noise == pytest.approx(0.75 / 49, rel=0.2)


def test_what_is_never_defined_is_scored_exactly(look, truth, candidates):
    nothing = parse("ts_mean(close, 2000)")
    race, asked = race_of(look, {**truth, nothing: Truth(np.nan, np.nan, np.full(SESSIONS, np.nan))}, keep=10)
    raced(race, candidates)
    assert race.running
    race.scores([nothing])
    assert asked[-1] == nothing


def test_control_variates_recover_mixtures_of_what_is_known():
    rng = np.random.default_rng(0)
    ideas, missed = rng.normal(size=(3, 250)), rng.normal(size=(3, 250)) * 0.3
    variates = ControlVariates()
    for _ in range(40):
        mixture = rng.normal(size=3)
        variates.learn(mixture @ (ideas + missed), mixture @ ideas)
    assert variates.fitted
    mixture = np.array([1.0, -2.0, 0.5])
    corrected, left = variates.corrected(mixture @ (ideas + missed))
    np.testing.assert_allclose(corrected, mixture @ ideas, atol=1e-5)
    assert left == pytest.approx(0.02)
    assert ControlVariates().corrected(ideas[0])[1] == 1.0
