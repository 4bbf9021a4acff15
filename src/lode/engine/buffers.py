"""Panels that are used again instead of allocated anew, and a bounded store of those worth keeping."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Hashable

    from lode.engine.arrays import Floats


class Buffer:
    """A panel and the number of holders that still need it; back in the pool when the last one lets go."""

    __slots__ = ("_pool", "array", "holders")

    def __init__(self, array: Floats, pool: Pool | None) -> None:
        self.array, self._pool, self.holders = array, pool, 1

    def hold(self) -> Buffer:
        self.holders += 1
        return self

    def release(self) -> None:
        self.holders -= 1
        if self.holders == 0 and self._pool is not None:
            self._pool.put_back(self.array)


class Pool:
    """Panels of one shape; the last one returned, which the cache still holds, is the first one handed out."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.shape = shape
        self.allocated = 0
        self._free: list[Floats] = []

    def take(self) -> Buffer:
        """A panel with arbitrary content."""
        if self._free:
            return Buffer(self._free.pop(), self)
        self.allocated += 1
        return Buffer(np.empty(self.shape, np.float32), self)

    def put_back(self, array: Floats) -> None:
        self._free.append(array)


class Store:
    """Panels by key, the least recently used dropped first once they exceed `capacity` bytes."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.bytes = 0
        self._kept: OrderedDict[Hashable, Buffer] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._kept

    def get(self, key: Hashable) -> Buffer | None:
        """The panel, held once more for the caller; None when it is not here."""
        buffer = self._kept.get(key)
        if buffer is None:
            return None
        self._kept.move_to_end(key)
        return buffer.hold()

    def keep(self, key: Hashable, buffer: Buffer) -> None:
        """Hold the panel under the key, if it fits at all."""
        if key in self._kept or buffer.array.nbytes > self.capacity:
            return
        while self.bytes + buffer.array.nbytes > self.capacity:
            self.drop(next(iter(self._kept)))
        self._kept[key] = buffer.hold()
        self.bytes += buffer.array.nbytes

    def drop(self, key: Hashable) -> None:
        """Let go of the panel, if it is here."""
        buffer = self._kept.pop(key, None)
        if buffer is not None:
            self.bytes -= buffer.array.nbytes
            buffer.release()

    def clear(self) -> None:
        """Let go of every panel."""
        for key in list(self._kept):
            self.drop(key)
