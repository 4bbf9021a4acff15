import json
from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_array_equal

from lode.errors import DataError, NotFoundError, UsageError
from lode.lake import Lake
from lode.panel import Panel, build_panel, content_id, load_snapshot, save_snapshot
from lode.settings import Settings
from tests.panel.rows import AS_OF, bar, frame


@pytest.fixture
def lake(tmp_path):
    return Lake((tmp_path / "lake").as_uri())


def made(closes=range(10, 16), as_of=AS_OF):
    rows = frame([bar(name, t, close) for name in "AB" for t, close in enumerate(closes)])
    sectors = pl.DataFrame({"instrument": ["A", "B"], "sector": ["X", "Y"]})
    return build_panel(rows, as_of=as_of, sectors=sectors, source="test", label="sample")


def test_a_snapshot_comes_back_as_it_was(lake, tmp_path):
    panel = made()
    loaded = load_snapshot(save_snapshot(panel, lake), lake, tmp_path)
    assert loaded.meta == panel.meta
    assert loaded.names == panel.names
    assert loaded.group_labels == panel.group_labels
    for name in panel.fields:
        assert loaded.fields[name].tobytes() == panel.fields[name].tobytes()
    for one, other in [(loaded.groups["sector"], panel.groups["sector"]), (loaded.sessions, panel.sessions)]:
        assert_array_equal(one, other)
        assert one.dtype == other.dtype
    assert_array_equal(loaded.tradable, panel.tradable)
    assert_array_equal(loaded.label_price, panel.label_price)
    with pytest.raises(ValueError, match="read-only"):
        loaded.fields["close"][0, 0] = 1
    assert content_id(loaded) == content_id(panel)


def test_the_same_content_has_the_same_id_whenever_it_was_taken(lake):
    later = made(as_of=AS_OF + timedelta(days=3))
    assert save_snapshot(made(), lake) == save_snapshot(later, lake)
    assert len([key for key in lake.list("snapshots") if key.endswith("meta.json")]) == 1
    others = [made([*range(10, 15), 15.5]), replace(later, meta=replace(later.meta, source="other"))]
    assert len({content_id(panel) for panel in [made(), *others]}) == 3


def test_rows_behind_the_wanted_ones_are_never_touched(lake, tmp_path):
    panel = made()
    snapshot = save_snapshot(panel, lake)
    for path in (tmp_path / "lake" / "snapshots" / snapshot).glob("*.npy"):
        array = np.load(path)
        path.write_bytes(path.read_bytes()[: -array[4:].nbytes])  # rows 4 and 5 are gone
    part = load_snapshot(snapshot, lake, tmp_path, rows=slice(1, 4))
    assert_array_equal(part.fields["close"], panel.fields["close"][1:4])
    assert_array_equal(part.label_price, panel.label_price[1:4])
    assert_array_equal(part.sessions, panel.sessions[1:4])
    with pytest.raises(DataError, match=r"\.npy of snapshot .* is damaged"):
        load_snapshot(snapshot, lake, tmp_path)


def test_a_snapshot_without_its_meta_does_not_exist(lake, tmp_path):
    snapshot = save_snapshot(made(), lake)
    meta = tmp_path / "lake" / "snapshots" / snapshot / "meta.json"
    header = json.loads(meta.read_bytes())
    meta.unlink()
    with pytest.raises(NotFoundError, match=f"no snapshot {snapshot}"):
        load_snapshot(snapshot, lake, tmp_path)
    assert save_snapshot(made(), lake) == snapshot  # an interrupted save is finished by the next
    assert json.loads(meta.read_bytes()) == header


def test_wrong_ids_and_rows_are_refused(lake, tmp_path):
    with pytest.raises(UsageError, match="16 hexadecimal digits"):
        load_snapshot("../../etc", lake, tmp_path)
    with pytest.raises(UsageError, match="consecutive rows of the 6 sessions"):
        load_snapshot(save_snapshot(made(), lake), lake, tmp_path, rows=slice(0, 6, 2))


def test_no_rows_are_an_empty_panel(lake, tmp_path):
    assert load_snapshot(save_snapshot(made(), lake), lake, tmp_path, rows=slice(3, 3)).shape == (0, 2)


def test_from_snapshot_reads_the_lake_of_the_settings(lake, tmp_path):
    snapshot = save_snapshot(made(), lake)
    assert Panel.from_snapshot(snapshot, Settings(home=tmp_path)).shape == (6, 2)
