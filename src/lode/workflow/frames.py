"""A panel of the user's own frame, stored so that the workflow can mine it as any other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lode.errors import NotFoundError, UsageError
from lode.panel import Panel, content_id
from lode.settings import Settings, load_settings
from lode.warehouse.stores.bars import insert_bars
from lode.warehouse.stores.snapshots import read_snapshot
from lode.workflow.context import Context, open_context
from lode.workflow.freezing import Selection, keep_panel

if TYPE_CHECKING:
    import polars as pl


@contextmanager
def stored(panel: Panel, settings: Settings | None) -> Iterator[tuple[Context, str]]:
    """Open the warehouse and see to it that `panel` is a snapshot there; give its id."""
    with open_context(settings or load_settings()) as context:
        snapshot = content_id(panel)
        try:
            read_snapshot(context.warehouse, snapshot)
        except NotFoundError:
            _store(panel, context)
        yield context, snapshot


def _store(panel: Panel, context: Context) -> None:
    """Write the rows of a panel and then the panel itself: leak checks rebuild it from the rows."""
    if panel.bars is None:
        msg = (
            "this panel is neither a snapshot nor made from a frame (a slice, perhaps): "
            "mine Panel.from_frame(bars) or Panel.from_snapshot(id)"
        )
        raise UsageError(msg)
    rows = _bars(panel, panel.bars)
    insert_bars(context.warehouse, rows, source=panel.meta.source, collected_at=context.clock())
    keep_panel(context, panel, Selection(panel.meta.source, panel.meta.source, label=panel.meta.label))


def _bars(panel: Panel, rows: pl.DataFrame) -> pl.DataFrame:
    import polars as pl  # noqa: PLC0415  heavy

    return rows.with_columns(adjusted=pl.lit(panel.meta.adjusted))
