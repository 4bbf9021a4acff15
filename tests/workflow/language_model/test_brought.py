"""What a run tells of its language model."""

from datetime import date

from lode.language import BAR_FIELDS
from lode.search import make_searcher
from lode.workflow.language_model.brought import in_vain, of_run, of_shard
from lode.workflow.language_model.terms import Terms

TERMS = Terms("openai", "m", date(2024, 6, 1), 4, 24_000)


def shard(questions, proposed, **dropped):
    return {
        "language_model": {
            "questions": questions,
            "proposed": proposed,
            "dropped": dropped,
            "tokens": 10,
            "answers": [],
        }
    }


def test_shards_are_summed():
    told = of_run(TERMS, [shard(2, 5, large=1), shard(0, 0), shard(1, 3, large=2, far=1)])
    assert told["language_model"] == {
        "model": "openai:m",
        "cutoff": "2024-06-01",
        "questions": 3,
        "proposed": 8,
        "tokens": 30,
        "dropped": {"far": 1, "large": 3},
    }
    assert in_vain(told) == []


def test_a_model_that_brought_nothing_is_a_warning():
    assert in_vain(of_run(TERMS, [shard(2, 0, large=3), shard(1, 0, far=1)])) == [
        "the language model openai:m brought nothing new in 3 answers: 1 far; 3 large"
    ]
    assert "no expression in them" in in_vain(of_run(TERMS, [shard(1, 0)]))[0]


def test_a_run_that_asks_nobody_tells_nothing():
    assert of_run(None, []) == {}
    assert in_vain({}) == []
    assert of_shard(make_searcher("random", fields=BAR_FIELDS, seed=1), None) == {}
