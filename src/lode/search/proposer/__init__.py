"""A proposer that asks a language model: the prompt, what is made of an answer, and the searcher. Does no I/O itself.

What the model says is read by the language's own parser and held to the search space, and nothing else is done with it.
"""

from __future__ import annotations

from lode.search.proposer.answer import Reading, read_answer
from lode.search.proposer.model import AsksModel, LanguageModel, connected
from lode.search.proposer.prompt import Known, Question, prompt_text
from lode.search.proposer.searcher import LanguageModelSearcher

__all__ = [
    "AsksModel",
    "Known",
    "LanguageModel",
    "LanguageModelSearcher",
    "Question",
    "Reading",
    "connected",
    "prompt_text",
    "read_answer",
]
