"""What a run is asked to do, validated, and the version of the code that does it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import lode
from lode.errors import UsageError
from lode.evaluation.pool import check_method

Neutralize = Literal["none", "market", "sector"]
MOST_CANDIDATES = 100_000_000
MOST_SHARDS = 10_000
BOUNDS: Mapping[str, tuple[float, float]] = {
    "candidates": (1, MOST_CANDIDATES),
    "shards": (1, MOST_SHARDS),
    "seed": (0, 2**63 - 1),
    "horizon": (1, 250),
    "delay": (0, 5),
    "alpha": (1e-6, 0.5),
    "cost_bps": (0, 1000),
    "min_names": (3, 100_000),
}
_SPLIT_PARTS = 3
_KINDS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "int": (int, "a whole number"),
    "float": ((int, float), "a number"),
    "str": (str, "a text"),
    "bool": (bool, "true or false"),
    "Neutralize": (str, "a text"),
}


@dataclass(frozen=True)
class MiningOptions:
    """The mining options of the command line; the defaults are shown there and never taken from the machine.

    Raises UsageError that names what is off.

    Parameters
    ----------
    candidates
        Expressions to score.
    searcher
        What proposes them: genetic, surrogate, tree, enumeration, random, language_model, or one that was installed.
    shards
        Searches that run apart and tell each other what they found once an epoch.
    seed
        The same snapshot, options, seed and code are the same run.
    horizon
        Sessions over which a forward return runs.
    delay
        Sessions from a value to its trade.
    splits
        Shares of train, validation and vault, in per cent.
    alpha
        Chance of a false discovery over all openings of the vault together.
    cost_bps
        Cost of one unit of turnover, in basis points.
    neutralize
        What is taken out of every value before it is scored: the mean of the market or of the sector.
    min_names
        Fewest names of a session that counts.
    racing
        Do not score on all names what a look at a share of them rules out.
    pool
        How finalists are joined into one signal: ridge, nonnegative, rank_average or lightgbm.
    formulas
        Formulas of your own, apart by `;` or by lines: tried before all others, and judged as they are.
    """

    candidates: int = 2000
    searcher: str = "genetic"
    """enumeration, genetic, random, surrogate or tree, or one that another package registers
    (docs/explanation/searchers.md)."""
    shards: int = 4
    seed: int = 0
    horizon: int = 1
    delay: int = 1
    splits: str = "60/20/20"
    alpha: float = 0.05
    cost_bps: float = 10.0
    neutralize: Neutralize = "none"
    min_names: int = 10
    racing: bool = False
    pool: str = "ridge"
    formulas: str = ""

    def __post_init__(self) -> None:
        """Check every option; a whole number is taken where a number may be given."""
        for option in fields(self):
            object.__setattr__(self, option.name, _typed(option.name, str(option.type), getattr(self, option.name)))
        for name, (low, high) in BOUNDS.items():
            most = min(high, self.candidates) if name == "shards" else high
            _within(f"--{name.replace('_', '-')}", getattr(self, name), low, most)
        if self.neutralize not in get_args(Neutralize):
            msg = f"--neutralize {self.neutralize!r}: allowed are {', '.join(get_args(Neutralize))}"
            raise UsageError(msg)
        check_method(self.pool)
        _ = self.shares

    @property
    def shares(self) -> tuple[float, float, float]:
        """Shares of train, validation and vault, in per cent."""
        try:
            parts = tuple(float(part) for part in self.splits.split("/"))
        except ValueError:
            parts = ()
        if len(parts) != _SPLIT_PARTS or min(parts) <= 0 or not abs(sum(parts) - 100) <= 1e-9:
            msg = f"--splits {self.splits!r}: three positive shares that sum to 100 are allowed, for example 60/20/20"
            raise UsageError(msg)
        return parts[0], parts[1], parts[2]

    def to_dict(self) -> dict[str, Any]:
        """Return the options as JSON holds them."""
        return asdict(self)

    @classmethod
    def from_dict(cls, options: dict[str, Any]) -> MiningOptions:
        """Read options from JSON; an unknown name is a UsageError that lists the known ones."""
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(options) - known):
            msg = f"unknown mining options {unknown}; known are {sorted(known)}"
            raise UsageError(msg)
        return cls(**options)


def _typed(name: str, kind: str, value: object) -> object:
    """Return the value of an option of a kind, or raise UsageError: Python's callers give what they like."""
    takes, what = _KINDS[kind]
    if not isinstance(value, takes) or (isinstance(value, bool) and takes is not bool):
        msg = f"--{name.replace('_', '-')} {value!r}: {what} is allowed"
        raise UsageError(msg)
    return float(value) if kind == "float" and isinstance(value, int) else value


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        msg = f"{name} {_shown(value)}: allowed is {_shown(low)} to {_shown(high)}"
        raise UsageError(msg)


def _shown(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


@cache
def code_version() -> str:
    """Version and hash of the package's own sources: the same code has the same version, wherever it lies."""
    root = Path(lode.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.suffix in {".py", ".cpp", ".hpp", ".h", ".sql"} and "app" not in path.relative_to(root).parts[:1]:
            digest.update(path.relative_to(root).as_posix().encode())
            digest.update(path.read_bytes())
    return f"{lode.__version__}+{digest.hexdigest()[:12]}"


def run_id(snapshot: str, options: MiningOptions) -> str:
    """The same snapshot, options, seed and code are the same run."""
    content = json.dumps([snapshot, options.to_dict(), code_version()], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]
