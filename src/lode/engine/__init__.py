"""Values of expressions over panels, and their scores: the C++ core and what drives it."""

from lode.engine.blocks import DEFAULT_MEMORY, Blocks
from lode.engine.evaluator import Evaluator
from lode.engine.kernels import KERNELS, Kernel
from lode.engine.scoring import ForwardRanks, Scorer, forward_ranks
from lode.engine.simd import core, instruction_set

__all__ = [
    "DEFAULT_MEMORY",
    "KERNELS",
    "Blocks",
    "Evaluator",
    "ForwardRanks",
    "Kernel",
    "Scorer",
    "core",
    "forward_ranks",
    "instruction_set",
]
