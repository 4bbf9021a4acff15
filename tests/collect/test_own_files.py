import json
import subprocess
import sys
import textwrap
import time
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from lode.collect.own_files import import_bars
from lode.errors import DataError, LakeError, NotFoundError, UsageError
from lode.lake import Lake, open_lake
from lode.settings import load_settings
from lode.warehouse import open_warehouse, stop
from lode.warehouse.stores.bars import latest_bars, read_bars, read_sectors
from lode.warehouse.stores.imports import read_quarantine

FIRST = datetime(2024, 7, 1, 12, tzinfo=UTC)
SECOND = datetime(2024, 7, 2, 12, 30, 0, 123456, tzinfo=UTC)
THIRD = datetime(2024, 7, 3, 12, tzinfo=UTC)
HEADER = "symbol,date,open,high,low,close,volume\n"


@pytest.fixture
def bring(tmp_path, warehouse, lake, source):
    """Import text as a CSV file, or a frame as Parquet."""

    def bring(content, *, now=FIRST, name=source, adjusted=False):
        path = tmp_path / ("bars.csv" if isinstance(content, str) else "bars.parquet")
        if isinstance(content, str):
            path.write_text(content)
        else:
            content.write_parquet(path)
        return import_bars(path, source=name, adjusted=adjusted, warehouse=warehouse, lake=lake, now=now)

    return bring


@pytest.fixture
def known(warehouse, source):
    """Rows of the source as of a time, without the columns that do not vary here."""

    def known(as_of=datetime(2030, 1, 1, tzinfo=UTC), **bounds):
        return read_bars(warehouse, source=source, as_of=as_of, **bounds)

    return known


def test_kept_rows_are_known_from_their_session_close(bring, known):
    report = bring(HEADER + "A,2024-06-10,10,11,9,10.5,100\nA,2024-11-29,10,11,9,10.25,200\n")
    rows = known()
    assert rows["close"].to_list() == [10.5, 10.25]
    assert rows["knowledge_time"].to_list() == [
        datetime(2024, 6, 10, 20, tzinfo=UTC),
        datetime(2024, 11, 29, 18, tzinfo=UTC),  # the day after Thanksgiving closes at 13:00
    ]
    assert rows["backfilled"].all()
    assert not rows["adjusted"].any()
    assert (report.rows, report.kept, report.fresh, report.assumed_knowledge) == (2, 2, 2, 2)
    assert (report.symbols, report.first, report.last) == (1, date(2024, 6, 10), date(2024, 11, 29))


RULES = [
    ("A,2024-06-10,10,11,9,,100", "close is not a number"),
    ("A,2024-06-10,10,11,9,NaN,100", "close is not a number"),
    ("A,2024-06-10,10,11,9,inf,100", "close is not a number"),
    ("A,2024-06-10,10,11,9,ten,100", "close is not a number"),
    ("A,2024-06-10,ten,11,9,10,100", "open is not a number"),
    ("A,2024-06-10,10,11,9,10,-inf", "volume is not a number"),
    ("A,2024-06-10,10,11,10.5,10.75,100", "low above open, high or close"),
    ("A,2024-06-10,,11,10.5,10,100", "low above open, high or close"),
    ("A,2024-06-10,12,11,9,10,100", "high below open or close"),
    ("A,2024-06-10,,11,9,11.5,100", "high below open or close"),
    ("A,2024-06-10,10,9,11,10,100", "low above open, high or close; high below open or close"),
    ("A,2024-06-10,-10,11,-12,10,100", "a price of 0 or less"),
    ("A,2024-06-10,10,11,0,10,100", "a price of 0 or less"),
    ("A,2024-06-10,10,11,9,10,-1", "negative volume"),
    ("A,2024-06-08,10,11,9,10,100", "not a session of XNYS"),
    ("A,2024-06-19,10,11,9,10,100", "not a session of XNYS"),
    ("A,1950-06-12,10,11,9,10,100", "not a session of XNYS"),
    ("A,10/06/2024,10,11,9,10,100", "unreadable date"),
    ("A,2024-06-31,10,11,9,10,100", "unreadable date"),
    ("A,,10,11,9,10,100", "unreadable date"),
    (" ,2024-06-10,10,11,9,10,100", "no symbol"),
    (",,10,11,9,,-100", "no symbol; unreadable date; close is not a number; negative volume"),
]


