"""How alike a run's finalists are on train, kept in the lake once as `runs/<run>/likeness.json`."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lode.evidence.finalists import Finalists
from lode.evidence.likeness import SAMPLE_SESSIONS
from lode.lake import Lake
from lode.workflow.context import Context, defined
from lode.workflow.plan import Plan


@dataclass(frozen=True, eq=False)
class Likeness:
    """Ids of factors, and the mean daily Spearman correlation of their values: (factors, factors), NaN if undefined."""

    factors: tuple[str, ...]
    correlation: NDArray[np.float64]


def keep_likeness(context: Context, plan: Plan, finalists: Finalists) -> None:
    """Write the correlations of the finalists' values on a sample of the train sessions; again changes nothing."""
    rows = [[defined(float(value)) for value in row] for row in finalists.likeness]
    told = {"factors": list(finalists.ids), "most_sessions": SAMPLE_SESSIONS, "correlation": rows}
    context.keep(_key(plan.run), told)


def read_likeness(lake: Lake, run: str) -> Likeness | None:
    """Read what a run kept; None until it has chosen its finalists, and of runs by earlier code, which kept nothing."""
    if not lake.exists(_key(run)):
        return None
    told = json.loads(lake.get(_key(run)))
    return Likeness(
        tuple(told["factors"]), np.array(told["correlation"], np.float64).reshape(2 * [len(told["factors"])])
    )


def _key(run: str) -> str:
    return f"runs/{run}/likeness.json"
