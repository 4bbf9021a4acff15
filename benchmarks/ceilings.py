"""The most that a kernel may take, as a multiple of copying the panel in memory in the same run.

The trial's figures in ns a cell (500 × 2,520, AVX-512) over the memory copy of its machine, .24 ns: the ratio carries
over to other machines roughly. A kernel above its ceiling has lost something, mostly its vectorisation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from time import process_time
from typing import Any

import numpy as np

TRIAL_COPY = 0.24
TRIAL: Mapping[str, float] = {
    "ts_mean 20": 0.20,
    "ts_std_dev 20": 0.32,
    "ts_corr 20": 0.84,
    "ts_max 20": 0.18,
    "ts_arg_max 20": 0.33,
    "ts_decay_linear 20": 0.21,
    "ts_rank 20": 1.2,
    "ts_percentile 60": 1.9,
    "log": 0.23,
    "rank": 2.7,
    "group_neutralize": 1.05,
    "rank_ic": 2.8,
}
"""ns a cell."""
NOISE = 1.1
"""A tenth more than the trial's is still the trial's: two runs on one machine differ by as much."""


COPIED_CELLS = 64 << 20  # 256 MB: more than any cache


def memory_copy() -> float:
    """ns a cell of copying float32 in memory, the best of five."""
    cells = np.full(COPIED_CELLS, 1, np.float32)
    out, best = np.full_like(cells, 0), float("inf")
    for _ in range(5):
        start = process_time()
        np.copyto(out, cells)
        best = min(best, process_time() - start)
    return best / COPIED_CELLS * 1e9


def ceiling(kernel: str) -> float | None:
    """The most for a kernel as `benchmarks/engine.py` names it, as a multiple of the copy; None where none is kept."""
    plain = re.sub(r"[ ,(]+(2 ?% NaN|with NaN|nan).*$", "", kernel, flags=re.IGNORECASE)
    return TRIAL[plain] / TRIAL_COPY * NOISE if plain in TRIAL else None


def judged(kernels: Sequence[Mapping[str, Any]], copy: float) -> list[dict[str, Any]]:
    """Each kernel over the memory's `copy` (ns a cell), with its ceiling, and `yes` or `FAILED`."""
    found = []
    for each in kernels:
        most, times = ceiling(str(each["kernel"])), float(each["ns"]) / copy
        within = "" if most is None else "yes" if times <= most else "FAILED"
        row = {"kernel": each["kernel"], "ns": each["ns"], "x copy": times}
        found.append(row | {"ceiling": "" if most is None else most, "within": within})
    return found