@pytest.mark.parametrize(("line", "reason"), RULES)
def test_a_row_that_breaks_a_rule_is_quarantined_as_it_came(bring, known, warehouse, source, line, reason):
    report = bring(HEADER + "B,2024-06-10,10,11,9,10,100\n" + line + "\n")
    assert report.quarantined == {reason: 1}
    assert (report.rows, report.kept) == (2, 1)
    (row,) = read_quarantine(warehouse, source=source).iter_rows(named=True)
    assert (row["row_number"], row["reason"], row["batch"]) == (2, reason, report.batch)
    assert [value or "" for value in json.loads(row["row_json"]).values()] == line.split(",")
    assert known()["instrument"].to_list() == ["B"]


def test_a_second_row_for_a_symbol_and_session_is_quarantined(bring, known):
    report = bring(
        HEADER + "A,2024-06-10,10,11,9,10,100\na ,2024-06-10T00:00:00,10,11,9,11,100\nA,20240611,10,11,9,10,1\n"
    )
    assert report.quarantined == {"a second row for the same symbol and session": 1}
    assert known()["close"].to_list() == [10.0, 10.0]


def test_missing_fields_alone_keep_the_row_and_are_counted(bring, known):
    report = bring(HEADER + "A,2024-06-10,,11,9,10,\nA,2024-06-11,10,NaN,null,10,0\nA,2024-06-12,n/a,,-,10,7\n")
    assert report.missing == {"open": 2, "high": 2, "low": 2, "volume": 1}
    assert report.quarantined == {}
    assert known().select("open", "high", "low", "volume").rows() == [
        (None, 11.0, 9.0, None),
        (10.0, None, None, 0.0),
        (None, None, None, 7.0),
    ]


def test_close_alone_is_enough(bring, known):
    report = bring("Ticker;Date;CLOSE\nA;2024-06-10;10\n")
    assert (report.fields, report.renamed, report.missing) == (("close",), {"Ticker": "symbol"}, {})
    assert known().select("open", "close", "volume").row(0) == (None, 10.0, None)


def test_more_columns(bring, known, warehouse):
    report = bring(
        "symbol,Name,date,close,Adj Close,vwap,currency,sector,knowledge_time,note\n"
        "SEC1,First,2024-06-10,10,9.5,10.1,USD,Energy,2024-06-10 20:15:00,x\n"
        "SEC2,Second,2024-06-10,10,,,,,2024-06-10T16:30:00-04:00,\n"
        "SEC1,First,2024-06-11,11,9.5,10.1,USD,Tech,,\n"
    )
    assert report.ignored == ("Name", "note")
    assert report.assumed_knowledge == 1
    rows = known()
    assert rows["knowledge_time"].to_list() == [
        datetime(2024, 6, 10, 20, 15, tzinfo=UTC),
        datetime(2024, 6, 11, 20, tzinfo=UTC),
        datetime(2024, 6, 10, 20, 30, tzinfo=UTC),
    ]
    assert rows["backfilled"].to_list() == [False, True, False]
    assert rows["adj_close"].to_list() == [9.5, 9.5, None]
    assert read_sectors(warehouse, ["SEC1", "SEC2"]).rows() == [("SEC1", "Tech")]


def test_knowledge_before_the_close_is_refused(bring):
    report = bring(
        "symbol,date,close,knowledge_time\n"
        "A,2024-06-10,10,2024-06-10T19:59:59Z\n"
        "A,2024-06-11,10,yesterday\n"
        "A,2024-06-12,10,2024-06-12T20:00:00Z\n"
    )
    assert report.quarantined == {"known before the session's close": 1, "unreadable knowledge time": 1}


def test_the_same_file_again_is_nothing_new(bring, known):
    text = HEADER + "A,2024-06-10,10,11,9,10.5,100\nA,2024-06-11,10,11,9,10,-1\n"
    bring(text)
    before = known()
    report = bring(text, now=SECOND)
    assert (report.fresh, report.changed, report.unchanged, report.quarantined) == (0, 0, 1, {"negative volume": 1})
    assert known().equals(before)


