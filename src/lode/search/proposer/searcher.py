"""The searcher that asks a language model, and breeds from its answers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from lode.language import Expr
from lode.search.genetic import GeneticSearcher
from lode.search.proposer.answer import REPEATED, read_answer
from lode.search.proposer.best import Best
from lode.search.proposer.model import LanguageModel, no_model
from lode.search.proposer.prompt import Known, Question, prompt_text
from lode.search.protocol import Assignment, Origin, Scored, State
from lode.search.space import SearchSpace

WANTED = 20
_PATIENCE = 3


class LanguageModelSearcher:
    """Puts what a language model proposes before what the genetic searcher does, and lets that breed from both.

    Questions are spread evenly over the budget of candidates, so that later ones tell the model of more scores. What an
    answer holds comes first; the rest of an ask is the genetic searcher's. After three answers in a row that brought
    nothing new the model is asked no more. `tally` counts what came of the answers.
    """

    name = "language_model"

    def __init__(self, space: SearchSpace, assignment: Assignment) -> None:
        self.space, self.assignment = space, assignment
        self._genetic = GeneticSearcher(space, assignment)
        self._model: LanguageModel | None = None
        self._best = Best(space.fields)
        self._waiting: set[str] = set()
        self._answered: dict[str, Known | None] = {}
        self._asked = self._fruitless = 0
        self._spent = False
        self._dropped: Counter[str] = Counter()
        self._questions = self._proposed = 0

    def connect(self, model: LanguageModel) -> None:
        """Ask this model from now on."""
        self._model = model

    @property
    def tally(self) -> dict[str, int | dict[str, int]]:
        """Questions that were answered, new expressions that the answers brought, and by reason what was dropped."""
        return {
            "questions": self._questions,
            "proposed": self._proposed,
            "dropped": dict(sorted(self._dropped.items())),
        }

    def ask(self, n: int) -> list[Expr]:
        """Up to `n` new expressions: the model's, where it is its turn, then the genetic searcher's."""
        if n > 0 and self._due():
            self._consult()
        asked = self._genetic.ask(n)
        if came := [text for text in map(str, asked) if text in self._waiting]:
            self._waiting.difference_update(came)
            self._answered = dict.fromkeys(came)
        self._asked += len(asked)
        return asked

    def tell(self, scores: Sequence[Scored]) -> None:
        """Learn from scores, and remember the best and those of the last answer for the next question."""
        self._genetic.tell(scores)
        for scored in scores:
            self._best.add(scored)
            if math.isfinite(scored.t) and (text := str(scored.expression)) in self._answered:
                self._answered[text] = Known(text, scored.rank_ic, scored.t)

    def seed(self, expressions: Sequence[Expr]) -> int:
        """Ask for these first; returns how many do not fit or were asked before."""
        return self._genetic.seed(expressions)

    def origin(self, expression: Expr) -> Origin:
        """Where an expression of the latest ask comes from: the model, or what the genetic searcher did."""
        made = self._genetic.origin(expression)
        return Origin("language model") if str(expression) in self._answered else made

    def state(self) -> State:
        """The genetic searcher's state, and what was asked of the model and told of its answers."""
        return {
            "genetic": self._genetic.state(),
            "best": self._best.state(),
            "waiting": sorted(self._waiting),
            "answered": [[text, known and [known.rank_ic, known.t]] for text, known in self._answered.items()],
            "asked": self._asked,
            "fruitless": self._fruitless,
            "spent": self._spent,
            "tally": self.tally,
        }

    def restore(self, state: State) -> None:
        """Go on where the searcher that gave `state` was."""
        self._genetic.restore(state["genetic"])
        self._best.restore(state["best"])
        self._waiting = set(state["waiting"])
        self._answered = {text: None if scores is None else Known(text, *scores) for text, scores in state["answered"]}
        self._asked, self._fruitless, self._spent = state["asked"], state["fruitless"], state["spent"]
        tally = state["tally"]
        self._questions, self._proposed = tally["questions"], tally["proposed"]
        self._dropped = Counter(tally["dropped"])

    def _due(self) -> bool:
        """Whether it is time for a question: the i-th of q comes when i / q of the budget have been asked for."""
        model = self._connected()
        if self._spent or self._fruitless >= _PATIENCE or self._questions >= model.questions:
            return False
        budget = self.assignment.budget
        return budget is None or self._asked * model.questions >= self._questions * budget

    def _consult(self) -> None:
        """Ask one question, and have what is new in the answer asked for, once what was given by `seed` has been."""
        answer = self._connected().complete(prompt_text(self.space, self._question()))
        if answer is None:
            self._spent = True
            return
        reading = read_answer(answer, self.space, most=WANTED)
        known = self._genetic.seed(reading.expressions)
        new = len(reading.expressions) - known
        self._dropped.update(reading.dropped)
        if known:
            self._dropped[REPEATED] += known
        self._questions, self._proposed = self._questions + 1, self._proposed + new
        self._fruitless = 0 if new else self._fruitless + 1
        self._waiting.update(map(str, reading.expressions))

    def _question(self) -> Question:
        place = self.assignment
        return Question(
            WANTED,
            place.seed,
            place.shard,
            place.shards,
            self._questions,
            best=self._best.known(),
            answered=list(self._answered.items()),
        )

    def _connected(self) -> LanguageModel:
        if self._model is None:
            raise no_model(self.name)
        return self._model
