"""Values of expressions over panels, and their scores: the C++ core and what drives it."""

from lode.engine.blocks import DEFAULT_MEMORY, Blocks
from lode.engine.evaluator import Evaluator
from lode.engine.kernel import Kernel
from lode.engine.kernels import KERNELS
from lode.engine.looks import Look
from lode.engine.own import declare, forget, fresh_kernels
from lode.engine.parallel import Crew, score_many
from lode.engine.racing import Estimate, Race
from lode.engine.scoring import ForwardRanks, Scorer, forward_ranks
from lode.engine.simd import core, instruction_set

__all__ = [
    "DEFAULT_MEMORY",
    "KERNELS",
    "Blocks",
    "Crew",
    "Estimate",
    "Evaluator",
    "ForwardRanks",
    "Kernel",
    "Look",
    "Race",
    "Scorer",
    "core",
    "declare",
    "forget",
    "forward_ranks",
    "fresh_kernels",
    "instruction_set",
    "score_many",
]
