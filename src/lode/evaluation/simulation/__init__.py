"""Portfolio simulation: what a factor's book would have earned, filled at prices that came after its values.

market.py is where orders are filled; weights.py makes a book of values in the manner of WorldQuant BRAIN, books.py one
of quantiles; fills.py holds a book through missing days, delistings and dividends. figures.py puts it in numbers,
costs.py counts what trading takes from it, and gates.py holds it against BRAIN's limits.
"""

from lode.evaluation.simulation.books import long_only, long_short
from lode.evaluation.simulation.costs import Costs, Rates, costs_of
from lode.evaluation.simulation.figures import Drawdown, Figures, deepest_drawdown, figures_of
from lode.evaluation.simulation.fills import Simulation, simulate
from lode.evaluation.simulation.gates import Gate, brain_gates
from lode.evaluation.simulation.market import Fill, Market
from lode.evaluation.simulation.weights import brain_weights, decayed

__all__ = [
    "Costs",
    "Drawdown",
    "Figures",
    "Fill",
    "Gate",
    "Market",
    "Rates",
    "Simulation",
    "brain_gates",
    "brain_weights",
    "costs_of",
    "decayed",
    "deepest_drawdown",
    "figures_of",
    "long_only",
    "long_short",
    "simulate",
]
