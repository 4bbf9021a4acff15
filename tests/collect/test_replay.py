"""Snapshots that a collector took in 2015, imported one day after the other, each known from when it was taken.

What a day's snapshot said is derived here in plain Python, without Lode's reader. The files are as the collector left
them: a file without a header, one of no bytes, a holiday among the sessions, and later snapshots that restate closes.
"""

from __future__ import annotations

import csv
import hashlib
import io
import tarfile
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import polars as pl
import pytest

from lode.collect.own_files import import_body
from lode.errors import DataError
from lode.warehouse.stores.bars import read_bars
from lode.warehouse.stores.imports import read_quarantine

NAMES = ["symbol", "date", "open", "high", "low", "close", "volume", "adj_close"]
NEVER = datetime(2290, 1, 1, tzinfo=UTC)


def archive(path):
    """Prices as the archive holds them, and when they were taken."""
    with tarfile.open(path) as tar:
        member = tar.getmember("prices.csv")
        body = tar.extractfile(member).read()
    return body, datetime.fromtimestamp(member.mtime, UTC)


def sampled(body, share):
    """The lines of every `share`-th symbol, as they came; headers stay."""
    lines = body.decode().splitlines(keepends=True)
    kept = [line for line in lines if line.startswith("symbol,") or number(line.split(",")[0]) % share == 0]
    return "".join(kept).encode()


def number(symbol):
    return int(hashlib.md5(symbol.encode()).hexdigest()[:8], 16)  # noqa: S324  a choice, no secret


def told(body):
    """What a snapshot says, by symbol and day: OHLCV and adjusted close; rows that cannot be are left out."""
    said = {}
    for row in csv.reader(io.StringIO(body.decode())):
        if row[:2] == NAMES[:2]:
            continue
        symbol, day = row[0], date.fromisoformat(row[1])
        opened, high, low, close, volume, adjusted = (float(text) for text in row[2:])
        crossed = low > min(opened, close, high) or high < max(opened, close)
        if day != date(2015, 7, 3) and not crossed and min(opened, high, low, close, adjusted) > 0 and volume >= 0:
            said[symbol.upper(), day] = (opened, high, low, close, volume, adjusted)
    return said


@pytest.fixture(scope="module")
def snapshots(shared_data, soak_scale):
    """Bodies with their times, in order: all of them in the soak, otherwise seven days and a fifth of the symbols."""
    paths = sorted((shared_data / "pystock" / "raw").glob("2015*.tar.gz"))
    chosen = paths if soak_scale == 1 else [p for p in paths if "20150630" <= p.name[:8] <= "20150708"]
    share = 1 if soak_scale == 1 else 5
    taken = [archive(path) for path in chosen]
    return [(sampled(body, share), at) for body, at in taken]


@pytest.fixture(scope="module")
def replayed(snapshots, warehouse, module_lake):
    """Reports of the imports, day by day."""
    return [
        import_body(
            body, label=f"{at:%Y%m%d}.csv", source="replay", adjusted=False, warehouse=warehouse, lake=module_lake,
            now=at, known_at=at,
        )
        for body, at in snapshots
    ]  # fmt: skip


@pytest.fixture(scope="module")
def module_lake(collect_settings):
    from lode.lake import open_lake

    return open_lake(collect_settings)


def test_nothing_is_lost(replayed, snapshots, warehouse):
    for report, (body, _) in zip(replayed, snapshots, strict=True):
        lines = [row for row in csv.reader(io.StringIO(body.decode())) if row[:2] != NAMES[:2]]
        assert report.rows == len(lines)
        assert report.kept == len(told(body))
        assert report.rows == report.kept + sum(report.quarantined.values())
        assert report.kept == report.fresh + report.changed + report.unchanged
        assert report.assumed_knowledge == 0
    quarantine = read_quarantine(warehouse, source="replay")
    assert quarantine.height == sum(sum(report.quarantined.values()) for report in replayed)


