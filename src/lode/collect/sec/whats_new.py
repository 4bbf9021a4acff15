"""Which companies need not be asked again, by EDGAR's daily index."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import TypeVar

from lode.collect.http import RawRecord, keep_raw, load_raw, with_retries
from lode.collect.sec.client import SOURCE, SecClient
from lode.collect.sec.daily_index import parse_listing, parse_master, quarter_folder, quarters
from lode.errors import CollectError
from lode.lake import Lake

Parsed = TypeVar("Parsed")
ATTEMPTS = 5


def ask(
    client: SecClient,
    lake: Lake,
    url: str,
    folder: str,
    parse: Callable[[RawRecord], Parsed],
    *,
    once: bool = False,
) -> Parsed:
    """Ask for something that belongs to no company: kept raw, then parsed. once: what the lake has is taken."""
    if once:
        for key in reversed([key for key in lake.list(folder) if key.endswith(".json.zst")]):
            kept = load_raw(lake, key)
            if kept.url == url and kept.status == 200:
                return parse(kept)

    def attempt() -> Parsed:
        record = replace(client.get(url), about={"kind": "shared"})
        keep_raw(lake, folder, record)
        return parse(record)

    return with_retries(attempt, attempts=ATTEMPTS)


def quiet_subjects(
    client: SecClient, lake: Lake, base: str, collected: Mapping[str, date], *, last: date
) -> tuple[dict[str, date], list[str]]:
    """Subjects (CIKs) that filed nothing since they were `collected`, each with the last day that shows it.

    The index is read where that costs less than asking every company. Returns notes too: where the index cannot be
    read, no company counts as quiet, and the note says so.
    """
    if not collected:
        return {}, []
    first = min(collected.values()) + timedelta(days=1)
    if (last - first).days > 2 * len(collected) + 7:
        return {}, []
    try:
        filers = _filers(client, lake, base.rstrip("/"), first, last)
    except CollectError as error:
        return {}, [f"the daily index could not be read, so every company was asked: {error}"]
    quiet = {}
    for subject, reached in collected.items():
        days = [day for day in filers if day > reached]
        if not any(int(subject) in filers[day] for day in days):
            quiet[subject] = max([reached, *days])
    return quiet, []


def _filers(client: SecClient, lake: Lake, base: str, first: date, last: date) -> dict[date, set[int]]:
    """CIKs that filed, by published day."""
    found: dict[date, set[int]] = {}
    for quarter in quarters(first, last):
        folder = f"{base}/{quarter_folder(quarter)}"
        listed = ask(client, lake, f"{folder}/index.json", f"raw/{SOURCE}/index/quarter={quarter}", parse_listing)
        for entry in listed:
            if first <= entry.day <= last:
                place = f"raw/{SOURCE}/index/day={entry.day}"
                found[entry.day] = ask(client, lake, f"{folder}/{entry.name}", place, parse_master, once=True)
    return found
