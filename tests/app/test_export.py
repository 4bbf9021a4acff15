from __future__ import annotations

import csv
import io

import polars as pl
import pytest

from lode.app.export import as_csv, as_parquet

ROWS = pl.DataFrame(
    {
        "expression": [
            "-ts_delta(close, 5)",
            "=cmd|' /C calc'!A0",
            "@x",
            "+1",
            "\t=1",
            "rank(-close)",
            'say "a, b"',
            None,
        ],
        "t": [-1.5, 2.0, None, 0.0, 1.0, 1.0, 1.0, 1.0],
    }
)


def test_no_text_of_a_csv_is_a_formula_of_the_spreadsheet():
    read = list(csv.DictReader(io.StringIO(as_csv(ROWS).decode())))
    assert [row["expression"] for row in read] == [
        *("'-ts_delta(close, 5)", "'=cmd|' /C calc'!A0", "'@x", "'+1", "'\t=1", "rank(-close)", 'say "a, b"', ""),
    ]
    assert [row["t"] for row in read[:3]] == ["-1.5", "2.0", ""]


def test_parquet_holds_everything_as_it_is():
    assert pl.read_parquet(as_parquet(ROWS)).equals(ROWS)


@pytest.mark.parametrize("rows", [ROWS.clear(), pl.DataFrame({"t": [1.0]})])
def test_no_rows_or_no_texts_are_written_too(rows):
    assert as_csv(rows).decode().splitlines()[0] == ",".join(rows.columns)
