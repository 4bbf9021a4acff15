"""The public names: what packages export, and what other pages tell a reader to import."""

from __future__ import annotations

import importlib
from types import MappingProxyType, ModuleType

_EVIDENCE = {
    "splits": "Train, validation and vault, and what lies between them.",
    "finalists": "Which trials are tested.",
    "corrections": "Testing many at once.",
    "online": "Testing in a stream.",
    "verdict": "Proven or refused.",
    "vault": "Who may open it, at what level.",
    "trials": "How many independent trials there were.",
    "multiplicity": "What a run's trials say of its search.",
    "sharpe": "What a Sharpe ratio is worth.",
    "haircut": "What it is worth after many tries.",
    "overfitting": "Whether a choice is overfit.",
    "superiority": "Whether anything is better than the best known.",
    "cross_validation": "Folds that are purged.",
    "null_market": "Markets without a factor.",
}
PACKAGES = MappingProxyType(
    {
        "lode": "What a notebook needs.",
        "lode.panel": "Panels: what was known at each session's close.",
        "lode.language": "Formulas, their operators and units.",
        "lode.language.dialects": "Formulas in the syntax of other tools.",
        "lode.library": "Published formulas by name.",
        "lode.engine": "Values of formulas, and their scores.",
        "lode.evaluation": "How good given values are: labels, tests, the evidence sheet.",
        "lode.evaluation.simulation": "Books that hold a factor, and what they cost.",
        "lode.evaluation.pool": "Several factors as one signal.",
        "lode.evaluation.regressions": "Regressions by session.",
        "lode.evaluation.bootstrap": "Intervals of statistics without a formula.",
        "lode.evaluation.spread": "The spread, from highs and lows.",
        "lode.evaluation.cost": "Impact and capacity.",
        **{f"lode.evidence.{name}": what for name, what in _EVIDENCE.items()},
        "lode.evidence.leaks": "Whether a value knows the future.",
        "lode.search": "Searchers: ask for expressions, tell their scores.",
        "lode.search.once": "What most searchers have in common.",
        "lode.simulate": "Markets with planted factors.",
        "lode.settings": "What a deployment decides.",
        "lode.lake": "Immutable objects in a folder or in S3.",
        "lode.warehouse": "The warehouse's process, and a client of it.",
    }
)


def public_names(package: str) -> list[str]:
    """Return the public names as full dotted places: `__all__` by the alphabet, else what the module defines."""
    module = importlib.import_module(package)
    exported = sorted(getattr(module, "__all__", ()), key=str.lower)
    return [f"{package}.{name}" for name in exported or _defined(module)]


def _defined(module: ModuleType) -> list[str]:
    names = (name for name in vars(module) if not name.startswith("_"))
    return [name for name in names if getattr(getattr(module, name), "__module__", "") == module.__name__]
