"""Values of library factors on a panel: what `lode compute LIBRARY` writes."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import polars as pl

from lode.engine import Evaluator
from lode.errors import DataError
from lode.language import OPERATORS
from lode.library import Definition, available, names, resolve
from lode.panel import Panel

_NAME = r"[A-Za-z_]\w*(\.\w+)?"
_NAMES = re.compile(rf"\s*{_NAME}\s*(,\s*{_NAME}\s*)*")


def library_request(text: str, panel: Panel) -> tuple[Definition, ...]:
    """The definitions that `text` names; none where it is a formula.

    A field or group of the panel is a formula, whatever the library calls so. NotFoundError for a name with a family or
    several names, of which one does not exist.
    """
    if not _NAMES.fullmatch(text) or text.strip() in {*panel.fields, *panel.groups, *OPERATORS}:
        return ()
    alone = "." not in text and "," not in text
    return () if alone and text.strip().lower() not in names() else resolve(text)


def library_frame(
    panel: Panel, definitions: tuple[Definition, ...]
) -> tuple[pl.DataFrame, Mapping[str, tuple[str, ...]]]:
    """Values as rows: session, symbol and one column per factor, named by its key; and what was skipped, with why.

    A row stands where any factor has a value, null where one has none. One factor alone is called `value`. Skipped are
    those whose fields the panel has not; DataError where that leaves none.
    """
    usable, skipped = available({*panel.fields, *panel.groups}, definitions)
    if not usable:
        lacking = ", ".join(sorted({name for absent in skipped.values() for name in absent}))
        raise DataError(
            f"none of the {len(definitions)} library factors asked for can be computed: this snapshot has no "
            f"{lacking}; run `lode collect filings` or `lode collect news`, then `lode snapshot`"
        )
    evaluator = Evaluator(panel.fields, panel.groups, mask=panel.tradable)
    computed = {
        d.key: values.copy() for d, values in zip(usable, evaluator.values([d.tree for d in usable]), strict=True)
    }
    at, name = np.nonzero(np.logical_or.reduce([np.isfinite(values) for values in computed.values()]))
    columns = {key if len(definitions) > 1 else "value": values[at, name] for key, values in computed.items()}
    frame = pl.DataFrame(
        {"session": panel.sessions[at], "symbol": np.array(panel.names)[name], **columns},
        schema={"session": pl.Date, "symbol": pl.String, **dict.fromkeys(columns, pl.Float32)},
    )
    return frame.with_columns(pl.col(pl.Float32).fill_nan(None)), skipped
