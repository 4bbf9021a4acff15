from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from lode.engine import Evaluator
from lode.errors import DataError, StorageError, UsageError
from lode.language import parse
from lode.workflow import value_file
from lode.workflow.value_file import write_values
from tests.evidence.conftest import make_panel

COLUMNS = {name: parse(f"rank(ts_mean(close, {name[1:]})) + ts_delta(close, 2)") for name in ("w2", "w5", "w20")}


@pytest.fixture
def panel():
    rng = np.random.default_rng(0)
    close = 50 * np.exp(np.cumsum(0.02 * rng.standard_normal((90, 7)), axis=0))
    close[rng.random(close.shape) < 0.1] = np.nan
    return make_panel(close)


@pytest.mark.parametrize("spill", [1, 1000, 1 << 30])
def test_the_file_has_the_values_of_the_whole_however_it_is_cut(panel, tmp_path, monkeypatch, spill):
    monkeypatch.setattr(value_file, "_SPILL", spill)
    monkeypatch.setattr(value_file, "_COPIES", 1 << 21)  # a row group of one session
    rows = write_values(panel, COLUMNS, tmp_path / "values.parquet", memory=1 << 30)
    found = pl.read_parquet(tmp_path / "values.parquet")
    whole = [v.copy() for v in Evaluator(panel.fields, mask=panel.tradable).values(list(COLUMNS.values()))]
    at, name = np.nonzero(np.logical_or.reduce([np.isfinite(values) for values in whole]))
    assert rows == found.height == len(at)
    assert found.schema == {"session": pl.Date, "symbol": pl.String, **dict.fromkeys(COLUMNS, pl.Float32)}
    assert found["session"].to_list() == panel.sessions[at].tolist()
    assert found["symbol"].to_list() == [panel.names[n] for n in name]
    for key, values in zip(COLUMNS, whole, strict=True):
        expected = values[at, name]
        assert found[key].is_null().to_list() == np.isnan(expected).tolist()
        np.testing.assert_array_equal(found[key].drop_nulls().to_numpy(), expected[np.isfinite(expected)])
    assert [path.name for path in tmp_path.iterdir()] == ["values.parquet"]


def test_what_fails_leaves_an_earlier_file_as_it_was(panel, tmp_path, monkeypatch):
    out = tmp_path / "values.parquet"
    out.write_text("earlier")

    def broken(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(value_file, "_table", broken)
    with pytest.raises(StorageError, match=r"cannot write .*values.parquet: No space left"):
        write_values(panel, COLUMNS, out)
    assert [path.name for path in tmp_path.iterdir()] == ["values.parquet"]
    assert out.read_text() == "earlier"


def test_nothing_to_write_is_an_error_and_leaves_no_file(panel, tmp_path):
    with pytest.raises(DataError, match="looks back 99 sessions"):
        write_values(panel, {"value": parse("ts_mean(close, 100)")}, tmp_path / "values.parquet")
    assert not list(tmp_path.iterdir())
    column = {"value": parse("ts_mean(close, 100)"), "other": parse("close")}
    assert write_values(panel, column, tmp_path / "values.parquet") == np.isfinite(panel.fields["close"]).sum()


def test_a_budget_that_cannot_hold_a_session_is_refused(panel, tmp_path):
    with pytest.raises(UsageError, match="do not suffice"):
        write_values(panel, COLUMNS, tmp_path / "values.parquet", memory=200 << 20)
    assert not list(tmp_path.iterdir())
