"""The prompt: what a language model is told of the space and of the search so far.

Only names, units and declarations of the language, and scores on train, stand in it: no prices, no dates, no names of
companies, no news, no filings, and nothing of later sessions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from lode.language import OPERATORS, Operator
from lode.search.space import SearchSpace

_MOST_FIELDS = 150
_LONGEST_NAME = 60
_FOCUS = 4
_TASK = """\
You propose factors for stock selection: formulas whose values on a day, compared across the stocks of that day, \
predict which of them will return more over the sessions that follow. A genetic search scores each formula by its \
daily rank IC (the Spearman correlation of its values with the returns that follow) on a training period, and breeds \
from the best.

Answer with a JSON array of {wanted} formulas as strings, and nothing else. Each is one formula in the language \
below."""
_RULES = """\
Rules
- A formula is made of the fields and operators listed here and of numbers. Those that have a sign may be written with \
it: x + y, x - y, x * y, x / y, x ** y, x > y.
- At most {size} nodes: every operator, field and number counts as one.
- A window d is a whole number of sessions and comes last. All windows on the way from the formula to a field together \
reach back at most {lookback} sessions.
- What is added, subtracted or compared must have the same unit; ratios, ranks and counts mix freely. Divide, or take \
ts_rank, ts_zscore or rank first.
- if_else takes a comparison as its condition, power and signed_power a number as the exponent.
- The direction of a formula is found from its scores: no minus in front, and no rank, zscore or scale around the whole.
- The formulas differ from one another and from those below in what they measure, not only in a window."""


@dataclass(frozen=True)
class Known:
    """A scored expression: mean daily rank IC on train, and its Newey-West t."""

    text: str
    rank_ic: float
    t: float

    def __str__(self) -> str:
        return f"{self.text}  (rank IC {self.rank_ic:+.4f}, t {self.t:+.1f})"


@dataclass(frozen=True)
class Question:
    """One question of a shard: how many formulas, which question of whose, and what is known by then.

    best: the best of the search so far. answered: what came of the last answer, None where an expression has no score.
    """

    wanted: int
    seed: int
    shard: int
    shards: int
    number: int
    best: Sequence[Known] = ()
    answered: Sequence[tuple[str, Known | None]] = field(default=())


def prompt_text(space: SearchSpace, question: Question) -> str:
    """The whole prompt: the same space and question give the same text."""
    parts = [
        _TASK.format(wanted=question.wanted),
        _RULES.format(size=space.max_size, lookback=space.max_lookback),
        _fields(space, question),
        "Operators\n" + "\n".join(_told(OPERATORS[name]) for name in space.operators),
        *_scores(question),
        _place(space, question),
    ]
    return "\n\n".join(parts) + "\n"


def _fields(space: SearchSpace, question: Question) -> str:
    """Fields by unit; of very many a sample that the question decides."""
    names = [name for name in space.series if len(name) <= _LONGEST_NAME]
    if len(names) > _MOST_FIELDS:
        names = sorted(_lot(question, "fields").sample(names, _MOST_FIELDS))
    units = sorted({space.fields[name].name for name in names})
    lines = [f"{unit}: {', '.join(n for n in names if space.fields[n].name == unit)}" for unit in units]
    groups = [f"group (only as the group of a group operator): {', '.join(space.groups)}"] if space.groups else []
    return "\n".join(["Fields, by unit", *lines, *groups])


def _told(operator: Operator) -> str:
    """`winsorize(x, std=4): x clipped to …`; options are left out, since they are short for other operators."""
    named = (p.name if p.default is None else f"{p.name}={p.shown(p.default)}" for p in operator.params)
    return f"{operator.name}({', '.join(named)}): {operator.formula}"


def _scores(question: Question) -> list[str]:
    parts = []
    if question.best:
        parts.append("Best so far on train\n" + "\n".join(map(str, question.best)))
    if question.answered:
        lines = [f"{text}  (no score)" if known is None else str(known) for text, known in question.answered]
        parts.append("What became of your last answer\n" + "\n".join(lines))
    return parts


def _place(space: SearchSpace, question: Question) -> str:
    """What makes the questions of several shards, of several seeds, and of one shard differ."""
    focus = _lot(question, "focus").sample(space.series, min(_FOCUS, len(space.series)))
    return (
        f"You are proposer {question.shard + 1} of {question.shards}; this is question {question.number + 1} of draw "
        f"{question.seed}. So that proposers do not all say the same, let half of your formulas use one of these: "
        f"{', '.join(focus)}."
    )


def _lot(question: Question, what: str) -> Random:
    return Random(f"{what} {question.seed} {question.shard} {question.number}")  # noqa: S311  a search, not a secret
