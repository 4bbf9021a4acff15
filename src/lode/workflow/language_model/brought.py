"""What came of a language model's answers: counts, kept with every shard and told with the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from lode.search import Searcher
from lode.search.proposer import LanguageModelSearcher
from lode.workflow.context import Event
from lode.workflow.language_model.answers import Answers
from lode.workflow.language_model.terms import Terms


def of_shard(searcher: Searcher, answers: Answers | None) -> Event:
    """Return {language_model: {questions, proposed, dropped, tokens, answers}}; nothing where nobody was asked.

    proposed: new expressions; dropped: the others by reason; answers: lake keys, in the order of the questions.
    """
    if answers is None or not isinstance(searcher, LanguageModelSearcher):
        return {}
    return {"language_model": searcher.tally | {"tokens": answers.tokens, "answers": answers.keys}}


def of_run(terms: Terms | None, shards: Sequence[Event]) -> Event:
    """Return {language_model: {model, cutoff, questions, proposed, dropped, tokens}} summed over a run's shards."""
    if terms is None:
        return {}
    parts = [shard["language_model"] for shard in shards]
    counts = {name: sum(part[name] for part in parts) for name in ("questions", "proposed", "tokens")}
    dropped: Counter[str] = sum((Counter(part["dropped"]) for part in parts), Counter())
    return {
        "language_model": {"model": terms.name, "cutoff": terms.cutoff.isoformat()}
        | counts
        | {"dropped": dict(sorted(dropped.items()))}
    }


def in_vain(told: Event) -> list[str]:
    """Return the warning of a run whose language model brought nothing, from what `of_run` gave."""
    model = told.get("language_model")
    if model is None or model["proposed"]:
        return []
    reasons = "; ".join(f"{count} {reason}" for reason, count in model["dropped"].items()) or "no expression in them"
    return [f"the language model {model['model']} brought nothing new in {model['questions']} answers: {reasons}"]
