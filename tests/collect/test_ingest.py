"""The steps that every source shares, with a source of the test's own over a replica of nothing but strings."""

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import stamina

from lode.collect import answers, storing
from lode.collect import ingest as module
from lode.collect.hosts import ConnectionRefusedByHostError
from lode.collect.http import RawRecord, ThrottledForError
from lode.collect.ingest import ingest
from lode.collect.reparse import reparse
from lode.collect.source import Request, Stored
from lode.errors import CollectError, LakeError, SourceUnavailableError, UnknownSymbolError
from lode.lake import Lake
from lode.warehouse.stores.collections import read_collections
from lode.warehouse.stores.imports import Watermark, read_watermarks

START = datetime(2026, 11, 2, 21, tzinfo=UTC)


class Clock:
    def __init__(self):
        self.time, self.lock = START, threading.Lock()

    def __call__(self):
        with self.lock:
            self.time += timedelta(seconds=1)
            return self.time


class Words:
    """A place that answers words; `says[url]` is what comes: bytes, an error, or a list of them in turn."""

    def __init__(self, name, says, clock):
        self.name, self.says, self.clock = name, says, clock
        self.asked, self.stored = [], []

    def plan(self, subject, mark):
        day = mark.collected_to if mark else date(2026, 11, 1)
        return [Request(subject, f"{subject}/{day}", f"raw/{self.name}/words/subject={subject}", {"kind": "words"})]

    def fetch(self, request):
        self.asked.append(request.url)
        said = self.says[request.url]
        said = said.pop(0) if isinstance(said, list) else said
        if isinstance(said, Exception):
            raise said
        return RawRecord(request.url, 200, {}, said, self.clock(), {})

    def parse(self, record):
        if record.body.startswith(b"<"):
            raise SourceUnavailableError("no words")
        return record.body.decode().split()

    def follow(self, parsed):
        return [
            Request(word.split(":")[1], word, f"raw/{self.name}/more/{word.replace('/', '-')}", once=True)
            for word in parsed
            if word.startswith("see:")
        ]

    def store(self, subject, answers, mark):
        words = [word for kept in answers for word in kept.parsed]
        if "never" in words:
            raise CollectError("these words cannot be stored")
        self.stored.append((subject, words))
        first = mark.collected_from if mark else date(2026, 11, 1)
        last = answers[0].fetched.date()
        moved = Watermark(self.name, subject, first, last, answers[-1].key, answers[-1].fetched)
        outcome = "collected" if words else "empty"
        return Stored(rows=len(words), outcome=outcome, mark=moved, first=first, last=last)


@pytest.fixture
def world(warehouse, tmp_path, source):
    lake, clock = Lake(tmp_path.as_uri()), Clock()

    def collect(says, subjects=None, **options):
        words = Words(source, says, clock)
        names = subjects or sorted({url.split("/")[0] for url in says if not url.startswith("see:")})
        with stamina.set_testing(True, attempts=3):
            report = ingest(
                words, names, warehouse=warehouse, lake=lake, now=clock, concurrency=options.pop("concurrency", 3)
            )
        return report, words

    collect.lake, collect.warehouse, collect.source, collect.clock = lake, warehouse, source, clock
    return collect


def test_rows_watermarks_and_outcomes_of_every_subject(world):
    report, _ = world({"A/2026-11-01": b"one two", "B/2026-11-01": b"", "C/2026-11-01": b"three"})
    assert (report.subjects, report.rows, report.requests, report.failures) == (3, 3, 3, 0)
    assert report.collected == {"A": 2, "C": 1}
    assert report.empty == ["B"]
    marks = read_watermarks(world.warehouse, source=world.source)
    assert {name: mark.collected_to for name, mark in marks.items()} == dict.fromkeys("ABC", START.date())
    outcomes = read_collections(world.warehouse, source=world.source)
    assert outcomes.select("subject", "outcome", "rows", "requests").rows() == [
        ("A", "collected", 2, 1),
        ("B", "empty", 0, 1),
        ("C", "collected", 1, 1),
    ]
    assert outcomes["lake_key"].to_list() == [marks[name].lake_key for name in "ABC"]


def test_the_next_collection_begins_at_the_watermark(world):
    world({"A/2026-11-01": b"one"})
    _, words = world({"A/2026-11-02": b"two"})
    assert words.asked == ["A/2026-11-02"]


def test_what_an_answer_points_at_is_asked_once_and_ever(world):
    first = {"A/2026-11-01": b"see:A:1 see:A:2", "see:A:1": b"deep", "see:A:2": b"see:A:1 deeper"}
    report, words = world(first)
    assert sorted(words.asked) == ["A/2026-11-01", "see:A:1", "see:A:2"]
    assert words.stored == [("A", ["see:A:1", "see:A:2", "deep", "see:A:1", "deeper"])]
    assert report.requests == 3
    _, again = world({"A/2026-11-02": b"see:A:1 see:A:3", "see:A:3": b"new"})
    assert again.asked == ["A/2026-11-02", "see:A:3"]
    assert again.stored == [("A", ["see:A:1", "see:A:3", "deep", "new"])]


def test_failures_are_told_apart_and_leave_the_others_alone(world):
    report, _ = world(
        {
            "A/2026-11-01": UnknownSymbolError("no such thing"),
            "B/2026-11-01": ThrottledForError("slower", 0.0),
            "C/2026-11-01": b"never",
            "D/2026-11-01": b"word",
            "E/2026-11-01": b"<html>",
        }
    )
    assert report.failed == {
        "A": "UnknownSymbolError: no such thing",
        "B": "ThrottledForError: slower",
        "C": "CollectError: these words cannot be stored",
        "E": "SourceUnavailableError: no words",
    }
    assert (report.unknown, report.throttled, report.failures) == (["A"], 3, 4)
    assert report.collected == {"D": 1}
    assert list(read_watermarks(world.warehouse, source=world.source)) == ["D"]
    outcomes = read_collections(world.warehouse, source=world.source, subjects=["A", "D"])
    assert outcomes["message"].to_list() == ["UnknownSymbolError: no such thing", ""]
    assert outcomes["outcome"].to_list() == ["failed", "collected"]


