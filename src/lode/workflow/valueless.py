"""What has no value at all on a panel: an error that says why, rather than an empty file or a sheet of dashes."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np

from lode.errors import DataError
from lode.language import Expr, lookback
from lode.panel import Panel


def valueless(expressions: Collection[Expr], panel: Panel) -> DataError:
    """Return the error that `expressions` have no value on a panel, with the reasons that the panel gives."""
    sessions, names = panel.shape
    what = str(next(iter(expressions))) if len(expressions) == 1 else f"none of the {len(expressions)} formulas"
    verb = "has no value" if len(expressions) == 1 else "has a value"
    reasons = list(_reasons(expressions, panel)) or ["its parts may say more: try them by themselves"]
    return DataError(
        f"{what} {verb} on the {sessions:,} sessions × {names:,} names of this panel: {'; '.join(reasons)}"
    )


def _reasons(expressions: Collection[Expr], panel: Panel) -> Iterator[str]:
    for name in sorted({name for expression in expressions for name in expression.fields}):
        if name in panel.groups and not (panel.groups[name] >= 0).any():
            yield f"no name of it has a {name}; leave the group out, or import one and freeze a new snapshot"
        elif name in panel.fields and not np.isfinite(panel.fields[name]).any():
            yield f"the field {name} has no value in it"
    least = min(lookback(expression) for expression in expressions)
    if least >= len(panel.sessions):
        yield f"it looks back {least:,} sessions; take shorter windows or a longer panel"
