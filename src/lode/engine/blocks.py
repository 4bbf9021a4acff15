"""Values over any range of sessions within a memory budget: blocks that overlap by how far back is looked.

A block's values have the bits that the whole would give, whatever the blocks' height, and in whatever order, or in how
many threads, they are computed: operators have a finite lookback, and kernels anchor at absolute rows.
"""

from __future__ import annotations

import mmap
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from lode.engine.arrays import Floats, Labels, Mask, common_shape
from lode.engine.evaluator import Evaluator
from lode.engine.kernels import KERNELS
from lode.engine.plan import Plan
from lode.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from lode.language import Expr

DEFAULT_MEMORY = 2 << 30
"""Most bytes that blocks of values take at their peak, where nothing else is said: 2 GiB."""
_OF_THE_PROCESS = 512 << 20  # the interpreter, its libraries, what the allocator keeps: measured .3 GB, with room
_LEAST = 64 << 20
_SCRATCH = 7  # panels: an operator's result and masked arguments (3), and what the largest kernels need inside (4)
_CACHE_SHARE = 4  # a quarter of the room holds common parts
_CELL = 4
_NEAR_BYTES = 1 << 20  # of a panel: measured on libraries
_FEWEST_LOOKBACKS = 6
_EVERY = slice(None)
_TOGETHER = frozenset(name for name, kernel in KERNELS.items() if kernel.together)


@dataclass(frozen=True, slots=True)
class Block:
    """Values of some sessions. rows: which, of the panel; values: of each expression (rows, names), read-only.

    Each of the values stands until the next one is asked for: copy what is kept.
    """

    rows: slice
    values: Iterator[Floats]


class Blocks:
    """A batch of expressions over some sessions of a panel, all of them where `rows` is not given, block by block.

    fields, groups, mask: as the Evaluator's; memory maps are read a block at a time and let go of.
    memory: bytes that the process may use at its peak, all threads together; what is in memory already when this is
        made counts. height: sessions of a block, chosen from the memory and for the cache where None.

    UsageError where the memory does not suffice for one session.
    """

    def __init__(
        self,
        exprs: Sequence[Expr],
        fields: Mapping[str, Floats],
        groups: Mapping[str, Labels] = MappingProxyType({}),
        *,
        mask: Mask | None = None,
        rows: slice = _EVERY,
        memory: int = DEFAULT_MEMORY,
        height: int | None = None,
        threads: int = 1,
    ) -> None:
        self.exprs, self.shape = tuple(exprs), common_shape(fields, groups, mask)
        self._plan = Plan(self.exprs, _TOGETHER, bounded=True)
        used = self._plan.fields
        self._fields = {name: field for name, field in fields.items() if name in used} or dict(fields)
        self._groups = {name: labels for name, labels in groups.items() if name in used}
        self._mask = mask
        self.start, self.stop, _ = rows.indices(self.shape[0])
        self.lookback = self._plan.lookback
        self.threads = threads
        self._cache = max(0, self._room(memory) // _CACHE_SHARE)
        self.height = height or self._chosen(memory)

    @property
    def blocks(self) -> list[slice]:
        """Rows of every block, in order."""
        rows = range(self.start, self.stop, self.height)
        return [slice(at, min(at + self.height, self.stop)) for at in rows]

    def __iter__(self) -> Iterator[Block]:
        """Every block in order; take a block's values before the next block."""
        for rows in self.blocks:
            yield Block(rows, self._values(rows))

    def fill(self, outputs: Sequence[NDArray[np.float32]]) -> None:
        """Write the values of each expression to its output, (stop - start, names): arrays or memory maps."""
        with ThreadPoolExecutor(self.threads) as pool:
            for _ in pool.map(lambda rows: self._fill_block(rows, outputs), self.blocks):
                pass

    def _fill_block(self, rows: slice, outputs: Sequence[NDArray[np.float32]]) -> None:
        there = slice(rows.start - self.start, rows.stop - self.start)
        for out in self._evaluator(rows).written(self._plan, [out[there] for out in outputs]):
            let_go(out)
        self._let_go_of_inputs()

    def _values(self, rows: slice) -> Iterator[Floats]:
        yield from self._evaluator(rows).values(self.exprs, self._plan)
        self._let_go_of_inputs()

    def _evaluator(self, rows: slice) -> Evaluator:
        reach = slice(max(0, rows.start - self.lookback), rows.stop)
        return Evaluator(
            {name: field[reach] for name, field in self._fields.items()},
            {name: labels[reach] for name, labels in self._groups.items()},
            mask=None if self._mask is None else self._mask[reach],
            cache_bytes=self._cache,
            first_row=reach.start,
            last_rows=rows.stop - rows.start,
        )

    def _let_go_of_inputs(self) -> None:
        for array in chain(self._fields.values(), self._groups.values(), () if self._mask is None else (self._mask,)):
            let_go(array)

    def _room(self, memory: int) -> int:
        """Bytes for each thread's blocks."""
        inputs = chain(self._fields.values(), self._groups.values(), () if self._mask is None else (self._mask,))
        held = sum(array.nbytes for array in inputs if _map_of(array) is None)
        return (memory - _OF_THE_PROCESS - held) // self.threads

    def _chosen(self, memory: int) -> int:
        """The height that the memory allows: a block's panels take three quarters of the room."""
        room = self._room(memory)
        sessions = int((room - self._cache) // max(1, self._row_bytes())) - self.lookback
        if room < _LEAST or sessions < 1:
            needed = _OF_THE_PROCESS + (memory - _OF_THE_PROCESS - room * self.threads)
            needed += self.threads * max(_LEAST, self._row_bytes() * (self.lookback + 1) * _CACHE_SHARE // 3)
            reason = (
                f"{memory >> 20} MB of memory do not suffice for {self.shape[1]} names and a lookback of "
                f"{self.lookback} sessions: give at least {(needed >> 20) + 1} MB (--memory, LODE_MEMORY), "
                f"fewer names, or fewer threads ({self.threads})"
            )
            raise UsageError(reason)
        return min(sessions, self._near_the_cache())

    def _near_the_cache(self) -> int:
        """The height whose panels stay in the cache, yet long beside what is looked back; as many blocks a thread."""
        count = max(1, self.stop - self.start)
        most = max(_FEWEST_LOOKBACKS * self.lookback, _NEAR_BYTES // max(1, _CELL * self.shape[1]), 1)
        blocks = -(-count // most)
        return -(-count // (-(-blocks // self.threads) * self.threads))

    def _row_bytes(self) -> int:
        """Bytes of one session of a block: the panels alive at once, and what is mapped of the inputs."""
        alive = max((node.panels for node in self._plan.nodes), default=1)
        fields = 2 * len(self._fields)  # as they come, and without infinities
        return self.shape[1] * (_CELL * (alive + _SCRATCH + fields + len(self._groups)) + 1)


def let_go(array: NDArray[np.generic]) -> None:
    """Give the pages of a memory map that is read-only or written to a file back; they are read again when needed."""
    mapped = _map_of(array)
    if mapped is not None and hasattr(mapped, "madvise"):
        mapped.madvise(mmap.MADV_DONTNEED)


def _map_of(array: NDArray[np.generic]) -> mmap.mmap | None:
    """The shared map of a file behind an array, None where it is in memory."""
    owner: object = array
    while isinstance(owner, np.ndarray):
        if isinstance(owner, np.memmap) and owner.mode == "c":
            return None  # a copy on write: its pages exist nowhere else
        owner = owner.base
    return owner if isinstance(owner, mmap.mmap) else None
