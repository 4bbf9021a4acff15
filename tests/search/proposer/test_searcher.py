"""What the searcher asks a model, when, and what becomes of the answers."""

import json

import pytest

from lode.errors import UsageError
from lode.language import BAR_FIELDS, parse
from lode.search import Scored, dump_searcher, load_searcher, make_searcher
from lode.search.proposer import LanguageModel, connected
from lode.search.proposer.answer import NOT_SEARCHED, REPEATED, UNREADABLE


class Said:
    """A model that says its answers in turn, the last for ever, and remembers its prompts."""

    def __init__(self, *answers, questions=5):
        self.answers, self.prompts = list(answers), []
        self.model = LanguageModel(self.say, questions)

    def say(self, prompt):
        self.prompts.append(prompt)
        return self.answers[min(len(self.prompts), len(self.answers)) - 1]


def made(model, **options):
    given = {"fields": BAR_FIELDS, "seed": 3, "history": 1000, "budget": 200} | options
    return connected(make_searcher("language_model", **given), model)


def search(searcher, generations, size=40):
    """Ask and tell, t by order; the texts of every generation."""
    asked = []
    for _ in range(generations):
        expressions = searcher.ask(size)
        searcher.tell([Scored(e, 0.001 * i, 0.1 * i, 0.9) for i, e in enumerate(expressions)])
        asked.append([str(e) for e in expressions])
    return asked


def windows(*lengths):
    return json.dumps([f"ts_zscore(volume, {length})" for length in lengths])


def test_what_is_proposed_is_asked_first_and_the_rest_is_bred():
    said = Said(windows(5, 6), windows(7), questions=2)
    first, second, third, *_ = search(made(said.model, budget=80), 4)
    assert first[:2] == ["ts_zscore(volume, 5)", "ts_zscore(volume, 6)"]
    assert second[0] == "ts_zscore(volume, 7)"
    assert len(first) == len(second) == len(third) == 40
    assert len(said.prompts) == 2


def test_without_a_useful_answer_it_proposes_what_the_genetic_searcher_does():
    said = Said("I cannot help with that.")
    genetic = make_searcher("genetic", fields=BAR_FIELDS, seed=3, history=1000, budget=200)
    assert search(made(said.model), 5) == search(genetic, 5)


@pytest.mark.parametrize(("questions", "expected"), [(1, [0]), (2, [0, 3]), (5, [0, 1, 2, 3, 4]), (9, [0, 1, 2, 3, 4])])
def test_questions_are_spread_over_the_budget(questions, expected):
    said, when = Said(*(windows(5 + i) for i in range(9)), questions=questions), []
    searcher = made(said.model)
    for generation in range(5):
        before = len(said.prompts)
        search(searcher, 1)
        when += [generation] * (len(said.prompts) - before)
    assert when == expected


def test_a_model_that_brings_nothing_three_times_is_asked_no_more():
    said = Said("no", windows(5), "no", windows(5), "no", windows(9), questions=100)
    search(made(said.model, budget=400), 10)
    assert len(said.prompts) == 5


def test_it_is_asked_no_more_once_its_share_is_spent():
    said = Said(windows(5), None, windows(6), questions=10)
    searcher = made(said.model)
    search(searcher, 5)
    assert len(said.prompts) == 2
    assert searcher.tally["questions"] == 1


def test_the_next_prompt_tells_what_became_of_the_last_answer():
    said = Said('["ts_zscore(volume, 5)", "no(such)", "close - close"]', windows(5, 6))
    searcher = made(said.model)
    search(searcher, 2)
    assert "What became" not in said.prompts[0]
    answered = said.prompts[1].split("What became of your last answer\n")[1].split("\n\n")[0]
    assert answered == "ts_zscore(volume, 5)  (rank IC +0.0000, t +0.0)"
    assert "(rank IC +0.0390, t +3.9)" in said.prompts[1].split("Best so far on train\n")[1]
    assert searcher.tally == {
        "questions": 2,
        "proposed": 2,
        "dropped": dict(sorted({UNREADABLE: 1, NOT_SEARCHED: 1, REPEATED: 1}.items())),
    }


def test_seeds_come_before_what_is_proposed_and_the_answer_is_told_of_when_it_came():
    said = Said(windows(5, 6), windows(7))
    searcher = made(said.model, budget=30)
    seeds = [parse(f"ts_delta(close, {d})") for d in range(2, 12)]
    assert searcher.seed(seeds) == 0
    first, second, _third = search(searcher, 3, size=10)
    assert first == [str(seed) for seed in seeds]
    assert second[:3] == ["ts_zscore(volume, 5)", "ts_zscore(volume, 6)", "ts_zscore(volume, 7)"]
    assert "What became" not in said.prompts[1]
    assert "ts_zscore(volume, 6)  (rank IC" in said.prompts[2].split("What became of your last answer\n")[1]


def test_a_stored_searcher_asks_the_same_questions():
    answers = [windows(5, 6), "no", windows(7), windows(8)]
    whole, part = Said(*answers), Said(*answers)
    searcher = made(whole.model)
    expected = search(searcher, 5)
    stopped = made(part.model)
    before = search(stopped, 2)
    restored = connected(load_searcher(dump_searcher(stopped)), part.model)
    assert before + search(restored, 3) == expected
    assert part.prompts == whole.prompts
    assert json.loads(dump_searcher(restored)) == json.loads(dump_searcher(searcher))


def test_what_other_shards_found_is_among_the_best_that_are_told():
    said = Said(windows(5))
    searcher = made(said.model)
    other = make_searcher("random", fields=BAR_FIELDS, seed=9, history=1000).ask(30)
    searcher.tell([Scored(e, 0.01 + 0.001 * i, 3.0 + 0.1 * i, 0.9) for i, e in enumerate(other)])
    searcher.ask(40)
    best = said.prompts[0].split("Best so far on train\n")[1].split("\n\n")[0].splitlines()
    assert 10 <= len(best) <= 16
    assert all(line.split("  (rank")[0] in {str(e) for e in other} for line in best)


def test_a_failure_of_the_model_is_not_hidden():
    def fail(_):
        raise OSError("down")

    with pytest.raises(OSError, match="down"):
        made(LanguageModel(fail, 1)).ask(1)


def test_without_a_model_there_is_one_clear_error():
    with pytest.raises(UsageError, match="LODE_PROPOSER"):
        made(None)
    with pytest.raises(UsageError, match="was given none"):
        make_searcher("language_model", fields=BAR_FIELDS, seed=1).ask(1)
    assert connected(make_searcher("random", fields=BAR_FIELDS, seed=1), None).ask(1)
