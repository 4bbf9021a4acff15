"""What the server of the dashboard leaves out when it draws charts: most of Altair's time is spent on checking.

Altair holds every part of a chart against Vega-Lite's schema, some of it twice, and for each channel that is given as
text or as a dictionary makes its table of 600 schema classes anew. Charts are made by code, and the tests hold them
against the schema; on a page only what they show counts. Five charts of 1,260 sessions take a third of the time.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import altair as alt
from altair.utils import schemapi

_Class = type[schemapi.SchemaBase]


def hasten() -> None:
    """Switch the checks off and keep the table, in this process, for good. The charts stay the same."""
    schemapi.disable_debug_mode()
    unchecked = classmethod(lambda _cls, *_, **__: None)
    schemapi.SchemaBase.validate = unchecked  # type: ignore[assignment]
    schemapi.SchemaBase.validate_property = unchecked  # type: ignore[assignment]
    alt.VegaLiteSchema.from_dict = classmethod(_from_dict)  # type: ignore[assignment]
    _table()


def _from_dict(cls: _Class, dct: dict[str, Any], validate: bool = True) -> schemapi.SchemaBase:  # noqa: ARG001, FBT001, FBT002  Altair's own signature
    made: schemapi.SchemaBase = _table().from_dict(dct, cls)
    return made


@lru_cache(maxsize=1)
def _table() -> schemapi._FromDict:
    return schemapi._FromDict(alt.VegaLiteSchema._default_wrapper_classes())  # noqa: SLF001  it has no public name
