"""What the workbench reads: the snapshots that formulas can be tried on, their words, and the count of tries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from lode.app.provenance import label_of
from lode.app.queries.caching import cached
from lode.language.vocabulary import Word, vocabulary
from lode.settings import Settings
from lode.warehouse import open_warehouse
from lode.warehouse.stores.ledger import count_trials
from lode.warehouse.stores.snapshots import SnapshotRecord, list_snapshots
from lode.workflow.own_operators import load_operators
from lode.workflow.vaults import MANUAL

_COLUMNS = list(SnapshotRecord.__dataclass_fields__)


@dataclass(frozen=True)
class Ground:
    """A snapshot to try formulas on. names: its fields; groups: its groups; label: "" for real data."""

    record: SnapshotRecord
    names: tuple[str, ...]
    groups: tuple[str, ...]
    label: str

    @property
    def shown(self) -> str:
        """The snapshot as a reader chooses it."""
        record = self.record
        return (
            f"{record.universe or record.source}  {record.names:,} × {record.sessions:,}  to {record.last_session}  "
            f"{record.snapshot[:8]}"
        )


@dataclass(frozen=True)
class Grounds:
    """Every snapshot by id, the newest first. `read_at` is UTC."""

    by_id: dict[str, Ground]
    read_at: datetime


@cached
def read_grounds(settings: Settings) -> Grounds:
    """Read the snapshots."""
    with open_warehouse(settings, access="read") as warehouse:
        rows = list_snapshots(warehouse).select(_COLUMNS).iter_rows(named=True)
    return Grounds({row["snapshot"]: _ground(SnapshotRecord(**row)) for row in rows}, datetime.now(UTC))


@cached
def count_tries(settings: Settings, snapshot: str) -> int:
    """Count the tries by hand on a snapshot, each formula once."""
    with open_warehouse(settings, access="read") as warehouse:
        return count_trials(warehouse, [f"{MANUAL}{snapshot}"])


def words_of(settings: Settings, ground: Ground) -> list[Word]:
    """Return what a formula on the snapshot can be made of, operators of the user's own included."""
    load_operators(settings.operators)
    return vocabulary([*ground.names, *ground.groups])


def _ground(record: SnapshotRecord) -> Ground:
    try:
        details = record.details
        groups = details.get("groups", details["panel"]["knowledge"])  # an earlier record does not say who is present
    except (ValueError, KeyError, TypeError, AttributeError):  # a damaged record is told of by its label
        groups = ()
    others = tuple(sorted(set(groups) - set(record.fields)))
    return Ground(record, tuple(record.fields), others, label_of(record.snapshot, record.meta))
