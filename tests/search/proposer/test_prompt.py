"""What a model is told."""

import re

from lode.language import BAR_FIELDS, Unit
from lode.search import SearchSpace
from lode.search.proposer import Known, Question, prompt_text

SPACE = SearchSpace.of(BAR_FIELDS, history=1000)


def asked(space=SPACE, **changes):
    return prompt_text(space, Question(**{"wanted": 20, "seed": 7, "shard": 1, "shards": 4, "number": 2} | changes))


def test_the_space_is_told():
    prompt = asked()
    assert "JSON array of 20 formulas" in prompt
    assert "At most 16 nodes" in prompt
    assert "at most 250 sessions" in prompt
    assert "\nprice: close, high, low, open, raw_close, vwap\n" in prompt
    assert "\nshares: volume\n" in prompt
    told = dict(re.findall(r"^(\w+)(\(.*?\)): ", prompt, re.MULTILINE))
    assert set(told) == set(SPACE.operators)
    assert told["ts_corr"] == "(x, y, d)"
    assert told["winsorize"] == "(x, std=4)"


def test_scores_are_told_where_there_are_some():
    plain = asked()
    assert "rank IC +" not in plain
    best = [Known("ts_delta(close, 5)", -0.0213, -4.27)]
    told = asked(best=best, answered=[("close / open", None), ("returns", Known("returns", 0.01, 1.0))])
    assert "Best so far on train\nts_delta(close, 5)  (rank IC -0.0213, t -4.3)\n" in told
    assert "close / open  (no score)\nreturns  (rank IC +0.0100, t +1.0)\n" in told


def test_questions_differ_by_shard_seed_and_number_and_by_nothing_else():
    assert asked() == asked()
    assert len({asked(), asked(seed=8), asked(shard=2), asked(number=3)}) == 4


def test_a_panel_without_groups_and_one_with_very_many_fields():
    assert "group (" not in asked(SearchSpace.of({"close": Unit.PRICE}, history=1000))
    many = {f"own_{number:04d}": Unit.NUMBER for number in range(2000)} | {"x" * 90: Unit.NUMBER}
    prompt = asked(SearchSpace.of(many, history=1000))
    assert len(prompt) < 8000
    assert "x" * 90 not in prompt.split("half of your formulas")[0]
