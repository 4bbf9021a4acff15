"""EDGAR's daily index: which companies filed on which day, so that only those are asked for again."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from lode.collect.http import RawRecord
from lode.collect.sec.body import changed, read_json
from lode.errors import CollectError

_NAME = re.compile(r"master\.(\d{4})(\d{2})(\d{2})\.idx")
# what owners file about their shares: frequent, and without facts or documents that are collected
_OWNERS = re.compile(r"(3|4|5|144|SC 13[DG]|SCHEDULE 13[DG])(/A)?")


@dataclass(frozen=True)
class IndexDay:
    """One published day. name: of its file."""

    day: date
    name: str


def quarter_folder(day: date) -> str:
    """Path of the folder with a day's index, below the archives' base."""
    return f"Archives/edgar/daily-index/{day.year}/QTR{(day.month + 2) // 3}"


def quarters(first: date, last: date) -> list[date]:
    """First days of the quarters from `first` to `last`."""
    begun = date(first.year, 3 * ((first.month - 1) // 3) + 1, 1)
    found = []
    while begun <= last:
        found.append(begun)
        begun = date(begun.year + (begun.month == 10), (begun.month + 3 - 1) % 12 + 1, 1)
    return found


def parse_listing(record: RawRecord) -> list[IndexDay]:
    """Days whose index is published, ascending; a quarter that has none yet is a 404."""
    if record.status == 404:
        return []
    try:
        names = [item["name"] for item in read_json(record)["directory"]["item"]]
    except (KeyError, TypeError) as error:
        raise changed(record, f"{type(error).__name__} {error} where directory and item are read") from error
    found = (_NAME.fullmatch(name) for name in names)
    return sorted((IndexDay(date(*map(int, m.groups())), m[0]) for m in found if m), key=lambda entry: entry.day)


def parse_master(record: RawRecord) -> set[int]:
    """CIKs that filed anything but owners' reports. Raises CollectError where the columns are not the known ones."""
    lines = record.body.decode("latin-1").splitlines()
    head = next((n for n, line in enumerate(lines) if line.startswith("CIK|")), None)
    if head is None or lines[head].split("|")[2:3] != ["Form Type"]:
        raise CollectError(
            f"the daily index at {record.url} has other columns than CIK|Company Name|Form Type|…; update lode"
        )
    return set(_filers(lines[head + 1 :]))


def _filers(lines: Iterable[str]) -> Iterable[int]:
    for line in lines:
        cells = line.split("|")
        if len(cells) >= 4 and cells[0].isdigit() and not _OWNERS.fullmatch(cells[2].strip()):
            yield int(cells[0])
