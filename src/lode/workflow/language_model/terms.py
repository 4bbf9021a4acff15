"""On which terms a run asks a language model: fixed with its plan, and part of what makes it the run that it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lode.errors import SettingsError, UsageError
from lode.evidence.splits import Splits
from lode.log import get_logger
from lode.search.proposer import LanguageModelSearcher
from lode.settings import Settings
from lode.workflow.language_model.address import check_address
from lode.workflow.options import MiningOptions

SEARCHER = LanguageModelSearcher.name
_GUIDE = "docs/how-to/language-model.md tells more"
_NEEDED = {"openai": {"httpx": "collect"}, "bedrock": {"boto3": "aws", "stamina": "collect"}}
"""Packages that asking a provider needs, and the extras that bring them."""


@dataclass(frozen=True)
class Terms:
    """Who is asked, up to when that model knows history, and the most questions and tokens of the whole run."""

    provider: str
    model: str
    cutoff: date
    requests: int
    tokens: int

    @property
    def name(self) -> str:
        """Provider and model as LODE_PROPOSER names them."""
        return f"{self.provider}:{self.model}"

    @property
    def allowance(self) -> int:
        """Tokens of one question and its answer."""
        return self.tokens // self.requests

    def share(self, place: int, parts: int) -> int:
        """Questions of one part of the run's work; those of all parts sum to the run's."""
        return self.requests // parts + (place < self.requests % parts)

    def to_event(self) -> dict[str, Any]:
        """Return the terms as JSON holds them."""
        return asdict(self) | {"cutoff": self.cutoff.isoformat()}

    @classmethod
    def from_event(cls, event: dict[str, Any]) -> Terms:
        """Read terms from JSON."""
        return cls(**event | {"cutoff": date.fromisoformat(event["cutoff"])})

    def __str__(self) -> str:
        return f"{self.name} cut off {self.cutoff}, {self.requests} requests, {self.tokens} tokens"


def terms_of(options: MiningOptions, settings: Settings, today: date) -> Terms | None:
    """Return a run's terms by the settings, None where its searcher asks nobody.

    Raises SettingsError that names every setting that is missing, and for an address or key that cannot be used;
    UsageError for an extra that is not installed.
    """
    if options.searcher != SEARCHER:
        return None
    if settings.proposer is None or settings.proposer_cutoff is None:
        raise SettingsError(
            f"--searcher {SEARCHER} needs {' and '.join(_missing(settings))}; it is off unless these are set: {_GUIDE}"
        )
    if settings.proposer_cutoff > today:
        raise SettingsError(
            f"LODE_PROPOSER_CUTOFF {settings.proposer_cutoff} is after today, {today}: it is the day up to which the "
            f"model of LODE_PROPOSER knows history; its provider states it. {_GUIDE}"
        )
    provider, _, model = settings.proposer.partition(":")
    _require_packages(settings.proposer, _NEEDED[provider])
    if provider == "openai":
        check_address(settings)
    return Terms(
        provider, model, settings.proposer_cutoff, requests=settings.proposer_requests, tokens=settings.proposer_tokens
    )


def _require_packages(proposer: str, needed: Mapping[str, str]) -> None:
    for package, extra in needed.items():
        if find_spec(package) is None:
            raise UsageError(f"LODE_PROPOSER {proposer} needs {package}: pip install 'lode-factors[{extra}]'")


def _missing(settings: Settings) -> list[str]:
    needed = {
        "LODE_PROPOSER (bedrock:MODEL or openai:MODEL)": settings.proposer,
        "LODE_PROPOSER_CUTOFF (the day up to which that model knows history, such as 2024-06-01)": (
            settings.proposer_cutoff
        ),
    }
    return [name for name, value in needed.items() if value is None]


def refuse_language_model(options: MiningOptions, where: str) -> None:
    """Raise UsageError in work that would ask the model on markets that are made up."""
    if options.searcher == SEARCHER:
        raise UsageError(
            f"--searcher {SEARCHER}: {where} would ask the model about every market that it makes; take another "
            "searcher, since the error rate does not depend on who proposes"
        )


def warn_of_look_ahead(terms: Terms | None, sessions: NDArray[np.datetime64], splits: Splits) -> tuple[str, ...]:
    """Warn of a model that may remember the sessions that judge its proposals; the log and the run have the warning.

    sessions: (sessions,) days of the panel. Nothing where validation begins after the cut-off, or nobody is asked.
    """
    if terms is None:
        return ()
    firsts = {"validation": sessions[splits.validation.start], "the vault": sessions[splits.vault.start]}
    seen = [f"{name} (from {first})" for name, first in firsts.items() if first <= np.datetime64(terms.cutoff)]
    if not seen:
        return ()
    warning = (
        f"look-ahead: the language model {terms.name} knows history up to {terms.cutoff}, so it may have seen "
        f"{' and '.join(seen)}: what it proposed, and what is proven, may be remembered and not predicted"
    )
    get_logger("run").warning(warning)
    return (warning,)
