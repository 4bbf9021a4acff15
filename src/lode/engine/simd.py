"""Which of the core's three builds runs: the widest that this processor can, or the one that LODE_SIMD names.

`core` is that build. Results of two builds agree to rounding; within one build they agree bit for bit.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

from lode.errors import SettingsError

__all__ = ["INSTRUCTION_SETS", "chosen", "core", "instruction_set"]

INSTRUCTION_SETS = ("baseline", "avx2", "avx512")


def chosen(wanted: str | None, best: str) -> str:
    """The instruction set to run: `best`, the processor's widest, unless `wanted` names a narrower one."""
    if not wanted:
        return best
    able = INSTRUCTION_SETS[: INSTRUCTION_SETS.index(best) + 1]
    if wanted not in able:
        reason = f"LODE_SIMD={wanted}: this processor runs {', '.join(able)}; unset LODE_SIMD to take {best}"
        raise SettingsError(reason)
    return wanted


if TYPE_CHECKING:
    import lode.engine._core_baseline as core

    _name: str
else:
    _name = chosen(os.environ.get("LODE_SIMD"), import_module("lode.engine._core_baseline").best_instruction_set())
    core = import_module(f"lode.engine._core_{_name}")


def instruction_set() -> str:
    """`baseline`, `avx2` or `avx512`: what the kernels of this process were compiled for."""
    return _name
