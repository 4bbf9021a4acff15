"""What a searcher gets that may ask a language model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from lode.errors import UsageError
from lode.search.protocol import Searcher


@dataclass(frozen=True)
class LanguageModel:
    """A language model that may be asked so many questions.

    complete: from a prompt to the answer's text; the same prompt gives the same answer, in a repeated run too. None
    where no more may be asked. It raises where the model cannot be reached: a search does not go on as if it had been.
    """

    complete: Callable[[str], str | None]
    questions: int


@runtime_checkable
class AsksModel(Protocol):
    """A searcher that asks a language model: `make_searcher` makes it, `connected` gives it one."""

    def connect(self, model: LanguageModel) -> None:
        """Ask this one from now on."""
        ...


def connected(searcher: Searcher, model: LanguageModel | None) -> Searcher:
    """The searcher, connected to the model where it asks one; UsageError where it does and there is none."""
    if isinstance(searcher, AsksModel):
        if model is None:
            raise no_model(searcher.name)
        searcher.connect(model)
    return searcher


def no_model(name: str) -> UsageError:
    """The error of a searcher that asks a language model and has none."""
    return UsageError(
        f"the searcher {name!r} asks a language model, and was given none: in a run it asks the one that LODE_PROPOSER "
        "names, in Python `connected(make_searcher(…), LanguageModel(…))` gives it one"
    )
