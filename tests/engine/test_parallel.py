import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lode.engine import Evaluator, Scorer
from lode.engine.parallel import Crew, score_many
from lode.errors import ExpressionError, UsageError
from lode.language import FIELD_UNITS, parse
from lode.search import make_searcher
from tests.engine.markets import NESTED, market


@pytest.fixture(scope="module")
def panel():
    fields, groups = market(sessions=80, names=40, seed=3)
    forward = np.roll(fields["returns"], -2, axis=0)
    mask = np.random.default_rng(0).random(forward.shape) < 0.9
    return fields, groups, forward, mask


@pytest.fixture(scope="module")
def expressions(panel):
    units = {name: FIELD_UNITS[name] for name in panel[0]}
    return [*make_searcher("random", fields=units, seed=1).ask(40), *map(parse, NESTED)]


@given(data=st.data())
@settings(max_examples=8, deadline=None)
def test_any_number_of_threads_gives_the_bits_of_one(panel, expressions, data):
    fields, groups, forward, mask = panel
    threads, cache = data.draw(st.integers(1, 5)), data.draw(st.sampled_from([0, 1 << 16, 1 << 26]))
    some = data.draw(st.lists(st.sampled_from(expressions), max_size=30))
    evaluator, scorer = Evaluator(fields, groups, mask=mask), Scorer(forward, rows=slice(5, 70))
    expected = [scorer.rank_ic(values) for values in evaluator.values(some)]
    crew = Crew(fields, forward, rows=slice(5, 70), groups=groups, mask=mask, threads=threads, cache_bytes=cache)
    for _ in range(2):
        got = crew.rank_ics(some)
        assert len(got) == len(expected)
        for one, other in zip(got, expected, strict=True):
            np.testing.assert_array_equal(one.view(np.int64), other.view(np.int64))


def test_a_fault_is_told_and_the_crew_goes_on(panel, expressions):
    fields, groups, forward, mask = panel
    crew = Crew(fields, forward, rows=slice(None), groups=groups, mask=mask)
    with pytest.raises(ExpressionError, match="no field vwap"):
        crew.rank_ics([*expressions[:5], parse("vwap")])
    assert len(crew.rank_ics(expressions[:5])) == 5


def test_one_call_does_it_and_no_thread_is_refused(panel, expressions):
    fields, groups, forward, mask = panel
    assert len(score_many(expressions[:3], fields, forward, rows=slice(None), groups=groups, mask=mask)) == 3
    with pytest.raises(UsageError, match="threads 0: allowed is 1 or more"):
        score_many([], fields, forward, rows=slice(None), threads=0)
