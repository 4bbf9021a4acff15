"""What every import of a user's own file does besides reading it."""

import hashlib

import polars as pl
import pytest

from lode.collect.own_imports import by_reason, ignored, keep_body, may_name_a_source, renamed, require_source
from lode.errors import UsageError
from lode.lake import Lake


@pytest.mark.parametrize(("body", "ending"), [(b"symbol,date\n", "csv"), (b"PAR1....", "parquet")])
def test_bytes_are_kept_under_their_hash(tmp_path, body, ending):
    lake = Lake(tmp_path.as_uri())
    batch = keep_body(lake, "import", "mine", body)
    assert batch == hashlib.sha256(body).hexdigest()
    assert lake.get(f"raw/import/source=mine/{batch}.{ending}") == body


def test_refused_rows_are_counted_by_reason():
    assert by_reason(pl.DataFrame({"reason": ["b", None, "a", "b"]})) == {"b": 2, "a": 1}
    assert by_reason(pl.DataFrame({"reason": [None]}, schema={"reason": pl.String})) == {}


def test_a_column_whose_case_alone_differs_is_not_renamed():
    names = {"symbol": "Ticker", "close": " CLOSE "}
    assert renamed(names) == {"Ticker": "symbol"}
    assert ignored(["Ticker", " CLOSE ", "note"], names) == ("note",)


@pytest.mark.parametrize("name", ["", "yahoo", "a b", "x" * 101])
def test_what_may_not_name_a_source_is_refused(name):
    assert not may_name_a_source(name)
    with pytest.raises(UsageError, match="allowed are up to 100 letters"):
        require_source(name)


def test_facts_may_not_be_called_as_the_sec_s():
    require_source("sec")
    with pytest.raises(UsageError, match="other than sample, yahoo, auto, sec"):
        require_source("sec", "sec")
