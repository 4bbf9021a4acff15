from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.processes import PYTHON, ROOT, BenchmarkError, output
from benchmarks.search import part, text
from benchmarks.search.judging import Arena, Found, Outcome, judge
from benchmarks.search.lode_searches import Limit, formulas, searched
from benchmarks.search.panels import MARKETS, TWENTY, real_panel
from benchmarks.search.part import LODE, Line, mean_outcome, summary
from benchmarks.search.peer_searches import PEERS, handed_over, peer_searched, write_panel
from benchmarks.search.plan import SEARCH_PLANS, SearchPlan
from lode.evidence.shortlist import Candidate
from lode.language import parse
from lode.panel import Panel
from lode.simulate import simulate

PLANT = "ts_corr(close, volume, 10)"
TINY = SearchPlan(40, 300, 40, 300, 2, seeds=1, candidates=100, seconds=0.05, kept=15)
PEER_SCRIPTS = ROOT / "benchmarks" / "peers"


@pytest.fixture(scope="module")
def arena() -> Arena:
    bars = simulate(TINY.names, TINY.sessions, plant=((PLANT, 0.2),), seed=3)
    return Arena(Panel.from_frame(bars), (PLANT,))


def test_markets_have_as_many_distinct_plants_as_they_say():
    assert [len(plants) for plants in MARKETS.values()] == [1, 5, 20]
    assert len({str(parse(expression)) for expression, _ in TWENTY}) == 20


def test_without_real_prices_the_panel_says_how_to_give_them(tmp_path: Path):
    left = real_panel(tmp_path / "bars.parquet", TINY)
    assert left.stretches == ()
    assert "no file bars.parquet: set LODE_BENCH_PRICES" in left.left_out


def test_stretches_of_real_prices_have_other_names_and_later_sessions(tmp_path: Path):
    path = tmp_path / "bars.parquet"
    simulate(30, 250, seed=1).drop("sector").write_parquet(path)
    plan = SearchPlan(1, 1, real_names=10, real_sessions=200, stretches=3, seeds=1, candidates=1, seconds=1)
    found = real_panel(path, plan)
    assert [panel.shape for panel in found.stretches] == [(200, 10)] * 3
    assert [name[-4:] for name in found.stretches[1].names][:3] == ["0002", "0005", "0008"]
    assert len({name for panel in found.stretches for name in panel.names}) == 30
    first, middle, last = (panel.sessions[0] for panel in found.stretches)
    assert first < middle < last
    assert found.title.endswith("3 stretches of 10 × 200")


def test_one_stretch_is_the_last_sessions(tmp_path: Path):
    path = tmp_path / "bars.parquet"
    bars = simulate(30, 250, seed=1).drop("sector")
    bars.write_parquet(path)
    (only,) = real_panel(path, SearchPlan(1, 1, 10, 200, 1, seeds=1, candidates=1, seconds=1)).stretches
    assert only.sessions[-1] == bars["date"].max()


def test_a_peer_gets_no_session_of_the_vault_and_no_label_after_train(arena: Arena, tmp_path: Path):
    with np.load(write_panel(arena, tmp_path / "panel.npz")) as given:
        fields = dict(given)
    assert {len(values) for values in fields.values()} == {arena.splits.validation_stop}
    assert arena.splits.validation_stop < arena.splits.vault.start
    assert np.isfinite(fields["forward"][arena.splits.train]).any()
    assert np.isnan(fields["forward"][arena.splits.train.stop :]).all()


def test_a_search_spends_its_candidates_and_finds_the_same_again(arena: Arena):
    one, other = (searched(arena, "genetic", 5, Limit(candidates=60)) for _ in range(2))
    assert one.scored == 60
    assert [(c.id, c.t, c.rank_ic, c.size) for c in one.candidates] == [
        (c.id, c.t, c.rank_ic, c.size) for c in other.candidates
    ]


def test_seconds_end_a_search(arena: Arena):
    found = searched(arena, "random", 0, Limit(seconds=0.02))
    assert found.scored % 50 == 0
    assert found.seconds >= 0.02


def test_the_planted_factor_in_reverse_is_recovered_and_bet_on_in_its_own_direction(arena: Arena):
    against = f"-({PLANT})"
    score = next(iter(arena.train.scores([parse(against)])))
    outcome = judge(arena, Found([arena.candidate(against, 3, score)], arena.values, 1, 0.1))
    assert outcome.recovered == 1
    assert outcome.ten_train == pytest.approx(-score.rank_ic)
    assert outcome.ten_validation > 0.1
    assert outcome.pool_validation == pytest.approx(outcome.ten_validation, abs=1e-9)


def test_what_has_nothing_to_do_with_it_recovers_nothing(arena: Arena):
    noise = np.random.default_rng(0).normal(size=arena.panel.shape).astype(np.float32)
    score = arena.train_score(noise)
    outcome = judge(arena, Found([arena.candidate("noise", 3, score)], lambda _: noise, 1, 0.1))
    assert outcome.recovered == 0


def test_a_method_that_found_nothing_has_no_figures(arena: Arena):
    outcome = judge(arena, Found([Candidate("flat", np.nan)], arena.values, 7, 0.1))
    assert np.isnan([outcome.ten_validation, outcome.pool_validation]).all()
    assert (outcome.recovered, outcome.scored) == (0, 7)


def test_the_formulas_are_scored_as_far_as_their_fields_are_there(arena: Arena):
    assert 50 < formulas(arena).scored <= 101


