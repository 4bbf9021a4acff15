from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from lode.errors import UsageError
from lode.settings import Settings
from lode.warehouse import backup, open_warehouse, restore, stop


def rows(run: str) -> pl.DataFrame:
    return pl.DataFrame({"run": [run], "factor": ["f"], "parent": ["p"], "operation": ["o"]})


def test_what_was_backed_up_is_restored(own: Settings, tmp_path: Path) -> None:
    archive, elsewhere = tmp_path / "it's a backup", own.model_copy(update={"home": tmp_path / "elsewhere"})
    with open_warehouse(own) as warehouse:
        warehouse.insert("lineage", rows("kept"))
    backup(own, archive)
    stop(own)
    try:
        with open_warehouse(elsewhere) as warehouse:
            warehouse.insert("lineage", rows("there"))
        for _ in range(2):
            restore(elsewhere, archive)
        with open_warehouse(elsewhere) as warehouse:
            found = warehouse.query("SELECT * FROM lineage FINAL ORDER BY run")
        assert found.equals(pl.concat([rows("kept"), rows("there")]))
    finally:
        stop(elsewhere)


def test_a_backup_never_overwrites(own: Settings, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(UsageError, match="a folder that does not exist"):
        backup(own, tmp_path / "there")
    with pytest.raises(UsageError, match="in one that does"):
        backup(own, tmp_path / "nowhere" / "backup")
    with pytest.raises(UsageError, match="not a folder that `lode warehouse backup` wrote"):
        restore(own, tmp_path / "there")
