"""What holds for every searcher that is registered, and what those that learn find."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lode.engine import Evaluator, Scorer
from lode.errors import DataError, UsageError
from lode.evaluation import newey_west_t
from lode.language import BAR_FIELDS, Unit, check, expression_id, lookback, parse, unit
from lode.search import OPERATIONS, SEARCHERS, Origin, Scored, dump_searcher, load_searcher, make_searcher
from lode.search.idea import idea
from lode.search.proposer import LanguageModel, connected

NAMES = sorted(SEARCHERS)
LEARNING = ["genetic", "surrogate", "tree"]
MODEL = LanguageModel(lambda prompt: f'["ts_zscore(returns, {len(prompt) % 97 + 2})", "close", "no(such)"]', 3)
BARS = {name: BAR_FIELDS[name] for name in ("close", "volume", "returns")}


def made(name, seed=1, fields=BAR_FIELDS, **options):
    return connected(make_searcher(name, fields=fields, seed=seed, history=1000, **options), MODEL)


def told(searcher, expressions):
    """Tell scores that follow from the text alone, some of them missing."""
    scores = []
    for expr in expressions:
        digits = int(expression_id(expr), 16)
        t = math.nan if digits % 11 == 0 else (digits % 1000) / 100 - 5
        scores.append(Scored(expr, rank_ic=t / 250, t=t, coverage=0.9))
    searcher.tell(scores)
    return scores


def generations(searcher, count, size=40):
    asked = []
    for _ in range(count):
        asked.append(searcher.ask(size))
        told(searcher, asked[-1])
    return [[str(expr) for expr in generation] for generation in asked]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_asked_is_well_typed_bounded_and_new(name):
    searcher = made(name)
    asked = [parse(text) for generation in generations(searcher, 8) for text in generation]
    assert len(asked) == 320
    for expr in asked:
        check(expr)
        assert unit(expr, BAR_FIELDS) != Unit.GROUP
        assert lookback(expr) <= 250
        assert expr.size <= 16
    assert len({expression_id(expr) for expr in asked}) == 320
    assert len({idea(expr, BAR_FIELDS) for expr in asked}) == 320


@pytest.mark.parametrize("name", NAMES)
def test_the_same_construction_and_the_same_tells_ask_the_same(name):
    assert generations(made(name), 4) == generations(made(name), 4)
    assert generations(made(name), 1) != generations(made(name, seed=2), 1)
    assert generations(made(name, shard=0, shards=2), 1) != generations(made(name, shard=1, shards=2), 1)


@pytest.mark.parametrize("name", NAMES)
def test_a_stored_searcher_goes_on_as_if_it_had_not_been_stored(name):
    whole = made(name, shard=1, shards=4, budget=500)
    whole.seed([parse("rank(close)"), parse("ts_mean(volume, 7)")])
    whole.ask(1)
    before = generations(whole, 4)
    copy = connected(load_searcher(dump_searcher(whole)), MODEL)
    assert json.loads(dump_searcher(copy)) == json.loads(dump_searcher(whole))
    after = generations(whole, 4)
    assert generations(copy, 4) == after
    assert not {text for g in before for text in g} & {text for g in after for text in g}


def test_a_checkpoint_of_another_version_is_refused():
    text = json.dumps(json.loads(dump_searcher(made("random"))) | {"version": 0})
    with pytest.raises(DataError, match="version 0"):
        load_searcher(text)


@pytest.mark.parametrize("name", NAMES)
def test_only_fields_that_are_present(name):
    asked = [text for generation in generations(made(name, fields=BARS), 5) for text in generation]
    assert frozenset().union(*(parse(text).fields for text in asked)) == BARS.keys()
    assert not [text for text in asked if "group_" in text]


@pytest.mark.parametrize("name", NAMES)
def test_a_space_that_runs_dry_ends(name):
    space = {"fields": {"close": Unit.PRICE}, "history": 8, "operators": ["ts_delta"]}
    searcher = connected(make_searcher(name, seed=1, **space), MODEL)
    asked = searcher.ask(50)
    told(searcher, asked)
    whole = {"close", "ts_delta(close, 1)", "ts_delta(close, 2)", "ts_delta(ts_delta(close, 1), 1)"}
    assert {str(expr) for expr in asked} <= whole
    assert len(asked) == len(whole) or name in {"random", "surrogate", "tree"}
    assert searcher.ask(50) == []


@pytest.mark.parametrize("name", NAMES)
def test_one_field_and_one_operator_leave_one_idea(name):
    searcher = made(name, fields={"close": Unit.PRICE}, operators=["rank"])
    assert [len(searcher.ask(5)), searcher.ask(5)] == [1, []]


@pytest.mark.parametrize("name", NAMES)
def test_seeds_come_first_and_those_that_do_not_fit_are_counted(name):
    searcher = made(name, fields=BARS)
    seeds = ["rank(ts_delta(close, 5))", "vwap / close", "close + volume", "ts_mean(returns, 5)"]
    assert searcher.seed([parse(text) for text in seeds]) == 2
    assert [str(expr) for expr in searcher.ask(2)] == [seeds[0], seeds[3]]
    assert searcher.seed([parse("ts_mean(returns, 5)")]) == 1


@pytest.mark.parametrize("name", NAMES)
def test_what_another_shard_told_is_not_asked(name):
    other = generations(made(name), 3)
    searcher = made(name)
    told(searcher, [parse(text) for generation in other for text in generation])
    again = generations(searcher, 3)
    assert not {text for g in other for text in g} & {text for g in again for text in g}


@pytest.mark.parametrize("name", NAMES)
def test_scores_that_are_all_missing_do_no_harm(name):
    searcher = made(name)
    for _ in range(4):
        searcher.tell([Scored(expr, math.nan, math.nan, 0.0) for expr in searcher.ask(40)])
    assert len(searcher.ask(40)) == 40


@pytest.mark.parametrize("name", NAMES)
def test_the_latest_ask_has_origins_and_what_was_asked_before_has_none(name):
    searcher = made(name)
    seeds = [parse("rank(ts_delta(close, 5))")]
    searcher.seed(seeds)
    first = searcher.ask(40)
    assert searcher.origin(first[0]) == Origin("seed")
    told(searcher, first)
    known = {str(expr) for expr in first}
    for _ in range(6):
        asked = searcher.ask(40)
        for expr in asked:
            origin = searcher.origin(expr)
            assert origin.operation in OPERATIONS
            assert {str(parent) for parent in origin.parents} <= known
        told(searcher, asked)
        known |= {str(expr) for expr in asked}
    with pytest.raises(UsageError, match="latest ask"):
        searcher.origin(first[0])


@pytest.mark.parametrize("name", NAMES)
def test_a_restored_searcher_knows_the_origins_of_its_latest_ask(name):
    searcher = made(name)
    generations(searcher, 6)
    asked = searcher.ask(40)
    copy = connected(load_searcher(dump_searcher(searcher)), MODEL)
    assert [copy.origin(expr) for expr in asked] == [searcher.origin(expr) for expr in asked]


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_may_be_what_a_search_would_not_make(name):
    searcher = made(name)
    published = parse("-(ts_sum(close, 5) * ts_sum(returns, 5) - ts_delay(ts_sum(close, 5) * ts_sum(returns, 5), 10))")
    assert searcher.seed([published, published, parse("rank(published)")]) == 2
    asked = searcher.ask(5)
    assert asked[0] == published
    for _ in range(3):
        told(searcher, asked)
        asked = searcher.ask(40)
        assert all(searcher.space.holds(expr) for expr in asked)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=3)
@given(cuts=st.lists(st.booleans(), min_size=6, max_size=6), seed=st.integers(0, 1000))
def test_storing_at_any_point_changes_nothing(name, cuts, seed):
    whole, cut = made(name, seed=seed, fields=BARS), made(name, seed=seed, fields=BARS)
    for stored_before_ask, stored_before_tell in zip(cuts[::2], cuts[1::2], strict=True):
        asked = whole.ask(20)
        cut = connected(load_searcher(dump_searcher(cut)), MODEL) if stored_before_ask else cut
        assert cut.ask(20) == asked
        cut = connected(load_searcher(dump_searcher(cut)), MODEL) if stored_before_tell else cut
        told(whole, asked)
        told(cut, asked)
    assert cut.state() == whole.state()


@pytest.mark.parametrize("name", NAMES)
def test_what_the_pool_gains_and_what_is_traded_may_be_told(name):
    searcher = made(name)
    for _ in range(3):
        searcher.tell([Scored(e, 0.01, 3.0, 0.9, added_t=1.0, turnover=0.4) for e in searcher.ask(20)])
    assert len(connected(load_searcher(dump_searcher(searcher)), MODEL).ask(20)) == 20


@pytest.mark.parametrize("name", NAMES)
def test_a_long_search_never_asks_twice_and_stays_small(name, soak_scale):
    searcher, budget = made(name), int(5000 * soak_scale)
    forms, ideas = set(), set()
    while len(forms) < budget:
        asked = searcher.ask(50)
        assert len(asked) == 50
        told(searcher, asked)
        before = len(forms)
        forms |= {expression_id(expr) for expr in asked}
        ideas |= {idea(expr, BAR_FIELDS) for expr in asked}
        assert len(forms) == len(ideas) == before + 50
    assert len(dump_searcher(searcher)) < 400_000 + 200 * budget


def test_unknown_searchers_and_shards_are_named():
    with pytest.raises(UsageError, match="known are enumeration, genetic, language_model, random, surrogate, tree"):
        made("gentic")
    with pytest.raises(UsageError, match="from 0 to 3"):
        made("random", shard=4, shards=4)


class Market:
    """A few names whose next return follows a planted expression, scored as a run scores."""

    def __init__(self, plant, seed, names=60, sessions=420):
        rng = np.random.default_rng(seed)
        returns = 0.02 * rng.standard_normal((sessions, names))
        volume = np.exp(
            12 + rng.standard_normal(names) + np.cumsum(0.3 * rng.standard_normal((sessions, names)), axis=0) * 0.1
        )
        volume *= np.exp(0.3 * rng.standard_normal((sessions, names)))
        close = 50 * np.exp(np.cumsum(returns, axis=0))
        fields = {"close": close, "volume": volume, "returns": returns}
        self.evaluator = Evaluator({k: np.ascontiguousarray(v, dtype=np.float32) for k, v in fields.items()})
        self.truth = self.evaluator.value(parse(plant))
        signal = np.argsort(np.argsort(self.truth, axis=1), axis=1) / names - 0.5
        forward = 0.45 * signal + rng.standard_normal((sessions, names))
        self.scorer = Scorer(forward.astype(np.float32), rows=slice(130, sessions))

    def scored(self, expr):
        series = self.scorer.rank_ic(self.evaluator.value(expr))
        test = newey_west_t(series[np.isfinite(series)]) if np.isfinite(series).sum() > 50 else None
        return Scored(expr, math.nan, math.nan, 0.0) if test is None else Scored(expr, test.mean, test.t, 1.0)

    def likeness(self, expr):
        return abs(np.nanmean(Scorer(self.truth, rows=slice(130, None)).rank_ic(self.evaluator.value(expr))))


@pytest.mark.parametrize("name", LEARNING)
@pytest.mark.parametrize("plant", ["rank(-ts_delta(close, 5))", "ts_rank(volume, 20)"])
def test_those_that_learn_find_what_was_planted(plant, name):
    market, searcher = Market(plant, seed=5), make_searcher(name, fields=BARS, seed=3, history=400)
    scores = []
    for _ in range(10):
        generation = [market.scored(expr) for expr in searcher.ask(40)]
        searcher.tell(generation)
        scores += generation
    best = max((s for s in scores if math.isfinite(s.t)), key=lambda s: abs(s.t))
    assert abs(best.t) > 6
    assert market.likeness(best.expression) > 0.8