def test_throttling_and_unreadable_answers_are_asked_again(world):
    says = [ThrottledForError("slower", 0.0), b"<html>", b"word"]
    report, words = world({"A/2026-11-01": says})
    assert (report.collected, report.throttled, len(words.asked)) == ({"A": 1}, 1, 3)
    assert len([key for key in world.lake.list("raw") if key.endswith(".zst")]) == 2


def test_a_lake_that_refuses_ends_everything_and_moves_nothing(world, monkeypatch):
    def full(*_):
        raise LakeError("no room")

    monkeypatch.setattr(answers, "keep_raw", full)
    with pytest.raises(LakeError, match="no room"):
        world({"A/2026-11-01": b"one", "B/2026-11-01": b"two"})
    assert read_watermarks(world.warehouse, source=world.source) == {}
    assert not [t for t in threading.enumerate() if t.name.startswith(world.source)]


def test_watermarks_move_after_the_rows_and_before_the_outcome(world, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(storing, "insert_watermarks", killed)
        with pytest.raises(KeyboardInterrupt):
            world({"A/2026-11-01": b"one"})
    assert read_watermarks(world.warehouse, source=world.source) == {}
    assert read_collections(world.warehouse, source=world.source).is_empty()
    _, words = world({"A/2026-11-01": b"one"})
    assert words.stored == [("A", ["one"])]


def test_at_most_a_window_of_subjects_is_under_way(world, monkeypatch):
    monkeypatch.setattr(module, "BATCH", 4)
    waiting, most = set(), []

    class Counting(Words):
        def fetch(self, request):
            waiting.add(request.subject)
            most.append(len(waiting))
            return super().fetch(request)

        def store(self, subject, answers, mark):
            waiting.discard(subject)
            return super().store(subject, answers, mark)

    names = [f"S{n}" for n in range(60)]
    counting = Counting(world.source, {f"{name}/2026-11-01": b"w" for name in names}, world.clock)
    report = ingest(counting, names, warehouse=world.warehouse, lake=world.lake, now=world.clock, concurrency=3)
    assert report.rows == 60
    assert max(most) <= 7


def test_reparse_gives_what_was_stored_in_the_order_of_collections(world):
    world({"A/2026-11-01": [b"<html>", b"one see:A:1"], "see:A:1": b"deep", "B/2026-11-01": b"b"})
    _, second = world({"A/2026-11-02": b"two see:A:1", "B/2026-11-02": b"never"})
    again = Words(world.source, {}, world.clock)
    report = reparse(again, warehouse=world.warehouse, lake=world.lake)
    assert again.asked == []
    assert sorted(again.stored[:2]) == [("A", ["one", "see:A:1", "deep"]), ("B", ["b"])]
    assert again.stored[2:] == [("A", ["two", "see:A:1"])]
    assert (report.rows, report.failed) == (6, {"B": "CollectError: these words cannot be stored"})
    assert report.notes == ["1 answers in the lake cannot be read; they were left out"]
    assert len(second.stored) == 1
    only = Words(world.source, {}, world.clock)
    assert reparse(only, subjects=["B"], warehouse=world.warehouse, lake=world.lake).subjects == 1


def test_a_record_says_what_was_asked_and_by_which_collection(world):
    from lode.collect.http import load_raw

    world({"A/2026-11-01": b"one"})
    (key,) = [key for key in world.lake.list("raw") if key.endswith(".zst")]
    record = load_raw(world.lake, key)
    assert record.about == {"kind": "words", "subject": "A", "collection": (START + timedelta(seconds=1)).isoformat()}
    assert replace(record, body=b"") == load_raw(world.lake, key, body=False)


def test_a_host_where_nothing_listens_ends_the_collection_and_keeps_what_came(world):
    names = [f"S{n:03}" for n in range(200)]
    down = ConnectionRefusedByHostError("http://127.0.0.1:9/x", "LODE_YAHOO_URL")
    says = {f"{name}/2026-11-01": b"one" if number < 5 else down for number, name in enumerate(names)}
    report, words = world(says, names)
    assert sorted(report.collected) == names[:5]
    assert len(words.asked) <= 5 + 3 * 3 + 3  # three subjects at once, three times each, and what was under way
    assert report.failures == 195
    assert report.stopped == (
        f"{down}. 5 of 200 subjects came before that and are stored; the same command goes on with the rest"
    )
    assert report.failed["S199"] == f"HostDownError: not asked, {down}"
    assert sorted(read_watermarks(world.warehouse, source=world.source)) == names[:5]
    outcomes = read_collections(world.warehouse, source=world.source)
    assert 5 < outcomes.height < 100  # what was not asked has no outcome
    assert set(outcomes.filter(outcome="failed")["message"].str.slice(0, 13)) == {"HostDownError"}
    again, _ = world({f"{name}/2026-11-01": b"one" for name in names[5:]}, names[5:])
    assert (again.failures, again.stopped, again.rows) == (0, "", 195)


def test_a_host_that_listens_again_is_asked_on(world):
    down = ConnectionRefusedByHostError("http://127.0.0.1:9/x")
    report, _ = world({"A/2026-11-01": [down, down, b"one"], "B/2026-11-01": b"two"})
    assert (report.failures, report.stopped, report.rows) == (0, "", 2)
