import numpy as np
import pytest

from lode.engine import Evaluator
from lode.evidence.leaks import LeakCheck, Subject, check_knowledge, check_leaks, overall
from lode.language import lookback, parse
from tests.evidence.conftest import make_panel


def subject(text):
    tree = parse(text)

    def evaluate(panel):
        return Evaluator(panel.fields, panel.groups, mask=panel.tradable).value(tree)

    return Subject(evaluate, tree.fields, lookback(tree))


def rebuild_from(panel):
    return lambda session: panel.slice(0, int(np.searchsorted(panel.sessions, session)) + 1)


def outcomes(*names):
    return [LeakCheck(str(i), name) for i, name in enumerate(names)]


@pytest.mark.parametrize(
    ("checks", "expected"),
    [
        (["passed", "passed"], "passed"),
        (["passed", "reported"], "passed"),
        (["passed", "not checkable"], "not checkable"),
        (["not checkable", "failed", "passed"], "failed"),
        (["reported"], "not checkable"),
        ([], "not checkable"),
    ],
)
def test_overall_is_the_worst_outcome(checks, expected):
    assert overall(outcomes(*checks)) == expected


def test_sound_factor_passes_every_check(market):
    checks = check_leaks(subject("rank(close / ts_mean(close, 10))"), market, rebuild=rebuild_from(market))
    assert [check.name for check in checks] == [
        *("knowledge", "timing", "repeat", "cut", "scramble", "shifted labels", "target"),
        *("outside", "lookback", "knowledge shift"),
    ]
    assert overall(checks) == "passed"


def test_same_seed_makes_the_same_checks(market):
    asked = []

    def rebuild(session):
        asked.append(session)
        return rebuild_from(market)(session)

    first, second = (check_leaks(subject("rank(volume)"), market, rebuild=rebuild, seed=4) for _ in range(2))
    assert first == second
    assert asked[:3] == asked[3:]


def test_without_a_rebuild_nothing_is_proven(market):
    assert overall(check_leaks(subject("rank(volume)"), market, rebuild=None)) == "not checkable"


def test_field_without_knowledge_times_is_not_checkable(market):
    panel = make_panel(market.fields["close"], mine=market.fields["volume"], knowledge="absent")
    found = check_knowledge(panel, {"close", "mine"})
    assert (found.outcome, found.detail) == ("not checkable", "no knowledge times for close, mine")
    assert check_knowledge(panel, {"unheard_of"}).outcome == "not checkable"


def test_assumed_knowledge_passes_and_says_so(market):
    found = check_knowledge(make_panel(market.fields["close"], knowledge="assumed"), {"close"})
    assert (found.outcome, found.detail) == ("passed", "assumed known at the close: close")


def test_prices_that_came_adjusted_are_rescaled(market):
    panel = make_panel(market.fields["close"], adjusted=True)
    levels = check_leaks(subject("rank(close)"), panel, rebuild=rebuild_from(panel))
    assert {check.name: check.outcome for check in levels}["rescale"] == "not checkable"
    ratios = check_leaks(subject("rank(ts_delta(close, 5) / close)"), panel, rebuild=rebuild_from(panel))
    assert overall(ratios) == "passed"
