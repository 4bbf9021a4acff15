"""What a sheet says of known factors, filled in after the rest of it, since it takes the longest."""

from __future__ import annotations

import math
from dataclasses import replace

from lode.engine import Evaluator
from lode.evaluation.known import Resemblance, largest, resemblances
from lode.evaluation.labels import forward_returns
from lode.evaluation.report.model import Sheet
from lode.evaluation.report.options import References
from lode.evaluation.sheet import judged_values
from lode.evaluation.simulation.gates import self_correlation_gate
from lode.language import Expr
from lode.panel import Panel


def compared(sheet: Sheet, expression: Expr, panel: Panel, references: References) -> Sheet:
    """Return the sheet of an expression on a panel with what the library and the pool of `references` are beside it.

    It is then as `evidence_sheet` makes it with these references, but for the market factors, which stay.
    """
    options = sheet.options
    values = Evaluator(panel.fields, panel.groups, mask=panel.tradable).value(expression)
    judged = judged_values(values, panel, options)
    next_return = forward_returns(panel, horizon=1, delay=options.delay)
    library, pool = (
        resemblances(judged, known, panel, next_return, min_names=options.min_names)
        for known in (references.library, references.pool)
    )
    return beside(sheet, library, pool)


def beside(sheet: Sheet, library: tuple[Resemblance, ...], pool: tuple[Resemblance, ...]) -> Sheet:
    """Return a sheet with what it was found to resemble, and the gate that this decides."""
    alike = largest(pool, of="returns")
    gate = self_correlation_gate(alike if alike >= 0 else math.nan)
    gates = tuple(gate if each.name == gate.name else each for each in sheet.gates)
    return replace(sheet, library=library, pool=pool, gates=gates)