def test_the_view_of_each_day_is_what_its_snapshot_said(replayed, snapshots, warehouse):
    for body, at in snapshots:
        rows = read_bars(warehouse, source="replay", as_of=at)
        latest = rows.unique(["instrument", "session"], keep="last", maintain_order=True)
        view = {(row[0], row[1]): row[2:] for row in latest.select("instrument", "session", *NAMES[2:]).iter_rows()}
        said = told(body)
        assert {key: view.get(key) for key in said} == said
        assert rows["knowledge_time"].max() <= at
        just_before = read_bars(warehouse, source="replay", as_of=at - timedelta(microseconds=1))
        assert not set(just_before["knowledge_time"]) & {at}
        assert rows.height - just_before.height == rows.filter(pl.col("knowledge_time") == at).height


def test_what_was_restated_is_counted_as_the_archives_have_it(replayed, snapshots, warehouse):
    """Versions in the table against changes between the snapshots that have the same symbol and day."""
    seen, closes, versions = {}, 0, Counter()
    for body, _ in snapshots:
        for key, values in told(body).items():
            if key in seen and seen[key] != values:
                versions[key] += 1
                closes += seen[key][3] != values[3]
            seen[key] = values
    rows = read_bars(warehouse, source="replay", as_of=NEVER)
    counted = rows.group_by("instrument", "session").len().filter(pl.col("len") > 1)
    assert {(i, s): n - 1 for i, s, n in counted.iter_rows()} == dict(versions)
    assert sum(report.changed for report in replayed) == versions.total() > 0
    in_table = sum(
        one != other
        for _, group in rows.group_by("instrument", "session", maintain_order=True)
        for one, other in pairwise(group["close"].to_list())
    ) if counted.height else 0  # fmt: skip
    assert in_table == closes > 0


def test_importing_a_day_again_changes_nothing(replayed, snapshots, warehouse, module_lake):
    body, at = snapshots[-1]
    again = import_body(
        body, label="again.csv", source="replay", adjusted=False, warehouse=warehouse, lake=module_lake, now=at,
        known_at=at,
    )  # fmt: skip
    assert (again.fresh, again.changed, again.unchanged) == (0, 0, replayed[-1].kept)


def test_the_empty_archive_is_said_and_changes_nothing(shared_data, warehouse, module_lake):
    body, at = archive(shared_data / "pystock" / "raw" / "20170323.tar.gz")
    assert body == b""
    with pytest.raises(DataError, match=r"20170323.csv"):
        import_body(
            body, label="20170323.csv", source="replay-empty", adjusted=False, warehouse=warehouse, lake=module_lake,
            now=at, known_at=at,
        )  # fmt: skip
    assert warehouse.query("SELECT count() AS n FROM bars WHERE source = 'replay-empty'")["n"].item() == 0


def test_a_file_without_a_header_and_one_with_several_say_the_same(snapshots, warehouse, module_lake):
    body, at = snapshots[0]
    header, _, rest = body.partition(b"\n")
    lines = rest.splitlines(keepends=True)[:200]
    middle = [*lines[:100], header + b"\n", *lines[100:]]
    reports = [
        import_body(
            text, label=f"{name}.csv", source=f"replay-{name}", adjusted=False, warehouse=warehouse, lake=module_lake,
            now=at, known_at=at,
        )
        for name, text in (("bare", b"".join(lines)), ("two", b"".join([header + b"\n", *middle])))
    ]  # fmt: skip
    bare, two = reports
    assert (bare.headerless, bare.rows) == (True, 200)
    assert (two.headerless, two.rows) == (False, 201)
    assert two.quarantined.pop("a header among the rows") == 1
    assert two.quarantined == bare.quarantined
    rows = [read_bars(warehouse, source=name, as_of=NEVER) for name in ("replay-bare", "replay-two")]
    assert rows[0].equals(rows[1])
    assert rows[0].height == bare.kept > 150
