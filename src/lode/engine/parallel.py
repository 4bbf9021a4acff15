"""Scoring in several threads of one process, bit for bit as in one.

Kernels and sorts release the interpreter's lock; an evaluator and a scorer belong to one thread each, and all share
the panel. Expressions are handed out a few at a time, so that no thread waits long for another at the end; what those
of two threads have in common is computed by each.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from types import MappingProxyType
from typing import TYPE_CHECKING

from lode.engine.evaluator import DEFAULT_CACHE_BYTES, Evaluator
from lode.engine.scoring import Scorer
from lode.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lode.engine.arrays import Floats, Labels, Mask
    from lode.engine.scoring import Rows, Scores
    from lode.language import Expr

_PARTS_A_THREAD = 4


class Crew:
    """Evaluators and scorers over one panel, one of each a thread; for use by one thread at a time.

    fields, groups, mask, cache_bytes (of all threads together): as `Evaluator` takes them; forward, rows, min_names:
    as `Scorer` does. Raises UsageError for fewer than one thread.
    """

    def __init__(
        self,
        fields: Mapping[str, Floats],
        forward: Floats,
        *,
        rows: Rows,
        groups: Mapping[str, Labels] = MappingProxyType({}),
        mask: Mask | None = None,
        min_names: int = 10,
        threads: int = 2,
        cache_bytes: int = DEFAULT_CACHE_BYTES,
    ) -> None:
        if threads < 1:
            reason = f"threads {threads}: allowed is 1 or more, such as the number of cores"
            raise UsageError(reason)
        self.threads = threads
        self._idle: SimpleQueue[tuple[Evaluator, Scorer]] = SimpleQueue()
        for _ in range(threads):
            evaluator = Evaluator(fields, groups, mask=mask, cache_bytes=cache_bytes // threads)
            self._idle.put((evaluator, Scorer(forward, rows=rows, min_names=min_names)))

    def rank_ics(self, expressions: Sequence[Expr]) -> list[Scores]:
        """Each expression's daily rank IC, (sessions,), in order; see `Scorer.rank_ic`."""
        if self.threads == 1:
            return self._part(expressions)
        size = max(1, -(-len(expressions) // (self.threads * _PARTS_A_THREAD)))
        parts = [expressions[i : i + size] for i in range(0, len(expressions), size)]
        with ThreadPoolExecutor(self.threads) as pool:
            return [series for part in pool.map(self._part, parts) for series in part]

    def _part(self, expressions: Sequence[Expr]) -> list[Scores]:
        evaluator, scorer = own = self._idle.get()
        try:
            return [scorer.rank_ic(values) for values in evaluator.values(expressions)]
        finally:
            self._idle.put(own)


def score_many(
    expressions: Sequence[Expr],
    fields: Mapping[str, Floats],
    forward: Floats,
    *,
    rows: Rows,
    groups: Mapping[str, Labels] = MappingProxyType({}),
    mask: Mask | None = None,
    min_names: int = 10,
    threads: int = 2,
) -> list[Scores]:
    """Daily rank ICs of expressions, (sessions,) each, in order, with a crew that is made for them."""
    crew = Crew(fields, forward, rows=rows, groups=groups, mask=mask, min_names=min_names, threads=threads)
    return crew.rank_ics(expressions)