def test_a_peer_s_values_count_in_tradable_cells_only(arena: Arena):
    values = np.ones(arena.panel.shape, np.float32)
    values[0, 0] = np.inf
    found = handed_over(
        arena, "seconds", {"scored": 3, "processor": 1.5, "sizes": [4]}, {"seconds/0": values, "candidates/0": values}
    )
    assert [candidate.id for candidate in found.candidates] == ["seconds/0"]
    masked = found.values("seconds/0")
    assert np.isnan(masked[~arena.panel.tradable]).all()
    assert np.isnan(masked[0, 0])
    assert (found.scored, found.seconds) == (3, 1.5)


def test_cells_of_a_peer_end_with_the_labels_of_train(arena: Arena, tmp_path: Path):
    code = (
        "import sys, json; sys.argv = ['x', sys.argv[1], '-']; import searched;"
        "c = searched.cells(searched.arguments());"
        "print(json.dumps([c.every.shape, c.train.shape, c.forward.shape]))"
    )
    panel = write_panel(arena, tmp_path / "panel.npz")
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(PEER_SCRIPTS)!r}); {code}", panel]
    fields, names = len(arena.panel.fields), arena.panel.shape[1]
    every, train = arena.splits.validation_stop, arena.splits.train.stop
    shapes = [[every * names, fields], [train * names, fields], [train, names]]
    assert output([str(each) for each in command], threads=1, seconds=60).strip() == str(shapes)


@pytest.mark.parametrize("name", PEERS)
def test_a_peer_that_is_installed_spends_both_budgets(arena: Arena, tmp_path: Path, name: str):
    if not PYTHON.exists():
        pytest.skip("the peers are not installed: python -m tools.bench")
    try:
        found = peer_searched(arena, name, 0, TINY, write_panel(arena, tmp_path / "panel.npz"))
    except BenchmarkError as error:
        if not any(said in str(error) for said in part.ABSENT):
            raise
        pytest.skip(f"not installed: {error}")
    assert found["candidates"].scored >= TINY.candidates
    assert found["seconds"].scored > 0
    assert np.isfinite([c.t for each in found.values() for c in each.candidates]).any()


def test_a_peer_that_is_not_installed_is_no_failure_and_one_that_breaks_is(arena: Arena):
    def absent(_on: part._Stretch, _seed: int) -> dict[str, Found]:
        raise BenchmarkError("ended with 1: ModuleNotFoundError: No module named 'pyoperon'")

    def broken(_on: part._Stretch, _seed: int) -> dict[str, Found]:
        raise BenchmarkError("took over 900 s")

    for search, failed, note in ((absent, False, "not installed"), (broken, True, "FAILED: took over 900 s")):
        lines = part._measured("panel", "peer", [part._Stretch(arena, Path("panel.npz"))], [0], search)
        assert [line.failed for line in lines] == [failed, failed]
        assert note in lines[0].note


def test_figures_are_means_with_the_deviation_of_a_sample():
    outcomes = [Outcome(1.0, 2.0, 3.0, value, 0.0, 10.0, 1.0) for value in (0.01, 0.03, np.nan)]
    found = summary(outcomes)
    assert found["pool_validation"] == pytest.approx((0.02, 0.0141421), abs=1e-6)
    assert summary(outcomes[:1])["ten_train"] == (1.0, 0.0)


def test_a_figure_is_the_mean_over_the_stretches_that_have_it():
    found = mean_outcome([Outcome(1.0, 2.0, 3.0, value, np.nan, 10.0, 1.0) for value in (0.01, 0.03, np.nan)])
    assert found.pool_validation == pytest.approx(0.02)
    assert np.isnan(found.recovered)


def line(method: str, pool: float, basis: str = "candidates", **rest) -> Line:
    names = ("ten_train", "ten_validation", "pool_train", "pool_validation", "recovered", "scored", "seconds")
    return Line(
        "market", basis, method, 2, dict.fromkeys(names, (0.5, 0.1)) | {"pool_validation": (pool, 0.01)}, **rest
    )


def test_the_verdict_names_whom_the_pool_is_ahead_of_and_whom_not():
    lines = [
        line(LODE, 0.02),
        line("a", 0.01),
        line("b", 0.03),
        Line("market", "candidates", "c", note="not installed: c"),
    ]
    assert text.verdict(lines) == (
        f"the pool of {LODE} has +0.0200; ahead of a; **not** of b (+0.0300); c not installed."
    )
    gone = [Line("market", "candidates", "all", note="left out: no file")]
    assert text.verdict(gone) == "left out: no file"


def test_the_page_has_a_table_for_each_panel_and_budget_and_goes_through_json():
    lines = [line(LODE, 0.02), line("a", float("nan")), line(LODE, 0.04, "seconds")]
    stored = part.as_json(SEARCH_PLANS["short"], "short", {"measured": "now", "machine": "m", "peers": "p 1"}, lines)
    stored = json.loads(json.dumps(stored, allow_nan=False))
    read = part.lines_of(stored)
    assert read[::2] == lines[::2]
    assert np.isnan(read[1].figures["pool_validation"][0])
    page = text.page(stored)
    assert "## At equal processor time: 2 s\n\n### market" in page
    assert "| a | 0.5000 ± 0.1000 | 0.5000 ± 0.1000 | 0.5000 ± 0.1000 | – | 0.5 ± 0.1 | 0 | 0.5 |" in page
    assert "equal seconds: the pool of" in text.section(stored)
    assert text.section({}) == "Not measured yet (`--only search`)."