def test_a_changed_value_is_known_from_its_import(bring, known):
    bring(HEADER + "A,2024-06-10,10,11,9,10.5,100\nA,2024-06-11,10,11,9,10,100\n")
    report = bring(HEADER + "A,2024-06-10,10,11,9,10.75,100\nA,2024-06-11,10,11,9,10,100\n", now=SECOND)
    assert (report.fresh, report.changed, report.unchanged) == (0, 1, 1)
    rows = known()
    assert rows.select("close", "knowledge_time", "backfilled").rows() == [
        (10.5, datetime(2024, 6, 10, 20, tzinfo=UTC), True),
        (10.75, SECOND, False),
        (10.0, datetime(2024, 6, 11, 20, tzinfo=UTC), True),
    ]
    just_before = SECOND.replace(microsecond=SECOND.microsecond - 1)
    assert known(as_of=just_before)["close"].to_list() == [10.5, 10.0]
    assert known(as_of=SECOND).height == 3


def test_a_value_that_changes_back_is_news_again(bring, known):
    first, second = (HEADER + f"A,2024-06-10,10,11,9,{close},100\n" for close in ("10.5", "10.75"))
    for content, now in ((first, FIRST), (second, SECOND), (first, THIRD), (first, THIRD)):
        bring(content, now=now)
    assert known()["close"].to_list() == [10.5, 10.75, 10.5]
    assert known()["knowledge_time"].to_list()[1:] == [SECOND, THIRD]


def test_a_bar_changed_before_its_close_is_still_known_after_it(bring, known):
    early = datetime(2024, 6, 10, 15, tzinfo=UTC)
    bring(HEADER + "A,2024-06-10,10,11,9,10.5,100\n", now=early)
    bring(HEADER + "A,2024-06-10,10,11,9,10.75,100\n", now=early.replace(hour=16))
    times = known()["knowledge_time"].to_list()
    assert times == [datetime(2024, 6, 10, 20, tzinfo=UTC), datetime(2024, 6, 10, 20, 0, 0, 1, tzinfo=UTC)]


def test_adjusted_prices_are_marked(bring, known):
    bring(HEADER + "A,2024-06-10,10,11,9,10.5,100\n", adjusted=True)
    assert known()["adjusted"].to_list() == [True]


def test_the_file_reaches_the_lake_before_it_is_read(bring, lake, source):
    body = "symbol,when\nA,1\n"
    with pytest.raises(DataError):
        bring(body)
    (key,) = lake.list(f"raw/import/source={source}")
    assert lake.get(key) == body.encode()


def test_parquet_of_other_types(bring, known):
    report = bring(
        pl.DataFrame(
            {
                "Name": pl.Series(["a", "b", None], dtype=pl.Categorical),
                "DATE": np.array(["2024-06-10", "2024-06-10T16:00", "2024-06-10"], "datetime64[us]"),
                "close": pl.Series([1.5, float("nan"), 2.5], dtype=pl.Float32),
                "volume": pl.Series([100, 5, -7], dtype=pl.Int32),
                "tags": [["x"], [], ["y"]],
            }
        )
    )
    assert report.quarantined == {"close is not a number": 1, "no symbol; negative volume": 1}
    assert known().select("instrument", "close", "volume").rows() == [("A", 1.5, 100.0)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        (HEADER, "no rows"),
        ("symbol,date,price\nA,2024-06-10,1\n", "no column close; it has symbol, date, price"),
        ("symbol,date,close,Close\nA,2024-06-10,1,2\n", "several columns for close"),
        ("ticker,name,date,close\nA,A,2024-06-10,1\n", "several columns for symbol"),
        ("symbol,date,close\nA,2024-06-10,1,7,8\n", "damaged or neither"),
        ("PAR1 but not really PAR1", "damaged or no Parquet file"),
        ("\x00\x01\x02", "no column"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_clear_error(bring, content, message):
    with pytest.raises(DataError, match=message):
        bring(content)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ({"close": [True]}, "column close.*Boolean; numbers"),
        ({"close": [[1.0]]}, "column close.*List"),
        ({"volume": [date(2024, 6, 10)]}, "column volume.*Date; numbers"),
        ({"date": [1.5]}, "column date.*Float64; ISO dates"),
        ({"knowledge_time": [date(2024, 6, 10)]}, "column knowledge_time.*Date; ISO times"),
        ({"symbol": [["A"]]}, "column symbol.*List"),
    ],
)
def test_columns_of_another_type_are_one_clear_error(bring, column, message):
    good = {"symbol": ["A"], "date": [date(2024, 6, 10)], "close": [1.0]}
    with pytest.raises(DataError, match=message):
        bring(pl.DataFrame(good | column))


