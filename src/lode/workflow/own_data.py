"""Facts and members of one's own: `lode import facts|members`."""

from __future__ import annotations

from pathlib import Path

from lode.collect.own_facts import FactsReport, import_facts
from lode.collect.own_members import MembersReport, import_members
from lode.workflow.context import Context


def import_facts_file(
    path: Path, context: Context, *, source: str | None = None, unit: str | None = None
) -> FactsReport:
    """Import a file of facts; its name without the ending is the source's where none is given."""
    return import_facts(
        path, source=source or path.stem, warehouse=context.warehouse, lake=context.lake, now=context.clock(), unit=unit
    )


def import_members_file(path: Path, context: Context, *, source: str | None = None) -> MembersReport:
    """Import a file of membership spells; its name without the ending is the source's where none is given."""
    return import_members(
        path, source=source or path.stem, warehouse=context.warehouse, lake=context.lake, now=context.clock()
    )
