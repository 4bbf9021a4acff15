"""Values of a factor as rows."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lode.panel import Panel


def long_frame(panel: Panel, values: NDArray[np.float32]) -> pl.DataFrame:
    """Return values as rows: session, symbol, value; missing ones are left out."""
    at, name = np.nonzero(np.isfinite(values))
    return pl.DataFrame(
        {"session": panel.sessions[at], "symbol": np.array(panel.names)[name], "value": values[at, name]},
        schema={"session": pl.Date, "symbol": pl.String, "value": pl.Float32},
    )