def test_a_damaged_parquet_is_one_clear_error(tmp_path, warehouse, lake, source):
    path = tmp_path / "bars.parquet"
    count = 2_000
    pl.DataFrame(
        {"symbol": ["A"] * count, "date": ["2024-06-10"] * count, "close": np.arange(count) * 1.1}
    ).write_parquet(path)
    whole = path.read_bytes()
    damaged = [
        whole[:-100],
        whole[: len(whole) // 2],
        whole[:4],
        whole[:-8] + b"\xff" * 8,
        whole[:8] + b"\x00" * 500 + whole[508:],
    ]
    for body in damaged:
        path.write_bytes(body)
        with pytest.raises(DataError, match="damaged or no Parquet file"):
            import_bars(path, source=source, adjusted=False, warehouse=warehouse, lake=lake, now=FIRST)


def test_no_file_and_no_file_but_a_folder(tmp_path, warehouse, lake, source):
    with pytest.raises(NotFoundError, match="no file"):
        import_bars(tmp_path / "none.csv", source=source, adjusted=False, warehouse=warehouse, lake=lake, now=FIRST)
    with pytest.raises(DataError, match="cannot read"):
        import_bars(tmp_path, source=source, adjusted=False, warehouse=warehouse, lake=lake, now=FIRST)


@pytest.mark.parametrize("name", ["", "sample", "yahoo", "a b", "../x", "x" * 101])
def test_a_source_needs_a_clean_name(bring, name):
    with pytest.raises(UsageError, match="--source"):
        bring(HEADER, name=name)


def independent_count(path: Path) -> dict[str, pd.Series]:
    """The rules of the issue, said again over pandas: a mask of the rows that break each."""
    frame = pd.read_parquet(path)
    low, high, opened, close = (frame[name].to_numpy() for name in ("low", "high", "open", "close"))
    with np.errstate(invalid="ignore"):
        return {
            "close": ~np.isfinite(close),
            "low": (low > opened) | (low > close) | (low > high),
            "high": (high < opened) | (high < close),
            "negative": (low < 0) | (high < 0) | (opened < 0) | (close < 0) | (frame["volume"].to_numpy() < 0),
            "second": frame.duplicated(["symbol", "date"]).to_numpy(),
            "weekend": (frame["date"].dt.day_of_week >= 5).to_numpy(),
        }


def test_the_real_file_against_an_independent_count(shared_data, warehouse, lake):
    path = shared_data / "prices" / "sp500_daily_2013_2018.parquet"
    report = import_bars(path, source="real", adjusted=False, warehouse=warehouse, lake=lake, now=FIRST)
    broken = independent_count(path)
    refused = np.logical_or.reduce(list(broken.values()))
    assert refused.sum() == 12
    assert (report.rows, report.kept) == (619_040, 619_040 - 12)
    quarantine = read_quarantine(warehouse, source="real")
    assert quarantine["row_number"].to_list() == (np.flatnonzero(refused) + 1).tolist()
    by_rule = {
        "low": quarantine["reason"].str.contains("low above").sum(),
        "high": quarantine["reason"].str.contains("high below").sum(),
    }
    assert by_rule == {name: broken[name].sum() for name in by_rule}
    kept = pd.read_parquet(path)[~refused]
    assert report.missing == {name: int(kept[name].isna().sum()) for name in ("open", "high", "low", "volume")}
    assert report.symbols == 505
    rows = read_bars(warehouse, source="real", as_of=datetime(2030, 1, 1, tzinfo=UTC))
    kept = kept.sort_values(["symbol", "date"])
    assert rows["instrument"].to_list() == kept["symbol"].to_list()
    for name in ("open", "high", "low", "close", "volume"):
        np.testing.assert_array_equal(rows[name].to_numpy(), kept[name].to_numpy(dtype=float))
    again = import_bars(path, source="real", adjusted=False, warehouse=warehouse, lake=lake, now=SECOND)
    assert (again.fresh, again.changed, again.unchanged) == (0, 0, report.kept)


IMPORT = textwrap.dedent("""
    import sys
    from datetime import UTC, datetime
    from pathlib import Path
    import numpy as np
    import lode.collect.own_files as own
    from lode.calendar import is_session
    from lode.lake import open_lake
    from lode.settings import load_settings
    from lode.warehouse import open_warehouse
    own._CHUNK_ROWS = 20_000
    settings = load_settings(home=Path(sys.argv[1]), warehouse_idle=60)
    with open_warehouse(settings) as warehouse:
        is_session("XNYS", np.array([], "datetime64[D]"))
        print("go", flush=True)
        lake, now = open_lake(settings), datetime.now(UTC)
        own.import_bars(Path(sys.argv[2]), source="killed", adjusted=False, warehouse=warehouse, lake=lake, now=now)
""")


def market(seed: int) -> pl.DataFrame:
    days = pl.date_range(date(2020, 1, 1), date(2024, 1, 1), eager=True)  # weekends and holidays among them
    draw = np.random.default_rng(seed)
    names = [f"N{n:03d}" for n in range(40)]
    frame = pl.DataFrame({"symbol": names}).join(pl.DataFrame({"date": days}), how="cross")
    return frame.with_columns(
        pl.Series("close", np.round(draw.lognormal(3, 1, frame.height), 2)), pl.lit("Energy").alias("sector")
    )


def test_a_killed_import_goes_on_as_the_same_one(tmp_path, warehouse, lake, source, soak_scale):
    """Two files, the second with changes; each import is killed again and again before one is let through."""
    first = market(1)
    changed = first.with_columns(pl.when(pl.col("symbol") < "N020").then("close").otherwise(pl.col("close") + 1))
    paths = [tmp_path / "first.parquet", tmp_path / "second.parquet"]
    for path, frame in zip(paths, (first, changed), strict=True):
        frame.write_parquet(path)
        import_bars(
            path,
            source=source,
            adjusted=False,
            warehouse=warehouse,
            lake=lake,
            now=FIRST if path == paths[0] else SECOND,
        )
    expected = read_bars(warehouse, source=source, as_of=datetime(2030, 1, 1, tzinfo=UTC))

    home = tmp_path / "home"
    settings = load_settings(home=home, warehouse_idle=60)
    delays = iter(np.random.default_rng(7).uniform(0.1, 1.5, 40))
    try:
        for path in paths:
            for _ in range(round(10 * soak_scale)):
                child = subprocess.Popen([sys.executable, "-c", IMPORT, str(home), str(path)], stdout=subprocess.PIPE)
                assert child.stdout.readline() == b"go\n"
                time.sleep(next(delays))
                child.kill()
                child.communicate()
            with open_warehouse(settings) as other:
                import_bars(path, source="killed", adjusted=False, warehouse=other, lake=open_lake(settings), now=THIRD)
        with open_warehouse(settings) as other:
            rows = read_bars(other, source="killed", as_of=datetime(2099, 1, 1, tzinfo=UTC))
            quarantined = read_quarantine(other, source="killed").height
        stamps = {
            json.loads(open_lake(settings).get(k))["time"]
            for k in open_lake(settings).list("imports")
            if k.endswith("json")
        }
    finally:
        stop(settings)
    assert quarantined == read_quarantine(warehouse, source=source).height > 0
    assert rows.drop("knowledge_time").equals(expected.drop("knowledge_time"))
    later = rows.filter(~pl.col("backfilled"))["knowledge_time"].unique().to_list()
    assert len(later) == 1
    assert later[0].isoformat() in stamps
    assert rows.filter("backfilled")["knowledge_time"].equals(expected.filter("backfilled")["knowledge_time"])


def test_latest_bars_is_one_row_a_session(bring, warehouse, source):
    bring(HEADER + "A,2024-06-10,10,11,9,10.5,100\n")
    bring(HEADER + "A,2024-06-10,10,11,9,10.75,100\n", now=SECOND)
    assert latest_bars(warehouse, source=source, instruments=["A"])["close"].to_list() == [10.75]


def test_a_full_lake_stores_nothing(tmp_path, warehouse, source):
    (tmp_path / "lake").write_text("a file where the lake should be")
    path = tmp_path / "bars.csv"
    path.write_text(HEADER + "A,2024-06-10,10,11,9,10.5,100\n")
    with pytest.raises(LakeError):
        import_bars(
            path, source=source, adjusted=False, warehouse=warehouse, lake=Lake((tmp_path / "lake").as_uri()), now=FIRST
        )
    assert latest_bars(warehouse, source=source, instruments=["A"]).is_empty()
