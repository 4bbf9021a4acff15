"""Trials of a run that was not mined: formulas of the language, each once, with scores as chance gives them."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import numpy as np

from lode.warehouse import Warehouse
from lode.warehouse.stores.ledger import Trial, record_trials, trials_frame
from lode.warehouse.stores.lineage import lineage_frame, record_lineage

_OUTER = ("rank", "zscore", "normalize", "scale")
_WINDOWED = ("ts_mean", "ts_delta", "ts_std_dev", "ts_rank", "ts_max", "ts_decay_linear", "ts_zscore", "ts_skewness")
_FIELDS = ("open", "high", "low", "close", "volume", "vwap")
_WINDOWS = tuple(range(3, 43))
_FORMULAS = len(_OUTER) * (len(_WINDOWED) * len(_FIELDS) * len(_WINDOWS)) ** 2
_STRIDE = 7_368_787  # a prime, so that neighbours differ in every part
_OPERATIONS = ("crossover", "sweep", "point mutation", "window mutation", "subtree mutation", "distillation")
_FIRST_GENERATION = 200
_SHARDS = 4


def formula(number: int) -> str:
    """The formula of this number, another for each below fourteen million."""
    rest = number * _STRIDE % _FORMULAS
    rest, outer = divmod(rest, len(_OUTER))
    parts = []
    for _ in range(2):
        rest, operator = divmod(rest, len(_WINDOWED))
        rest, field = divmod(rest, len(_FIELDS))
        rest, window = divmod(rest, len(_WINDOWS))
        parts.append(f"{_WINDOWED[operator]}({_FIELDS[field]}, {_WINDOWS[window]})")
    return f"{_OUTER[outer]}({parts[0]} * {parts[1]})"


def trials_of(first: int, count: int, random: np.random.Generator) -> list[Trial]:
    """Trials with the formulas from number `first` on; from the 200th on each has one or two parents before it."""
    scores = random.normal(size=count) * 1.4
    earlier = (random.random((count, 2)) * np.arange(count)[:, None]).astype(int)
    made = random.integers(len(_OPERATIONS), size=count)
    texts = [formula(first + at) for at in range(count)]
    ids = [sha256(text.encode()).hexdigest()[:16] for text in texts]
    return [
        Trial(
            factor=ids[at],
            expression=texts[at],
            size=7,
            rank_ic=float(scores[at]) * 0.004,
            t_nw=float(scores[at]),
            coverage=0.94,
            generation=at // _FIRST_GENERATION,
            partial=bool(at % 7),
            t_error=0.3 if at % 7 else 0.0,
            operation=_OPERATIONS[made[at]] if at >= _FIRST_GENERATION else "random",
            parents=tuple({ids[parent] for parent in earlier[at]}) if at >= _FIRST_GENERATION else (),
        )
        for at in range(count)
    ]


def record(warehouse: Warehouse, run: str, trials: Sequence[Trial]) -> None:
    """Enter trials and where they came from, a part for each shard."""
    for shard in range(_SHARDS):
        part = trials[shard::_SHARDS]
        record_trials(warehouse, trials_frame(part, run=run, epoch=0, shard=shard, horizon=1, delay=1))
        record_lineage(warehouse, lineage_frame(part, run=run))
