"""Values of library factors on a panel: what `lode compute LIBRARY` writes."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lode.errors import DataError
from lode.language import OPERATORS, Expr
from lode.library import Definition, available, names, resolve
from lode.panel import Panel

_NAME = r"[A-Za-z_]\w*(\.\w+)?"
_NAMES = re.compile(rf"\s*{_NAME}\s*(,\s*{_NAME}\s*)*")


def library_request(text: str, panel: Panel) -> tuple[Definition, ...]:
    """The definitions that `text` names; none where it is a formula.

    A field or group of the panel is a formula, whatever the library calls so. NotFoundError for a name with a family or
    several names, of which one does not exist.
    """
    if not _NAMES.fullmatch(text) or text.strip() in {*panel.present, *OPERATORS}:
        return ()
    alone = "." not in text and "," not in text
    return () if alone and text.strip().lower() not in names() else resolve(text)


def library_columns(
    panel: Panel, definitions: tuple[Definition, ...]
) -> tuple[Mapping[str, Expr], Mapping[str, tuple[str, ...]]]:
    """Return what each column is to hold, named by the factor's key; and which were skipped, with the fields they lack.

    One factor alone is called `value`. Skipped are those whose fields the panel has not; DataError where that leaves
    none.
    """
    usable, skipped = available(panel.present, definitions)
    if not usable:
        lacking = ", ".join(sorted({name for absent in skipped.values() for name in absent}))
        raise DataError(
            f"none of the {len(definitions)} library factors asked for can be computed: this snapshot has no "
            f"{lacking}; run `lode collect filings` or `lode collect news`, then `lode snapshot`"
        )
    return {d.key if len(definitions) > 1 else "value": d.tree for d in usable}, skipped
