"""Collectors of other distributions: a real one lies in a folder of the path, as an installation would leave it."""

import sys
from datetime import UTC, datetime

import pytest

from lode.collect.plugins import Opening, collect_own, reparse_own
from lode.errors import UsageError
from lode.warehouse.stores.bars import read_bars
from lode.warehouse.stores.imports import read_quarantine, read_watermarks

FEED = """
import json

import polars as pl

from lode.collect.http import RawRecord
from lode.collect.own_bars import store_bars
from lode.collect.source import Request
from lode.errors import UnknownSymbolError

CLOSES = {"2026-11-23": 10.0, "2026-11-24": -1.0, "2026-11-25": 11.0}


class Feed:
    name = "feed_of_a_test"
    left = False

    def __init__(self, opening):
        self.opening = opening

    def __enter__(self):
        return self

    def __exit__(self, *error):
        Feed.left = True

    def plan(self, subject, mark):
        return [Request(subject, f"feed/{subject}", f"raw/{self.name}/bars/symbol={subject}")]

    def fetch(self, request):
        assert self.opening.fetching
        if request.subject == "ZZZ":
            raise UnknownSymbolError("no ZZZ")
        closes = {} if request.subject == "NIL" else CLOSES
        return RawRecord(request.url, 200, {}, json.dumps(closes).encode(), self.opening.now())

    def parse(self, record):
        return json.loads(record.body)

    def follow(self, parsed):
        return ()

    def store(self, subject, answers, mark):
        rows = [{"symbol": subject, "date": day, "close": c} for a in answers for day, c in a.parsed.items()]
        opened = self.opening
        return store_bars(
            pl.DataFrame(rows), answers, source=self.name, mark=mark, warehouse=opened.warehouse, lake=opened.lake
        )
"""
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Install a distribution that registers a collector, and give its module's name."""

    def install(name, text, target="Feed", module=None):
        module = module or f"module_{name}"
        metadata = tmp_path / f"{module}-1.2.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.2\n")
        (metadata / "entry_points.txt").write_text(f"[lode.collectors]\n{name} = {module}:{target}\n")
        (tmp_path / f"{module}.py").write_text(text)
        monkeypatch.syspath_prepend(str(tmp_path))
        modules.append(module)
        return module

    modules: list[str] = []
    yield install
    for module in modules:
        sys.modules.pop(module, None)


@pytest.fixture
def opening(collect_settings, warehouse, lake):
    return Opening(collect_settings, warehouse, lake, lambda: NOW)


def test_it_collects_refuses_and_reads_again(installed, opening, warehouse):
    module = installed("feed_of_a_test", FEED)
    report = collect_own("feed_of_a_test", ["AAA", "NIL", "ZZZ"], opening)
    assert (report.rows, report.collected, report.empty, report.unknown) == (2, {"AAA": 2}, ["NIL"], ["ZZZ"])
    assert report.refused == {"a price of 0 or less": 1}
    assert read_quarantine(warehouse, source="feed_of_a_test").height == 1
    mark = read_watermarks(warehouse, source="feed_of_a_test")["AAA"]
    assert (str(mark.collected_from), str(mark.collected_to)) == ("2026-11-23", "2026-11-25")
    assert sys.modules[module].Feed.left
    again = collect_own("feed_of_a_test", ["AAA"], opening)
    assert (again.rows, again.unchanged) == (0, ["AAA"])
    assert reparse_own("feed_of_a_test", opening).rows == 0
    bars = read_bars(warehouse, source="feed_of_a_test", as_of=NOW)
    assert bars["close"].to_list() == [10.0, 11.0]
    assert bars["knowledge_time"][0] == datetime(2026, 11, 23, 21, tzinfo=UTC)


def test_an_unknown_name_lists_what_is_installed(installed, opening):
    installed("feed_of_a_test", FEED)
    with pytest.raises(UsageError, match=r"collector 'fed' is not known; .*lode\.collectors: feed_of_a_test"):
        collect_own("fed", ["AAA"], opening)


@pytest.mark.parametrize(
    ("text", "target", "reason"),
    [
        ("import no_such_module_at_all", "Feed", "ModuleNotFoundError"),
        (FEED.replace("def follow", "def lead"), "Feed", "has no follow"),
        (FEED.replace('"feed_of_a_test"', '"other"'), "Feed", "is named 'other'"),
        (FEED, "Field", "AttributeError"),
    ],
    ids=["import", "protocol", "name", "attribute"],
)
def test_one_that_cannot_be_used_names_its_distribution(installed, opening, text, target, reason):
    installed("feed_of_a_test", text, target)
    with pytest.raises(UsageError, match=r"module_feed_of_a_test 1\.2") as caught:
        collect_own("feed_of_a_test", ["AAA"], opening)
    assert reason in str(caught.value)


def test_names_of_lodes_own_sources_and_names_that_are_registered_twice_are_refused(installed, opening):
    installed("yahoo", FEED)
    with pytest.raises(UsageError, match="a source of Lode's own has this name"):
        collect_own("yahoo", ["AAA"], opening)
    installed("twice", FEED)
    installed("twice", FEED, module="another_module_of_it")
    with pytest.raises(UsageError, match="is registered by 2 distributions"):
        collect_own("twice", ["AAA"], opening)
