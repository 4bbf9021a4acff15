"""A pool: several factors joined into one signal, and what that signal is worth.

members.py keeps what members say as standardised ranks and adds them up; moments.py has what a linear pool is fitted
from; weights.py fits it, penalty.py says how hard it is held back; trees.py joins members by boosted trees instead.
methods.py knows them all by name, figures.py judges a signal, growth.py tells what each member adds. Which rows are
learned from and which are judged is the caller's affair; docs/explanation/pool.md says what a run does.
"""

from lode.evaluation.pool.figures import Figures, Outcomes, judged
from lode.evaluation.pool.growth import Growth, growth_of
from lode.evaluation.pool.members import MemberRanks, pool_signal
from lode.evaluation.pool.methods import METHODS, check_method, fit_pool, require_method
from lode.evaluation.pool.training import Fitted, Training

__all__ = [
    "METHODS",
    "Figures",
    "Fitted",
    "Growth",
    "MemberRanks",
    "Outcomes",
    "Training",
    "check_method",
    "fit_pool",
    "growth_of",
    "judged",
    "pool_signal",
    "require_method",
]
